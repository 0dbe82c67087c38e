// exp, softplus, sigmoid and the row kernels: every size up to 3 registers, every offset, against scalar
// sums.
#include "foil/simd/row.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "../catch.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/random.hpp"

using foil::idx;
namespace simd = foil::simd;

namespace {

template <class S, class Arch, class F>
std::vector<S> mapped(std::vector<S> x, F const& f) {
  constexpr idx w = simd::lane_count<S, Arch>;
  while (x.size() % std::size_t(w) != 0) x.push_back(x.back());
  std::vector<S> y(x.size());
  for (idx j = 0; j < idx(x.size()); j += w) f(simd::load<Arch>(x.data() + j)).store_unaligned(y.data() + j);
  return y;
}
template <class S, class Arch>
std::vector<S> exps(std::vector<S> const& x) {
  return mapped<S, Arch>(x, [](auto const& v) { return simd::exp<S, Arch>(v); });
}

/// |got - want| in units of the last place of `want` as an S.
template <class S>
double ulps(S got, long double want) {
  int e = 0;
  std::frexp(want, &e);
  return double(std::abs((long double)(got)-want) / std::ldexp(1.0L, e - (sizeof(S) == 4 ? 24 : 53)));
}

template <class S, class Arch>
void check_exp() {
  S const lowest = sizeof(S) == 4 ? S(-87.33) : S(-708.39), top = sizeof(S) == 4 ? S(88) : S(709);
  S const tiny = foil::drop<S>;
  std::vector<S> const edge =
      exps<S, Arch>({S(0), -S(0), S(1e-30), tiny, lowest, lowest * S(1.001), top, S(1e30), S(-1e5), S(-200),
                     -std::numeric_limits<S>::max(), std::numeric_limits<S>::max(), foil::minus_infinity<S>(),
                     foil::infinity<S>(), foil::quiet_nan<S>()});
  CHECK((edge[0] == 1 && edge[1] == 1 && edge[2] == 1));
  CHECK((edge[3] == 0 && edge[4] == 0 && edge[5] == 0 && edge[8] == 0 && edge[10] == 0 && edge[12] == 0));
  CHECK(edge[14] == 0);
  for (std::size_t i : {6u, 7u, 11u, 13u}) CHECK(foil::finite_bits(edge[i]));
  CHECK((edge[6] <= edge[7] && edge[7] == edge[11] && edge[11] == edge[13]));

  // A grid over the whole range, and every number near the seams of the range reduction.
  std::vector<S> x;
  for (int i = 0; i <= 60000; ++i)
    x.push_back(std::nextafter(lowest, S(0)) + (top - lowest) * S(i) / S(60001));
  for (int n = -124; n < 124; ++n) {
    S near = S((n + 0.5) * 0.6931471805599453);
    for (int i = 0; i < 40; ++i) near = std::nextafter(near, S(-1e9));
    for (int i = 0; i < 80; ++i) x.push_back(near = std::nextafter(near, S(1e9)));
  }
  for (S v = S(1e-12); v < 1; v *= S(1.01)) x.push_back(v), x.push_back(-v);
  std::sort(x.begin(), x.end());
  std::vector<S> const y = exps<S, Arch>(x);
  double worst = 0;
  bool rising = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    worst = (std::max)(worst, ulps(y[i], std::exp((long double)(x[i]))));
    rising = rising && (i == 0 || y[i - 1] <= y[i]);
  }
  CHECK(worst <= 1.5);
  CHECK(rising);
}

