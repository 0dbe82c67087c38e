# The tables' checks, one line a target: the worst cell decides.   awk [-v json=FILE] -f summary.awk build/bench/*/*.tsv
# Fields: target's name, cell, contender, against, <= or >=, target, ratio, quartiles, seconds.
BEGIN { FS = "\t"; form = "%-40s %2s %5s  %8s %17s  %-34s %s\n" }
$1 == "" || $6 <= 0 { next }
{
  over = $5 == "<=" ? $7 / $6 : $6 / $7
  if (!($1 in worst)) order[++count] = $1
  if (over > worst[$1] + 0) { worst[$1] = over; line[$1] = $0 }
  ++cells[$1]
  if (over <= 1) ++met[$1]
}
END {
  printf form, "row", "", "target", "reached", "quartiles", "in its worst cell", "met"
  for (i = 1; i <= count; ++i) {
    row = order[i]
    split(line[row], f, FS)
    good = worst[row] <= 1
    hit += good
    far += worst[row] > 2
    verdict = good ? "met" : "MISSED" (worst[row] > 2 ? ", by more than twice" : "") (cells[row] > 1 ? "; met in " met[row] + 0 " of " cells[row] " cells" : "")
    printf form, row, f[5], f[6], f[7], "[" f[8] " " f[9] "]", f[2] (f[3] == "foil" ? "" : ", " f[3]), verdict
    entry = sprintf("{\"row\": \"%s\", \"sense\": \"%s\", \"target\": %s, \"reached\": %s, \"low\": %s, \"high\": %s, \"cell\": \"%s\", \"against\": \"%s\", \"met\": %s}",
                    row, f[5], f[6], f[7], f[8], f[9], f[2], f[4], good ? "true" : "false")
    if (json != "") print (i == 1 ? "[" : ",") entry > json
  }
  if (json != "") print "]" > json
  printf "%d of %d targets met\n", hit, count
  exit far > 0
}
