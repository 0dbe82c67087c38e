// SPDX-License-Identifier: BSD-3-Clause
// Truncation rules and the gradient of self-certainty over rows of logits in float and half types, against the moments of the rows in
// float, which every rule needs, and against the memory stream.
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
    matrix<Eigen::half> const halves = logits.cast<Eigen::half>();
    matrix<Eigen::bfloat16> const brains = logits.cast<Eigen::bfloat16>();
    t.cell("T=16 V=" + std::to_string(width));
    t.add("moments", [&] {
      double sum = 0;
      for (idx i = 0; i < rows; ++i) {
        stat::vocabulary v;
        v.add(logits.row(i).data(), width);
        sum += v.entropy();
      }
      benchmark::DoNotOptimize(sum);
    });
    t.add("memory stream", [&] { benchmark::DoNotOptimize(bench::maximum(logits.data(), logits.size())); });
    std::vector<std::string> thresholds, masses, gradients;
    auto const add = [&](std::vector<std::string>& names, std::string const& name, auto const& call) {
      auto const of = [&](char const* type, auto const& z) {
        names.push_back(name + type);
        t.add(names.back(), [&z, call] { benchmark::DoNotOptimize(call(z)); });
      };
      of("", logits), of(", half", halves), of(", bfloat16", brains);
    };
    auto const rule = [](auto r) { return [r](auto const& z) { return score::truncate(z, r).kept_mass[0]; }; };
    add(thresholds, "top_k", rule(keep::top_k{50})), add(thresholds, "min_p", rule(keep::min_p{}));
    add(thresholds, "epsilon", rule(keep::epsilon{})), add(thresholds, "eta", rule(keep::eta{}));
    add(thresholds, "top_h", rule(keep::top_h{}));
    add(masses, "top_p", rule(keep::top_p{})), add(masses, "typical", rule(keep::typical{}));
    add(gradients, "self_certainty gradient", [](auto const& z) { return score::value_and_grad(score::self_certainty{}, z).value; });
    t.race(t.full ? 11 : 5);
    for (std::string const& name : thresholds) t.at_most("truncate, a threshold", name, "moments", 3);
    for (std::string const& name : masses) t.at_most("truncate, a mass", name, "moments", 20);
    for (std::string const& name : gradients) t.at_most("self_certainty gradient", name, "moments", 3);
  }
}