template <class S, class Arch>
void check_softplus() {
  std::vector<S> x;
  for (S v = S(1e-6); v < 80; v *= S(1.003)) x.push_back(v), x.push_back(-v);
  x.push_back(S(0)), x.push_back(foil::drop<S>), x.push_back(S(1e30));
  auto const soft = mapped<S, Arch>(x, [](auto const& v) { return simd::softplus<S, Arch>(v); });
  auto const slope = mapped<S, Arch>(x, [](auto const& v) { return simd::sigmoid<S, Arch>(v); });
  double worst = 0, worst_slope = 0;
  for (std::size_t i = 0; i + 2 < x.size(); ++i) {
    long double const v = x[i];
    long double const want = v > 0 ? v + std::log1p(std::exp(-v)) : std::log1p(std::exp(v));
    worst = (std::max)(worst, ulps(soft[i], want));
    worst_slope = (std::max)(worst_slope, ulps(slope[i], 1 / (1 + std::exp(-v))));
  }
  CHECK(worst <= 4);
  CHECK(worst_slope <= 4);
  CHECK((soft[x.size() - 2] == 0 && slope[x.size() - 2] == 0));
  CHECK((soft[x.size() - 1] == S(1e30) && slope[x.size() - 1] == 1));
}

template <class S>
bool close(double got, double want) {
  return std::abs(got - want) <= (sizeof(S) == 4 ? 4e-6 : 2e-14) * (1 + std::abs(want));
}

/// One row of n at an offset: every kernel against its formula, written in double.
template <class S, class Arch>
struct row_check {
  idx n, offset;
  bool weighted;
  std::vector<S> memory_u = filled(1), memory_b = filled(2), memory_out = filled(3);
  S *u = memory_u.data() + offset, *b = weighted ? memory_b.data() + offset : nullptr,
    *out = memory_out.data() + offset;
  S k = S(2.5), shift = S(-0.3), c = S(-0.7);

  std::vector<S> filled(std::uint64_t seed) const {
    foil::random_stream r(seed, foil::purpose::user, 0, std::uint64_t(n));
    std::vector<S> x(std::size_t(n + offset + 1));
    for (S& v : x) v = seed == 2 && r.below(4) == 0 ? foil::drop<S> : S(4 * r.uniform() - 2);
    return x;
  }
  bool live(idx j) const { return b == nullptr || b[j] > foil::dropped_below<S>; }
  double log_weight(idx j) const { return b == nullptr ? 0 : double(b[j]); }
  double exponent(idx j) const { return double(k) * double(u[j]) + log_weight(j); }
  template <class F>
  double sum(F const& f) const {
    double total = 0;
    for (idx j = 0; j < n; ++j)
      if (live(j)) total += f(j);
    return total;
  }
  /// `run` writes n numbers at `out` and nothing else; out_j becomes want(j).
  template <class Run, class F>
  bool writes(Run const& run, F const& want) {
    std::vector<S> const before = filled(3);
    std::copy(before.begin(), before.end(), memory_out.begin());  // in place: `out` points here
    run();
    for (idx i = 0; i < idx(before.size()); ++i) {
      idx const j = i - offset;
      auto const at = std::size_t(i);
      if (j < 0 || j >= n ? memory_out[at] != before[at]
                          : !close<S>(double(memory_out[at]), want(j, double(before[at]))))
        return false;
    }
    return true;
  }

