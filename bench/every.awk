# The tables of bench/every as one; then what is above its limit, steeper than said or behind a peer without a reason: the comment of what
# the row names says where "the time goes to".   awk -f every.awk headers... *.rows
# With bench/every/README.md in place of rows: fails where such a row has no reason.
function reasoned(row,   name, part, n) {
  name = row
  sub(/[^A-Za-z0-9_:].*/, "", name)
  for (n = split(name, part, /::/); n > 0; --n) if (part[n] in reason) return 1
  return 0
}
FILENAME ~ /\.hpp$/ {
  if (sub(/^ *\/\/\//, "")) { comment = comment $0; next }
  if (/^ *(\/\/|template|requires|\[\[|$)/) next
  if (comment ~ /[Tt]ime goes to /) {  # in front of a function, a member or a type
    name = $0
    if (!sub(/^ *(class|struct) /, "", name)) { sub(/\(.*/, "", name); sub(/.*[ &*]/, "", name) }
    sub(/[^A-Za-z0-9_].*/, "", name)
    reason[name]
  }
  comment = ""
  next
}
FILENAME ~ /README\.md$/ {
  if (/[0-9]!|[0-9]\^( |$)|peer x 0\./ && !/^`/ && !reasoned($0)) { print FILENAME ": no reason in the header of: " $0; ++bare }
  next
}
FNR == 1 {
  if (!rows) printf "%-10s %-36s %-8s %9s %27s %6s  %-22s %-28s %s\n", "room", "function", "grows", "largest n", "us at three sizes", "power", "times the limit", "limit", "verdict"
  room = FILENAME; sub(/.*every_/, "", room); sub(/\.rows$/, "", room)
}
{
  ++rows
  line = sprintf("%-10s %s", room, $0)
  print line
  if (/ (STEEP|FAR|BEHIND) /) {
    if (reasoned($0)) ++known
    else open[++count] = line
  }
}
END {
  if (bare) exit 1
  if (!rows) exit
  if (count) print "\nabove 3 times the limit, steeper than said or behind a peer, without a reason in the header:"
  for (i = 1; i <= count; ++i) print open[i]
  printf "%d of %d functions good, %d with a reason in their headers\n", rows - count - known, rows, known
}
