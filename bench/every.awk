# The tables of bench/every as one, what is above its limit, behind a peer or steeper than its header says last.   awk -f every.awk *.rows
BEGIN { printf "%-10s %-36s %-8s %9s %27s %6s  %-22s %-28s %s\n", "room", "function", "grows", "largest n", "us at three sizes", "power", "times the limit", "limit", "verdict" }
FNR == 1 { room = FILENAME; sub(/.*every_/, "", room); sub(/\.rows$/, "", room) }
{
  ++rows
  line = sprintf("%-10s %s", room, $0)
  print line
  if (/ (STEEP|FAR|BEHIND) /) open[++count] = line
}
END {
  if (count) print "\nabove 3 times the limit without a reason, steeper than said, or behind a peer:"
  for (i = 1; i <= count; ++i) print open[i]
  printf "%d of %d functions good\n", rows - count, rows
}