  bool all() {
    S const m = simd::max_of_sum<S, Arch>(u, b, n, k);
    double top = double(foil::drop<S>);
    for (idx j = 0; j < n; ++j) top = (std::max)(top, exponent(j));
    if (!close<S>(double(m), top)) return false;
    double const mm = m;
    double const total = sum([&](idx j) { return std::exp(exponent(j) - mm); });
    S const got = simd::sum_exp<S, Arch>(u, b, m, n, k);
    S kept{};
    bool ok = close<S>(double(got), total);
    auto const weight_of = [&](idx j) { return live(j) ? std::exp(exponent(j) - mm) : 0; };
    ok = ok && writes([&] { kept = simd::exp_of_sum<S, Arch>(out, u, b, m, n, k); },
                      [&](idx j, double) { return weight_of(j); });
    ok = ok && kept == got;
    ok = ok && writes([&] { simd::add_exp<S, Arch>(out, u, b, m, c, n, k); },
                      [&](idx j, double old) { return old + double(c) * weight_of(j); });
    ok = ok && writes([&] { simd::scale_add<S, Arch>(out, u, c, n); },
                      [&](idx j, double old) { return old + double(c) * double(u[j]); });
    ok = ok &&
         writes([&] { simd::scale<S, Arch>(out, c, n); }, [&](idx, double old) { return old * double(c); });
    auto const at = [&](idx j) { return double(k) * double(u[j]) + double(shift); };
    ok = ok && close<S>(double(simd::sum_softplus<S, Arch>(u, b, n, k, shift)),
                        sum([&](idx j) { return std::log1p(std::exp(at(j))); }));
    ok = ok &&
         writes([&] { simd::add_sigmoid<S, Arch>(out, u, b, n, k, shift, c); },
                [&](idx j, double old) { return old + (live(j) ? double(c) / (1 + std::exp(-at(j))) : 0); });
    ok = ok && close<S>(double(simd::sum_live<S, Arch>(u, b, n)), sum([&](idx j) { return double(u[j]); }));
    ok = ok && double(simd::count_live<S, Arch>(b, n)) == sum([](idx) { return 1.0; });
    ok = ok && writes([&] { simd::add_live<S, Arch>(out, b, c, n); },
                      [&](idx j, double old) { return old + (live(j) ? double(c) : 0); });
    double products = 0, plain = 0;
    for (idx j = 0; j < n; ++j) products += double(u[j]) * double(out[j]), plain += double(u[j]);
    ok = ok && close<S>(double(simd::dot<S, Arch>(u, out, n)), products);
    return ok && std::abs(simd::sum<S>(u, n) - plain) <= 1e-13 * (1 + double(n));
  }
};

template <class S, class Arch>
void check_rows() {
  constexpr idx w = simd::lane_count<S, Arch>;
  for (bool weighted : {false, true})
    for (idx offset = 0; offset < w; ++offset)
      for (idx n = 0; n <= 3 * w + 1; ++n) {
        row_check<S, Arch> row{n, offset, weighted};
        if (!row.all()) FAIL_CHECK("n = " << n << ", offset = " << offset << ", weighted = " << weighted);
      }
  for (idx n : {1000, 5000}) CHECK(row_check<S, Arch>{n, 1, true}.all());
}

/// An element's exponential does not depend on where it sits, nor on being in the rest of a row.
template <class S, class Arch>
void check_places() {
  std::vector<S> const x = row_check<S, Arch>{200, 0, false}.memory_u;
  std::vector<S> whole(200), one(1);
  simd::exp_of_sum<S, Arch>(whole.data(), x.data(), nullptr, S(1), 200, S(3));
  bool same = true;
  for (std::size_t j = 0; j < 200; ++j) {
    simd::exp_of_sum<S, Arch>(one.data(), x.data() + j, nullptr, S(1), 1, S(3));
    same = same && std::memcmp(one.data(), whole.data() + j, sizeof(S)) == 0;
  }
  CHECK(same);
}

template <class Arch>
void everything() {
  check_exp<float, Arch>(), check_exp<double, Arch>();
  check_softplus<float, Arch>(), check_softplus<double, Arch>();
  check_rows<float, Arch>(), check_rows<double, Arch>();
  check_places<float, Arch>(), check_places<double, Arch>();
}

}  // namespace

TEST_CASE("row kernels: right at every size and offset", "[simd]") {
  everything<xsimd::default_arch>();
}

#if defined(__AVX2__) && defined(__FMA__)
TEST_CASE("row kernels: the same for narrower instruction sets", "[simd]") {
  everything<xsimd::sse2>();
  everything<xsimd::fma3<xsimd::avx2>>();
}
#endif

TEST_CASE("row kernels: a row without pairs has the maximum `drop` and counts nothing", "[simd]") {
  std::vector<float> const u(20, 3.0f), b(20, foil::drop<float>);
  CHECK(simd::max_of_sum<float>(u.data(), b.data(), 20, 2.0f) <= foil::dropped_below<float>);
  CHECK(simd::count_live<float>(b.data(), 20) == 0);
  CHECK(simd::sum_softplus<float>(u.data(), b.data(), 20, 1.0f, 0.0f) == 0);
  CHECK(simd::sum_exp<float>(u.data(), b.data(), foil::drop<float>, 20) == 0);
}
