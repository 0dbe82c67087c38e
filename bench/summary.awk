# The tables' checks, one line a target: the worst cell decides.   awk -f summary.awk build/bench/*.tsv
# Fields: target's name, cell, contender, against, <= or >=, target, ratio, quartiles, seconds.
BEGIN { FS = "\t"; format = "%-44s %3s %6s  %8s %19s  %-34s %s\n" }
$1 == "" || $6 <= 0 { next }
{
  over = $5 == "<=" ? $7 / $6 : $6 / $7
  if (!($1 in worst)) order[++count] = $1
  if (!($1 in worst) || over > worst[$1]) { worst[$1] = over; line[$1] = $0 }
  ++cells[$1]
  if (over <= 1) ++met[$1]
}
END {
  printf format, "row", "", "target", "reached", "quartiles", "worst cell", "met"
  for (i = 1; i <= count; ++i) {
    row = order[i]
    split(line[row], f, "\t")
    verdict = worst[row] <= 1 ? "met" : sprintf("MISSED (%d of %d cells met)", met[row], cells[row])
    if (worst[row] > 2) { verdict = verdict " by more than twice"; ++far }
    printf format, row, f[5], f[6], f[7], "[" f[8] " " f[9] "]", f[2] (f[3] == "foil" ? "" : ", " f[3]), verdict
    if (json != "") printf "%s{\"row\": \"%s\", \"sense\": \"%s\", \"target\": %s, \"reached\": %s, \"low\": %s, \"high\": %s, \"cell\": \"%s\", \"against\": \"%s\", \"met\": %s}", i > 1 ? ",\n" : "[\n", row, f[5], f[6], f[7], f[8], f[9], f[2], f[4], worst[row] <= 1 ? "true" : "false" > json
    hit += worst[row] <= 1
  }
  if (json != "") print "\n]" > json
  printf "%d of %d targets met\n", hit, count
  exit far > 0
}
