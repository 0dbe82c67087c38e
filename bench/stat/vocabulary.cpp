// SPDX-License-Identifier: BSD-3-Clause
// One pass over logits (self-certainty and entropy) against the memory stream.
#include "foil/stat/vocabulary.hpp"

#include "../contest.hpp"
#include "../limits.hpp"
#include "../peers/peers.hpp"

int main(int, char** argv) {
  using namespace foil;
  bench::table t("vocabulary", argv);
  struct size {
    idx rows, width;
  };
  for (size const& s : {size{32, 32768}, {256, 131072}}) {
    bool const in_cache = s.rows * s.width < 1 << 22;
    auto const logits = bench::noise(s.rows, s.width, 1);
    t.cell("T=" + std::to_string(s.rows) + " V=" + std::to_string(s.width));
    t.add("memory stream", [&] { benchmark::DoNotOptimize(bench::maximum(logits.data(), logits.size())); });
    t.add("foil", [&] {
      double sum = 0;
      for (idx i = 0; i < s.rows; ++i) {
        stat::vocabulary v;
        v.add(logits.row(i).data(), s.width);
        sum += v.self_certainty(stat::support::full) + v.entropy();
      }
      benchmark::DoNotOptimize(sum);
    });
    for (auto const& p : peers::self_certainty) t.peer(p.name, p.make(logits.data(), s.rows, s.width));
    t.race(t.full ? 21 : 11);
    t.at_most(in_cache ? "" : "logits out of cache, stream", "foil", "memory stream", in_cache ? 0 : 1.7);
    t.beats_peers(std::string("logits ") + (in_cache ? "in" : "out of") + " cache, torch", "foil", in_cache ? 3 : 5);
  }
}
