// SPDX-License-Identifier: BSD-3-Clause
// What meta-nodes save: PamC, whose cost is linear in nodes, against InfoNCE over all pairs of them, on a ring of clusters
// where every node has 8 neighbours. Thread CPU time, medians of interleaved rounds; memory: resident at the peak of a call,
// beyond what was there before it.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <fstream>
#include <malloc.h>
#include <string>
#include <time.h>

#include "foil/core/random.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/recipe/pamc.hpp"
#include "foil/roles/listed.hpp"

namespace {

using foil::idx;

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// A line of /proc/self/status, in bytes.
double status(std::string const& key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;)
    if (word == key && file >> word) return 1024 * std::atof(word.c_str());
  return 0;
}

struct cost {
  std::vector<double> seconds;
  double bytes = 0;

  template <class F>
  void of(F const& f) {
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << 5;  // the peak starts here
    double const before = status("VmRSS:");
    double const start = thread_seconds();
    benchmark::DoNotOptimize(f());
    seconds.push_back(thread_seconds() - start);
    bytes = (std::max)(bytes, status("VmHWM:") - before);
  }
  double median() {
    std::nth_element(seconds.begin(), seconds.begin() + idx(seconds.size() / 2), seconds.end());
    return seconds[seconds.size() / 2];
  }
};

/// n nodes, 8 neighbours each, about 64 nodes a cluster but at most 256 clusters.
struct network {
  foil::matrix<float> z;
  std::vector<idx> offsets{0}, ids, of;
  idx clusters;

  explicit network(idx n) : z(n, 64), clusters((std::min)(idx(256), n / 64)) {
    foil::random_stream draw(1, foil::purpose::user);
    for (float& x : z.reshaped()) x = float(draw.normal());
    for (idx i = 0; i < n; ++i) {
      for (idx step : {1, 2, 3, 4}) ids.push_back((i + step) % n), ids.push_back((i + n - step) % n);
      offsets.push_back(idx(ids.size())), of.push_back(i * clusters / n);
    }
  }
};

void against_all_pairs(benchmark::State& state) {
  network const g(state.range(0));
  foil::graph<float> const edges(g.offsets, g.ids);
  foil::objective const contrast{foil::loss::info_nce{.temperature = 0.5, .positives = foil::loss::multi_positive::sum}};
  cost meta, pairs;
  for (auto _ : state) {
    meta.of([&] { return foil::pamc(g.z, foil::hard_clusters{g.of, g.clusters}, edges, {2}).value; });
    pairs.of([&] { return contrast.value_and_grad(g.z, foil::pool::self(g.z, foil::roles::listed(g.offsets, g.ids, true))).value; });
    state.SetIterationTime(meta.seconds.back());
  }
  double const mine = meta.median(), all = pairs.median();
  state.counters["us_per_node"] = 1e6 * mine / double(state.range(0));
  state.counters["all_pairs_s"] = all;
  state.counters["times_faster"] = all / mine;
  state.counters["MB"] = meta.bytes / 1e6;
  state.counters["all_pairs_MB"] = pairs.bytes / 1e6;
}
BENCHMARK(against_all_pairs)->RangeMultiplier(2)->Range(1024, 32768)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace

BENCHMARK_MAIN();
