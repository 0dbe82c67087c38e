# One table as a picture: every checked ratio over its target, quartiles as bars; at or below 1 the target is met.
#   gnuplot -e "table='build/bench/top_k'" bench/plot.gp
# Or the curves of a room of bench/every: seconds over the growth that the header says, relative to the smallest size. Where a function grows
# as said, its line is level.
#   gnuplot -e "curves='build/bench/every_sample'" bench/plot.gp          (text='' in front: drawn in the terminal)
if (exists('text')) { set terminal dumb 120 40 } else { set terminal svg size 1400,600 font 'sans,9' background 'white' }
if (exists('curves')) {
  if (!exists('text')) { set output curves.'.svg' }
  set title curves noenhanced
  set logscale xy
  set xlabel 'n'
  set ylabel 'seconds / growth as said, 1 at the smallest n'
  set grid
  set key outside noenhanced
  first = 1
  relative(x, row) = row == 0 ? (first = x, 1) : x / first
  stats curves.'.curves' using 1 nooutput
  plot for [i = 0 : STATS_blocks - 1] curves.'.curves' index i using 1:(relative($2 / $4, column(0))) with linespoints title columnheader(1)
  exit
}
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
