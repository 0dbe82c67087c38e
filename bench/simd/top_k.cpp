// Times the selection of the k largest against a maximum over the same scores, in one process and one thread.
// Every round shuffles the contenders; the figures are medians over rounds of thread CPU time.
// Arguments: largest n (default 1e7), rounds (default 11), "peers" to time the standard library as well.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "foil/core/random.hpp"
#include "foil/simd/top_k.hpp"

namespace {

using foil::idx;
using lanes = xsimd::batch<float>;

double now() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// The limit: what reading every score once costs.
float maximum(float const* x, idx n) {
  constexpr idx w = idx(lanes::size), step = 8 * w;
  lanes m[8];
  for (lanes& l : m) l = lanes(x[0]);
  idx i = 0;
  for (; i + step <= n; i += step)
    for (idx l = 0; l < 8; ++l) m[l] = foil::simd::larger(m[l], lanes::load_unaligned(x + i + l * w));
  for (idx l = 1; l < 8; ++l) m[0] = foil::simd::larger(m[0], m[l]);
  float best = foil::simd::max_of(m[0]);
  for (; i < n; ++i) best = (std::max)(best, x[i]);
  return best;
}

struct contest {
  std::vector<std::vector<float>> scores;  // several arrays, so that a small one is not simply remembered
  idx n, k;
  std::vector<float> values;
  std::vector<std::int32_t> indices;
  std::vector<std::byte> workspace;
  std::vector<std::pair<float, std::int32_t>> pairs;
  std::vector<std::int32_t> order;
};

volatile float sink;

void ours(contest& c, float const* x, bool sorted) {
  auto const r = foil::simd::top_k(x, c.n, {.k = c.k, .sorted = sorted}, c.values.data(), c.indices.data(), c.workspace.data());
  sink = c.values[0] + float(r.found);
}
void copy_pairs(contest& c, float const* x) {
  for (idx i = 0; i < c.n; ++i) c.pairs[std::size_t(i)] = {x[i], std::int32_t(i)};
}
bool before(std::pair<float, std::int32_t> const& a, std::pair<float, std::int32_t> const& b) { return a.first > b.first; }

struct contender {
  char const* name;
  void (*run)(contest&, float const*);
  bool peer;
};
contender const contenders[] = {
    {"limit", [](contest& c, float const* x) { sink = maximum(x, c.n); }, false},
    {"sorted", [](contest& c, float const* x) { ours(c, x, true); }, false},
    {"unsorted", [](contest& c, float const* x) { ours(c, x, false); }, false},
    {"nth_pair",
     [](contest& c, float const* x) {
       copy_pairs(c, x);
       std::nth_element(c.pairs.begin(), c.pairs.begin() + c.k - 1, c.pairs.end(), before);
       sink = c.pairs[0].first;
     },
     true},
    {"nth_index",
     [](contest& c, float const* x) {
       std::iota(c.order.begin(), c.order.end(), 0);
       std::nth_element(c.order.begin(), c.order.begin() + c.k - 1, c.order.end(),
                        [x](std::int32_t a, std::int32_t b) { return x[a] > x[b]; });
       sink = x[c.order[0]];
     },
     true},
    {"partial_sort",
     [](contest& c, float const* x) {
       copy_pairs(c, x);
       std::partial_sort(c.pairs.begin(), c.pairs.begin() + c.k, c.pairs.end(), before);
       sink = c.pairs[0].first;
     },
     true},
};
constexpr std::size_t contender_count = std::size(contenders);

void fill(std::vector<float>& x, std::string const& kind, std::uint64_t seed) {
  foil::random_stream r(seed, foil::purpose::user);
  for (float& v : x) v = kind == "ties16" ? float(r.below(16)) : kind == "equal" ? 1.0f : float(r.normal());
  if (kind == "asc") std::sort(x.begin(), x.end());
  if (kind == "desc") std::sort(x.begin(), x.end(), std::greater<>());
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

/// The goal for one cell as a multiple of the limit; 0 where none is set.
double target(idx n, idx k) {
  int const size = n < 10000 ? 0 : n < 100000 ? 1 : n < 1000000 ? 2 : n < 10000000 ? 3 : 4;
  double const goals[4][5] = {{0, 1.2, 1.2, 1.2, 1.2}, {4, 1.8, 1.25, 1.1, 1.1}, {10, 4, 1.5, 1.15, 1.15}, {0, 9, 3.5, 1.6, 1.1}};
  return goals[k == 1 ? 0 : k == 10 ? 1 : k == 100 ? 2 : 3][size];
}

}  // namespace

int main(int argc, char** argv) {
  idx const largest = argc > 1 ? idx(std::atof(argv[1])) : 10000000;
  int const rounds = argc > 2 ? std::atoi(argv[2]) : 11;
  bool const peers = argc > 3 && !std::strcmp(argv[3], "peers");
  std::uint64_t seed = std::uint64_t(now() * 1e9);
  std::printf("%8s %5s %-7s %10s | %8s %6s %8s %6s  (spread) | %s\n", "n", "k", "scores", "limit us", "unsorted", "target", "sorted", "worst",
              peers ? "nth_pair nth_index partial_sort" : "");
  for (idx n : {idx(1000), idx(10000), idx(100000), idx(1000000), idx(10000000)})
    for (idx k : {idx(1), idx(10), idx(100), idx(1000)}) {
      if (n > largest || 2 * k > n) continue;
      double random_time = 0;
      for (std::string const kind : {"normal", "asc", "desc", "ties16", "equal"}) {
        contest c{{}, n, k, std::vector<float>(std::size_t(k)), std::vector<std::int32_t>(std::size_t(k)),
                  std::vector<std::byte>(std::size_t(foil::simd::top_k_workspace<float>(n, k))), {}, {}};
        if (peers) c.pairs.resize(std::size_t(n)), c.order.resize(std::size_t(n));
        for (int copy = 0; copy < (n > 1000000 ? 1 : 2); ++copy) {
          c.scores.emplace_back(std::size_t(n));
          fill(c.scores.back(), kind, ++seed);
        }
        std::vector<double> times[contender_count];
        std::size_t order[contender_count];
        std::iota(order, order + contender_count, std::size_t(0));
        foil::random_stream shuffler(seed, foil::purpose::shuffle);
        for (int round = 0; round < rounds; ++round) {
          for (std::size_t i = contender_count; i > 1; --i) std::swap(order[i - 1], order[std::size_t(shuffler.below(idx(i)))]);
          for (std::size_t which : order) {
            if (contenders[which].peer && !peers) continue;
            auto const call = [&](idx i) { contenders[which].run(c, c.scores[std::size_t(i) % c.scores.size()].data()); };
            call(1);
            idx const calls = contenders[which].peer ? 1 + 20000 / n : 1 + 500000 / n;
            double const begin = now();
            for (idx i = 0; i < 2 * calls; ++i) call(i);
            times[which].push_back((now() - begin) / double(2 * calls));
          }
        }
        double const limit = median(times[0]);
        auto const ratio = [&](std::size_t which) { return median(times[which]) / limit; };
        if (kind == "normal") random_time = median(times[2]);
        auto const [low, high] = std::minmax_element(times[2].begin(), times[2].end());
        double const goal = target(n, k);
        std::printf("%8td %5td %-7s %10.3f | %7.2f%s %6.2f %8.2f %6.2f  (%.2f-%.2f) |", n, k, kind.c_str(), 1e6 * limit, ratio(2),
                    goal > 0 && ratio(2) > goal ? "!" : " ", goal, ratio(1), median(times[2]) / random_time, *low / limit, *high / limit);
        if (peers) std::printf(" %8.1f %9.1f %12.1f", ratio(3), ratio(4), ratio(5));
        std::printf("\n");
        std::fflush(stdout);
      }
    }
}
