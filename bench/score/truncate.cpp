// SPDX-License-Identifier: BSD-3-Clause
// Truncation rules and the gradient of self-certainty over rows of logits, against the moments of the same rows in double, which every
// rule needs, and against the memory stream.
#include "foil/score/truncate.hpp"

#include "../contest.hpp"
#include "../limits.hpp"
#include "foil/score/self_certainty.hpp"

int main(int, char** argv) {
  using namespace foil;
  namespace keep = score::keep;
  bench::table t("truncate", argv);
  for (idx width : {idx(32000), idx(128256)}) {
    idx const rows = 16;
    matrix<float> const logits = 3 * bench::noise(rows, width, 1);
    matrix<double> const wide = logits.cast<double>();
    t.cell("T=16 V=" + std::to_string(width));
    t.add("moments in double", [&] {
      double sum = 0;
      for (idx i = 0; i < rows; ++i) {
        stat::vocabulary v;
        v.add(wide.row(i).data(), width);
        sum += v.entropy();
      }
      benchmark::DoNotOptimize(sum);
    });
    t.add("memory stream", [&] { benchmark::DoNotOptimize(bench::maximum(logits.data(), logits.size())); });
    auto const add = [&](char const* name, auto rule) {
      t.add(name, [&logits, rule] { benchmark::DoNotOptimize(score::truncate(logits, rule).kept_mass[0]); });
    };
    add("top_k", keep::top_k{50}), add("top_p", keep::top_p{}), add("min_p", keep::min_p{}), add("typical", keep::typical{});
    add("epsilon", keep::epsilon{}), add("eta", keep::eta{}), add("top_h", keep::top_h{});
    t.add("self_certainty gradient", [&] { benchmark::DoNotOptimize(score::value_and_grad(score::self_certainty{}, logits).value); });
    t.race(t.full ? 11 : 5);
    for (char const* rule : {"top_k", "min_p", "epsilon", "eta", "top_h"})
      t.at_most("truncate, a threshold", rule, "moments in double", 2.5);
    for (char const* rule : {"top_p", "typical"}) t.at_most("truncate, a mass", rule, "moments in double", 12);
    t.at_most("self_certainty gradient", "self_certainty gradient", "memory stream", 0);
  }
}
