// SPDX-License-Identifier: BSD-3-Clause
// What the tool says at the end.
#pragma once

#include <cstdio>

#include "filters.hpp"
#include "outputs.hpp"
#include "recall.hpp"

namespace miner {

inline void print(char const* what, idx n) { std::printf("  %-22s %12td\n", what, n); }

inline void print_report(inputs const& in, totals const& t, recall const& r) {
  options const& o = in.o;
  std::printf("%td queries against %td documents of dim %td, %s\n", in.queries.n(), in.corpus.n(), in.corpus.dim(),
              in.corpus.file().name());
  std::printf("\nmined\n");
  print("rows", t.rows), print("negatives", t.negatives), print("short rows", t.short_rows), print("filled up", t.filled);
  print("without a positive", t.without_positive);
  if (o.mining.bad_rows == foil::bad_rows::skip) {
    idx const queries = in.queries.bad_rows(), blocks = o.blocks(in.queries.n());
    print("bad queries skipped", queries);
    print("bad documents skipped", blocks > 0 ? (t.bad_rows - queries) / blocks : 0);
  }
  if (o.dialect) print("lines written", t.lines), print("rows without lines", t.left_out);
  if (t.unscored > 0) print("unscored positives", t.unscored);
  if (o.skip_unknown) print("unknown queries", in.positives.unknown_queries), print("unknown documents", in.positives.unknown_documents);
  if (o.skip_unknown && !o.exclude.empty()) print("unknown in --exclude", in.excluded.unknown_queries + in.excluded.unknown_documents);
  std::printf("\ndropped from the windows\n");
  char const* const names[] = {"positive",  "same id",         "excluded",        "mask",           "same label", "min score",
                               "max score", "absolute margin", "relative margin", "near duplicate", "guide"};
  auto const asked = filters<float>::asked(o);
  for (std::size_t k = 0; k < t.dropped.size(); ++k)
    if (k == 0 || asked[k - 1]) print(names[k], t.dropped[k]);
  if (r.queries > 0) {
    std::printf("\nrecall of the positives, before filters, of %td queries\n", r.queries);
    for (std::size_t a = 0; a < o.recall_at.size(); ++a) std::printf("  at %-19td %12.4f\n", o.recall_at[a], r.share[a]);
  }
}

}  // namespace miner
