// The matrix products against the machine's limit: FMA on registers alone, measured in the same rounds; and
// against cblas_sgemm when built with FOIL_BENCH_OPENBLAS. Thread CPU time, medians of interleaved rounds.
#include "foil/simd/product.hpp"

#include <benchmark/benchmark.h>
#include <time.h>
#include <vector>

#if defined(FOIL_BENCH_OPENBLAS) && __has_include(<cblas.h>)
#include <cblas.h>
#define FOIL_BENCH_BLAS 1
#else
#define FOIL_BENCH_BLAS 0
#endif

#include "foil/core/random.hpp"

namespace {

using foil::idx;
namespace simd = foil::simd;
using batch = simd::lanes<float, xsimd::default_arch>;

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

template <class F>
double seconds_of(F const& f) {
  double const start = thread_seconds();
  f();
  return thread_seconds() - start;
}

/// Flops of a loop of fused products that touches no memory.
double registers_only(idx rounds) {
  constexpr int chains = 12;
  batch sum[chains], const_a(1.0000001f), const_b(1e-9f);
  for (int i = 0; i < chains; ++i) sum[i] = batch(float(i));
#pragma GCC unroll 8
  for (idx r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) sum[i] = simd::fma<float, xsimd::default_arch>(sum[i], const_a, const_b);
  }
  for (int i = 1; i < chains; ++i) sum[0] += sum[i];
  benchmark::DoNotOptimize(sum[0]);
  return 2.0 * chains * double(batch::size) * double(rounds);
}

std::vector<float> noise(idx n) {
  foil::random_stream r(std::uint64_t(n), foil::purpose::user);
  std::vector<float> x(static_cast<std::size_t>(n));
  for (float& v : x) v = float(r.uniform()) - 0.5f;
  return x;
}

double median(std::vector<double> x) {
  std::nth_element(x.begin(), x.begin() + idx(x.size() / 2), x.end());
  return x[x.size() / 2];
}

enum class kind { scores, anchors, candidates };

template <kind What>
void product(benchmark::State& state) {
  idx const dim = state.range(0), anchors = 256, candidates = state.range(1);
  std::vector<float> const a = noise(anchors * dim), b = noise(candidates * dim);
  std::vector<float> s = noise(anchors * candidates), da = noise(anchors * dim), db = noise(candidates * dim);
  std::vector<float> work(
      std::size_t(simd::product_workspace<float>(anchors, (std::max)(candidates, dim), dim)));
  auto const ours = [&] {
    if (What == kind::scores)
      simd::product_abt(a.data(), dim, anchors, b.data(), dim, candidates, dim, s.data(), candidates,
                        work.data());
    else if (What == kind::anchors)
      simd::add_product_ab(s.data(), candidates, anchors, b.data(), dim, dim, candidates, da.data(), dim,
                           work.data());
    else
      simd::add_product_atb(s.data(), candidates, candidates, a.data(), dim, dim, anchors, db.data(), dim,
                            work.data());
  };
  double const flops = 2.0 * double(anchors) * double(candidates) * double(dim);
  std::vector<double> own, peak, blas;
  ours();
  for (auto _ : state) {
    double const peak_flops = 2e7;
    peak.push_back(registers_only(idx(peak_flops / 24 / double(batch::size))) /
                   seconds_of([&] { registers_only(idx(peak_flops / 24 / double(batch::size))); }));
    double const t = seconds_of(ours);
    own.push_back(flops / t);
    state.SetIterationTime(t);
#if FOIL_BENCH_BLAS
    auto const m = int(anchors), n = int(candidates), d = int(dim);
    blas.push_back(flops / seconds_of([&] {
                     if (What == kind::scores)
                       cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, d, 1, a.data(), d, b.data(),
                                   d, 0, s.data(), n);
                     else if (What == kind::anchors)
                       cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, d, n, 1, s.data(), n,
                                   b.data(), d, 1, da.data(), d);
                     else
                       cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n, d, m, 1, s.data(), n, a.data(),
                                   d, 1, db.data(), d);
                   }));
#endif
  }
  state.counters["GFLOPS"] = median(own) / 1e9;
  state.counters["peak"] = median(peak) / 1e9;
  state.counters["of_peak"] = median(own) / median(peak);
  if (!blas.empty()) state.counters["of_blas"] = median(own) / median(blas);
}

void shapes(benchmark::internal::Benchmark* b) {
  for (idx candidates : {1024, 4096, 16384})
    for (idx dim : {64, 128, 384, 768}) b->Args({dim, candidates});
  b->ArgNames({"dim", "candidates"})->UseManualTime()->Iterations(15);
}

BENCHMARK(product<kind::scores>)->Apply(shapes);
BENCHMARK(product<kind::anchors>)->Apply(shapes);
BENCHMARK(product<kind::candidates>)->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
