// SPDX-License-Identifier: BSD-3-Clause
// Selecting the k largest against a maximum of the same scores, in five orders; and the same against every peer.
#include "foil/simd/top_k.hpp"

#include <random>

#include "../contest.hpp"
#include "../limits.hpp"
#include "../peers/peers.hpp"

namespace {

using foil::idx;

void fill(std::vector<float>& x, std::string const& order, std::uint64_t seed) {
  foil::random_stream r(seed, foil::purpose::user);
  for (float& v : x) v = order == "16 values" ? float(r.below(16)) : order == "equal" ? 1.0f : float(r.normal());
  if (order == "ascending") std::sort(x.begin(), x.end());
  if (order == "descending") std::sort(x.begin(), x.end(), std::greater<>());
}

struct goal {
  idx k, n;
  double limit, peer;  ///< at most so many maxima; the best peer takes so many times as long. 0: none set
};
constexpr goal goals[] = {{1, 1000, 0, 1},        {10, 1000, 4, 1.5},       {100, 1000, 10, 1},                                    //
                          {1, 10000, 1.2, 1.5},   {10, 10000, 1.8, 1.5},    {100, 10000, 4, 2},         {1000, 10000, 9, 1.5},     //
                          {1, 100000, 1.2, 1.5},  {10, 100000, 1.25, 1.5},  {100, 100000, 1.5, 1.8},    {1000, 100000, 3.5, 2.5},  //
                          {1, 1000000, 1.2, 1.5}, {10, 1000000, 1.1, 1.5},  {100, 1000000, 1.15, 1.3},  {1000, 1000000, 1.6, 2},   //
                          {1, 10000000, 1.2, 1},  {10, 10000000, 1.1, 1.1}, {100, 10000000, 1.15, 1.3}, {1000, 10000000, 1.1, 1.05}};

}  // namespace

int main(int, char** argv) {
  bench::table t("top_k", argv);
  std::uint64_t seed = std::random_device{}();
  std::map<idx, double> random_order;  // by k: time over limit
  for (idx n : {1000, 10000, 100000, 1000000, 10000000})
    for (std::string const order : {"random", "ascending", "descending", "16 values", "equal"}) {
      // Several rows in turn, so that no branch predictor learns a small one by heart.
      std::vector<std::vector<float>> rows(n <= 1000 ? 8 : n <= 10000 ? 4 : n <= 1000000 ? 2 : 1, std::vector<float>(std::size_t(n)));
      for (auto& row : rows) fill(row, order, ++seed);
      for (goal const& g : goals) {
        if (g.n != n) continue;
        std::vector<float> values(std::size_t(g.k));
        std::vector<std::int32_t> ids(std::size_t(g.k));
        std::vector<std::byte> work(std::size_t(foil::simd::top_k_workspace<float>(n, g.k)));
        std::size_t turn = 0;
        auto const row = [&] { return rows[turn++ % rows.size()].data(); };
        auto const size = "n=1e" + std::to_string(std::to_string(n).size() - 1);
        t.cell(size + " k=" + std::to_string(g.k) + " " + order);
        t.add("maximum", [&] { benchmark::DoNotOptimize(bench::maximum(row(), n)); });
        for (bool const sorted : {false, true})
          t.add(sorted ? "foil sorted" : "foil", [&, sorted] {
            auto const r = foil::simd::top_k(row(), n, {.k = g.k, .sorted = sorted}, values.data(), ids.data(), work.data());
            benchmark::DoNotOptimize(r.found + ids[0]);
          });
        for (auto const& p : peers::top_k) t.peer(p.name, [&, call = p.make(n, g.k)] { call(row()); });
        t.race(t.full ? 21 : 11);
        std::string const name = "top-k k=" + std::to_string(g.k) + " " + size;
        t.at_most(name, "foil", "maximum", g.limit);
        t.beats_peers(name + ", best peer", "foil", g.peer);
        t.at_most("", "foil sorted", "maximum", 0);
        double const ratio = t.of("foil").median / t.of("maximum").median;
        if (order == "random")
          random_order[g.k] = ratio;
        else if (n >= 10000)
          t.note("top-k, order / random, n>=1e4", "foil", "random order", "<=", 1.5, ratio / random_order[g.k], ratio / random_order[g.k],
                 ratio / random_order[g.k]);
      }
    }
}
