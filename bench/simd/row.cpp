// SPDX-License-Identifier: BSD-3-Clause
// The row kernels in the first-level cache, 4096 numbers: nanoseconds an element.
#include "foil/simd/row.hpp"

#include <benchmark/benchmark.h>
#include <vector>

#include "foil/core/random.hpp"

namespace {

namespace simd = foil::simd;
constexpr foil::idx n = 4096;

struct rows {
  std::vector<float> u = noise(1), b = noise(2), out = noise(3);
  static std::vector<float> noise(std::uint64_t seed) {
    foil::random_stream r(seed, foil::purpose::user);
    std::vector<float> x(std::size_t{n});
    for (float& v : x) v = float(-10 * r.uniform());
    return x;
  }
};

template <class F>
void each(benchmark::State& state, F const& kernel) {
  rows r;
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernel(r));
    benchmark::ClobberMemory();
  }
  state.counters["per_element"] =
      benchmark::Counter(double(n) * double(state.iterations()), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void max_of_sum(benchmark::State& s) {
  each(s, [](rows& r) { return simd::max_of_sum<float>(r.u.data(), r.b.data(), n, 2.0f); });
}
void sum_exp(benchmark::State& s) {
  each(s, [](rows& r) { return simd::sum_exp<float>(r.u.data(), nullptr, 0.0f, n, 2.0f); });
}
void sum_exp_weighted(benchmark::State& s) {
  each(s, [](rows& r) { return simd::sum_exp<float>(r.u.data(), r.b.data(), 0.0f, n, 2.0f); });
}
void exp_of_sum(benchmark::State& s) {
  each(s, [](rows& r) { return simd::exp_of_sum<float>(r.out.data(), r.u.data(), r.b.data(), 0.0f, n, 2.0f); });
}
void add_exp(benchmark::State& s) {
  each(s, [](rows& r) {
    simd::add_exp<float>(r.out.data(), r.u.data(), r.b.data(), 0.0f, 0.001f, n, 2.0f);
    return 0;
  });
}
void sum_softplus(benchmark::State& s) {
  each(s, [](rows& r) { return simd::sum_terms<float>(simd::softplus_term{}, r.u.data(), r.b.data(), n, 2.0f, 7.0f); });
}
void add_sigmoid(benchmark::State& s) {
  each(s, [](rows& r) {
    simd::add_slopes<float>(simd::softplus_term{}, r.out.data(), r.u.data(), r.b.data(), n, 2.0f, 7.0f, 0.001f);
    return 0;
  });
}
void dot(benchmark::State& s) {
  each(s, [](rows& r) { return simd::dot<float>(r.u.data(), r.b.data(), n); });
}

BENCHMARK(max_of_sum);
BENCHMARK(sum_exp);
BENCHMARK(sum_exp_weighted);
BENCHMARK(exp_of_sum);
BENCHMARK(add_exp);
BENCHMARK(sum_softplus);
BENCHMARK(add_sigmoid);
BENCHMARK(dot);

}  // namespace

BENCHMARK_MAIN();
