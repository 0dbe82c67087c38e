# One table as a picture: every checked ratio over its target, quartiles as bars; at or below 1 the target is met.
#   gnuplot -e "table='build/bench/top_k'" bench/plot.gp
set terminal svg size 1400,600 font 'sans,9' background 'white'
set output table.'.svg'
set datafile separator tab
set title table
set logscale y
set ylabel 'ratio / target (times of the target that it takes)'
set grid ytics
set xtics rotate by 60 right noenhanced
set key off
over(sense, target, ratio) = sense eq '<=' ? ratio / target : target / ratio
plot table.'.tsv' using 0:($6 > 0 ? over(strcol(5), $6, $7) : 1/0):($6 > 0 ? over(strcol(5), $6, $8) : 1/0):($6 > 0 ? over(strcol(5), $6, $9) : 1/0):xtic(strcol(2).' '.strcol(3).' / '.strcol(4)) \
       with yerrorbars pt 7 ps 0.4, 1 with lines lw 2
