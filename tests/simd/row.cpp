// SPDX-License-Identifier: BSD-3-Clause
// exp, terms of pairs and the kernels of rows of pairs, against scalar sums.
// Tests simd/row.hpp, simd/peak.hpp.
#include "everywhere.hpp"
#include "foil/simd/blas1.hpp"
#include "foil/simd/column_sums.hpp"
#include "foil/simd/dots.hpp"
#include "foil/simd/hinge.hpp"
#include "foil/simd/in_place.hpp"
#include "foil/simd/peak.hpp"

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
  S const tiny = foil::log_zero<S>;
  std::vector<S> const edge =
      exps<S, Arch>({S(0), -S(0), S(1e-30), tiny, lowest, lowest * S(1.001), top, S(1e30), S(-1e5), S(-200), -std::numeric_limits<S>::max(),
                     std::numeric_limits<S>::max(), foil::minus_infinity<S>(), foil::infinity<S>(), foil::quiet_nan<S>()});
  CHECK((edge[0] == 1 && edge[1] == 1 && edge[2] == 1));
  CHECK((edge[3] == 0 && edge[4] == 0 && edge[5] == 0 && edge[8] == 0 && edge[10] == 0 && edge[12] == 0));
  CHECK(edge[14] == 0);
  for (std::size_t i : {6u, 7u, 11u, 13u}) CHECK(foil::finite_bits(edge[i]));
  CHECK((edge[6] <= edge[7] && edge[7] == edge[11] && edge[11] == edge[13]));

  // A grid over the whole range, and every number near the seams of the range reduction.
  std::vector<S> x;
  for (int i = 0; i <= 60000; ++i) x.push_back(std::nextafter(lowest, S(0)) + (top - lowest) * S(i) / S(60001));
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
  x.push_back(S(0)), x.push_back(foil::log_zero<S>), x.push_back(S(1e30));
  auto const soft = mapped<S, Arch>(x, [](auto const& v) { return simd::softplus_term{}.template operator()<S, Arch>(v).value; });
  auto const slope = mapped<S, Arch>(x, [](auto const& v) { return simd::softplus_term{}.template operator()<S, Arch>(v).slope; });
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

/// Which pairs of a row are absent.
enum class weights { none, some, all_but_one, one };

/// One row of pairs: every kernel against its formula, written in double.
template <class S, class Arch>
struct row_check {
  spot<S> at;
  weights given;
  stretch<S> scores = at.odd_row(1), log_weights = absences(), target = at.row(3);
  idx n = at.n;
  S *u = scores.data(), *b = given == weights::none ? nullptr : log_weights.data(), *out = target.data();
  S k = S(2.5), shift = S(-0.3), c = S(-0.7);

  row_check(spot<S> const& one, weights which) : at(one), given(which) {}
  row_check(row_check const&) = delete;

  stretch<S> absences() const {
    auto x = at.row(2);
    foil::random_stream r(7, foil::purpose::user, 0, std::uint64_t(at.n));
    idx const one = at.n > 0 ? (at.n + at.offset) % at.n : 0;
    for (idx j = 0; j < at.n; ++j) {
      bool const absent = given == weights::some ? r.below(4) == 0 && j != at.place : (given == weights::one) == (j != one);
      if (absent) x.set(j, r.below(2) ? foil::log_zero<S> : S(foil::log_zero<S> + x[j]));
    }
    return x;
  }
  bool live(idx j) const { return b == nullptr || b[j] > foil::log_zero_limit<S>; }
  double log_weight(idx j) const { return b == nullptr ? 0 : double(b[j]); }
  double exponent(idx j) const { return double(k) * double(u[j]) + log_weight(j); }
  double logit(idx j) const { return double(k) * double(u[j]) + double(shift); }
  S over(idx j) const {  // rounded as the kernel does
    S const volatile d = u[j] + shift;
    return d;
  }
  template <class F>
  double sum(F const& f) const {
    double total = 0;
    for (idx j = 0; j < n; ++j)
      if (live(j)) total += f(j);
    return total;
  }
  /// `run` writes n numbers at `out` and nothing else; out_j becomes want(j, old).
  template <class Run, class F>
  bool writes(Run const& run, F const& want) {
    target.memory = target.before;  // `out` stays where it points
    run();
    return target.became([&](idx j, S old, S now) { return close<S>(double(now), want(j, double(old))); });
  }

  bool sums_of_exponentials() {
    S const m = simd::max_of_sum<S, Arch>(u, b, n, k);
    double top = double(foil::log_zero<S>);
    for (idx j = 0; j < n; ++j) top = (std::max)(top, exponent(j));
    if (!close<S>(double(m), top)) return false;
    bool const none = !(m > foil::log_zero_limit<S>);
    S const peak = none ? S(1.5) : simd::peak(u, b, n, m, k);
    double const mark = double(peak);
    if (!none && std::abs(double(k) * mark - top) > 1e-5 * (1 + std::abs(top))) return false;
    auto const weight_of = [&](idx j) { return live(j) ? std::exp(double(k) * (double(u[j]) - mark) + log_weight(j)) : 0; };
    double const total = sum(weight_of), with = sum([&](idx j) { return weight_of(j) * (double(u[j]) - mark); });
    double const got = simd::sum_exp<S, Arch>(u, b, peak, n, k);
    double kept{};
    bool ok = close<S>(got, total);
    ok = ok && writes([&] { kept = simd::exp_of_sum<S, Arch>(out, u, b, peak, n, k); }, [&](idx j, double) { return weight_of(j); });
    ok = ok && kept == got;
    ok = ok && writes([&] { simd::add_exp<S, Arch>(out, u, b, peak, c, n, k); },
                      [&](idx j, double old) { return old + double(c) * weight_of(j); });
    if (none) return ok;
    simd::in_place_sums sums;
    ok = ok && writes([&] { sums = simd::exp_in_place<S, Arch>(out, u, b, peak, n, k); }, [&](idx j, double) { return weight_of(j); });
    return ok && close<S>(sums.sum, total) && close<S>(sums.sum_g, total) && close<S>(sums.sum_g_s, with);
  }
  bool terms() {
    auto const soft = [](double x) { return (std::max)(x, 0.0) + std::log1p(std::exp(-std::abs(x))); };
    auto const up = [](double x) { return 1 / (1 + std::exp(-x)); };
    bool focal = true;
    for (double gamma : {0.0, 1.5, 2.0})
      focal = focal && term(
                           simd::focal_term{gamma}, [&](double x) { return std::pow(up(x), gamma) * soft(x); },
                           [&](double x) { return std::pow(up(x), gamma) * (up(x) + gamma * up(-x) * soft(x)); });
    return focal && term(simd::softplus_term{}, soft, up) &&
           term(
               simd::moment_term{true}, [](double x) { return x * x; }, [](double x) { return 2 * x; }) &&
           term(
               simd::moment_term{false}, [](double x) { return x; }, [](double) { return 1.0; });
  }
  template <class Term, class F, class G>
  bool term(Term const& f, F const& value, G const& derivative) {
    auto const slope = [&](idx j) { return live(j) ? derivative(logit(j)) : 0; };
    auto const near = [&](double got, auto const& summand) {  // sums may cancel: measured by their terms' sizes
      return close<S>(got - sum(summand), 0) ||
             std::abs(got - sum(summand)) <= close_to<S> * sum([&](idx j) { return std::abs(summand(j)); });
    };
    auto const of = [&](idx j) { return value(logit(j)); };
    auto const with = [&](idx j) { return slope(j) * double(u[j]); };
    bool ok = near(simd::sum_terms<S, Arch>(f, u, b, n, k, shift), of);
    ok = ok && writes([&] { simd::add_slopes<S, Arch>(f, out, u, b, n, k, shift, c); },
                      [&](idx j, double old) { return old + double(c) * slope(j); });
    simd::in_place_sums sums;
    ok = ok && writes([&] { sums = simd::slopes_in_place<S, Arch>(f, out, u, b, n, k, shift); }, [&](idx j, double) { return slope(j); });
    return ok && near(sums.sum, of) && near(sums.sum_g, slope) && near(sums.sum_g_s, with);
  }
  bool hinges() {
    auto const count = idx(sum([&](idx j) { return double(over(j) > 0); }));
    auto const hard = simd::sum_hinge<false, S, Arch>(u, b, n, shift), soft = simd::sum_hinge<true, S, Arch>(u, b, n, shift);
    bool ok = hard.above == count && soft.above == count && same_bits(hard.slope, double(count));
    ok = ok && close<S>(hard.sum, sum([&](idx j) { return (std::max)(0.0, double(over(j))); }));
    ok = ok && close<S>(soft.sum,
                        sum([&](idx j) { return (std::max)(0.0, double(over(j))) + std::log1p(std::exp(-std::abs(double(over(j))))); }));
    ok = ok && close<S>(soft.slope, sum([&](idx j) { return 1 / (1 + std::exp(-double(over(j)))); }));
    ok = ok && writes([&] { simd::add_step<S, Arch>(out, u, b, n, shift, c); },
                      [&](idx j, double old) { return old + (live(j) && over(j) > 0 ? double(c) : 0); });
    simd::in_place_sums step;
    ok = ok && writes([&] { step = simd::step_in_place<S, Arch>(out, u, b, n, S(1), shift); },
                      [&](idx j, double) { return live(j) && over(j) > 0; });
    ok = ok && same_bits(step.sum_g, double(count)) && close<S>(step.sum, hard.sum);
    ok = ok && close<S>(step.sum_g_s, sum([&](idx j) { return over(j) > 0 ? double(u[j]) : 0; }));
    S most = foil::log_zero<S>;
    for (idx j = 0; j < n; ++j)
      if (live(j)) most = (std::max)(most, u[j]);
    return ok && simd::largest_live<S, Arch>(u, b, n) == most;
  }
  bool sums() {
    bool ok = close<S>(double(simd::sum_live<S, Arch>(u, b, n)), sum([&](idx j) { return double(u[j]); }));
    ok = ok && double(simd::count_live<S, Arch>(b, n)) == sum([](idx) { return 1.0; });
    ok = ok && writes([&] { simd::drop_below<S, Arch>(out, u, shift, n); },
                      [&](idx j, double old) { return u[j] < shift ? double(foil::log_zero<S>) : old; });
    return ok && writes([&] { simd::add_live<S, Arch>(out, b, c, n); }, [&](idx j, double old) { return old + (live(j) ? double(c) : 0); });
  }
  bool all() { return sums_of_exponentials() && terms() && hinges() && sums(); }
};

/// An element's exponential does not depend on where it sits, nor on being in the rest of a row.
template <class S, class Arch>
void check_places() {
  std::vector<S> const x = noise<S>(200, 1);
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
  check_places<float, Arch>(), check_places<double, Arch>();
}

}  // namespace

TEST_CASE("exp, softplus, sigmoid: to their accuracy, wherever they sit", "[simd]") {
  architectures::each([]<class A>() { everything<A>(); });
}

TEST_CASE("rows of pairs: every kernel is its formula", "[simd]") {
  for (weights const given : {weights::none, weights::some, weights::all_but_one, weights::one})
    everywhere(given == weights::some ? odd::small : odd::none,
               [=]<Scalar S, class A>(spot<S> const& at) { return row_check<S, A>(at, given).all(); });
}

TEST_CASE("roots of distances: exact, those of what is below 0 too", "[simd]") {
  everywhere(odd::finite, []<Scalar S, class A>(spot<S> const& at) {
    auto x = at.odd_row(1);
    simd::negative_roots<S, A>(x.data(), at.n);
    return x.became([](idx, S old, S now) {
      if (old == 0) return now == 0;
      return exact_numbers ? same_bits(now, S(-std::sqrt((std::max)(old, S(0)))))
                           : close<S>(double(now), -std::sqrt((std::max)(double(old), 0.0)));
    });
  });
}

TEST_CASE("both ways: column sums and joined slopes of a tile are their formulas", "[simd]") {
  everywhere(odd::small, []<Scalar S, class A>(spot<S> const& at) {
    idx const n = at.n, ld = n + at.offset, rows = at.n % 11;
    auto const tile = noise<S>(rows * ld + 1, 5), share = noise<S>(rows, 6);
    auto sums = at.row(3);
    simd::weighted_column_sums<S, A>(tile.data(), ld, share.data(), rows, n, sums.data());
    bool ok = sums.became([&](idx j, S, S now) {
      double want = 0;
      for (idx i = 0; i < rows; ++i) want += double(share[std::size_t(i)]) * double(tile[std::size_t(i * ld + j)]);
      return close<S>(double(now), want);
    });
    auto kept = at.odd_row(1);
    auto const c = at.row(2);
    S const a = S(0.6), r = S(-1.4), scale = S(2.5);
    double total = 0;
    auto const slope = [&](idx j, S old) { return double(old) * (double(a) + double(r) * double(c[j])); };
    for (idx j = 0; j < n; ++j) total += slope(j, kept[j]);
    double const got = simd::join_slopes<S, A>(kept.data(), a, r, c.data(), scale, n);
    return ok && close<S>(got, total) &&
           kept.became([&](idx j, S old, S now) { return close<S>(double(now), double(scale) * slope(j, old)); });
  });
}

TEST_CASE("rows of pairs: long ones, whose sums go on in double, and scores on the hinge", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<Scalar S>(S) {
      for (idx n : {1000, 5000}) CHECK(row_check<S, A>({n, 1, -1, S(0)}, weights::some).all());
      for (idx n = 1; n < 3 * simd::lane_count<S, A>; ++n)
        for (idx place = 0; place < n; ++place)
          if (!row_check<S, A>({n, 0, place, S(0.3)}, weights::none).hinges()) FAIL_CHECK("a hinge at 0: " << n << ' ' << place);
    };
    check(float()), check(double());
  });
}

TEST_CASE("numbers without pairs: every kernel is its formula, NaN and infinities included", "[simd]") {
  everywhere(exact_numbers ? odd::any : odd::small, []<Scalar S, class A>(spot<S> const& at) {
    idx const n = at.n;
    S const c = S(-0.7);
    auto const x = at.odd_row(1);
    auto const once = [](S v) {  // rounded here
      S volatile const kept = v;
      return S(kept);
    };
    auto added = at.row(3);
    simd::scale_add<S, A>(added.data(), x.data(), c, n);
    bool ok = added.became([&](idx j, S old, S now) {  // fused or not
      return same_number(now, S(std::fma(c, x[j], old))) || same_number(now, once(once(c * x[j]) + old));
    });
    auto scaled = at.odd_row(1), moved = at.row(3), settled = at.row(3), slopes = at.odd_row(4);
    simd::scale<S, A>(scaled.data(), c, n);
    ok = ok && scaled.became([&](idx, S old, S now) { return same_number(now, once(c * old)); });
    simd::scaled<S, A>(moved.data(), x.data(), c, n);
    ok = ok && moved.became([&](idx j, S, S now) { return same_number(now, once(c * x[j])); });
    auto const sums = simd::scale_and_clear<S, A>(slopes.data(), x.data(), c, settled.data(), n);
    ok = ok && settled.became([&](idx j, S, S now) { return same_number(now, once(c * slopes.before[std::size_t(at.offset + j)])); });
    ok = ok && slopes.became([](idx, S, S now) { return same_bits(now, S(0)); });
    // What the numbers add up to; NaN or an infinity where a plain loop gets one.
    double products = 0, plain = 0, with = 0, sum_g = 0;
    for (idx j = 0; j < n; ++j) {
      S const y = moved.before[std::size_t(at.offset + j)], g = slopes.before[std::size_t(at.offset + j)];
      products += double(x[j]) * double(y), plain += double(x[j]), with += double(g) * double(x[j]), sum_g += double(g);
    }
    auto const fits = [&](double got, double want) {
      bool const beyond = !foil::finite_bits(S(want));  // the kernel adds up in S
      return beyond ? !foil::finite_bits(S(got)) && (!foil::finite_bits(want) || got == 0 || (got > 0) == (want > 0)) : close<S>(got, want);
    };
    stretch<S> const y = at.row(3);
    S const *xs[] = {x.data(), y.data(), x.data()}, *ys[] = {y.data(), x.data(), y.data()};
    S three[3];
    simd::dots<3, A>(xs, ys, n, three);
    for (S const dot : three) ok = ok && fits(double(dot), products);
    ok = ok && fits(double(simd::dot<S, A>(x.data(), y.data(), n)), products) && fits(sums.sum_g_s, with) && fits(sums.sum_g, sum_g);
    return ok && (foil::finite_bits(plain) ? std::abs(simd::sum<S>(x.data(), n) - plain) <= 1e-13 * (1 + double(n) + std::abs(plain))
                                           : !foil::finite_bits(simd::sum<S>(x.data(), n)));
  });
}

TEST_CASE("rows of pairs: a score changes its own place alone, an absent one nothing, whatever it is", "[simd]") {
  everywhere(odd::any, []<Scalar S, class A>(spot<S> const& at) {
    idx const n = at.n;
    if (at.place < 0) return true;
    auto const plain = at.row(1), strange = at.odd_row(1);
    auto b = at.row(2);
    S const m = S(5), k = S(2.5), shift = S(-0.3), c = S(-0.7);
    bool ok = true;
    auto const compare = [&](bool absent, auto const& kernel) {
      auto first = at.row(3), second = at.row(3);
      kernel(first.data(), plain.data()), kernel(second.data(), strange.data());
      for (idx i = 0; i < idx(first.memory.size()); ++i)
        ok = ok && ((!absent && i == at.offset + at.place) || same_bits(first.memory[std::size_t(i)], second.memory[std::size_t(i)]));
    };
    auto const kernels = [&](bool absent) {
      compare(absent, [&](S* out, S const* u) { simd::add_slopes<S, A>(simd::focal_term{1.5}, out, u, b.data(), n, k, shift, c); });
      compare(absent, [&](S* out, S const* u) { simd::slopes_in_place<S, A>(simd::softplus_term{}, out, u, b.data(), n, k, shift); });
      compare(absent, [&](S* out, S const* u) { simd::step_in_place<S, A>(out, u, b.data(), n, k, shift); });
      compare(absent, [&](S* out, S const* u) { simd::add_step<S, A>(out, u, b.data(), n, shift, c); });
    };
    kernels(false);
    compare(false, [&](S* out, S const* u) { simd::exp_of_sum<S, A>(out, u, b.data(), m, n, k); });
    compare(false, [&](S* out, S const* u) { simd::add_exp<S, A>(out, u, b.data(), m, c, n, k); });
    compare(false, [&](S* out, S const* u) { simd::exp_in_place<S, A>(out, u, b.data(), m, n, k); });
    b.set(at.place, foil::log_zero<S>);
    kernels(true);
    auto const sums = [&](S const* u) {
      auto const hard = simd::sum_hinge<false, S, A>(u, b.data(), n, shift), soft = simd::sum_hinge<true, S, A>(u, b.data(), n, shift);
      auto out = at.row(3);
      auto const kept = simd::slopes_in_place<S, A>(simd::focal_term{1.5}, out.data(), u, b.data(), n, k, shift);
      return std::vector<double>{simd::sum_terms<S, A>(simd::softplus_term{}, u, b.data(), n, k, shift),
                                 double(simd::sum_live<S, A>(u, b.data(), n)),
                                 double(simd::largest_live<S, A>(u, b.data(), n)),
                                 hard.sum,
                                 hard.slope,
                                 double(hard.above),
                                 soft.sum,
                                 soft.slope,
                                 double(soft.above),
                                 kept.sum,
                                 kept.sum_g};
    };
    auto const want = sums(plain.data()), got = sums(strange.data());
    return ok && std::memcmp(want.data(), got.data(), want.size() * sizeof(double)) == 0;
  });
}

TEST_CASE("row kernels: a row without pairs has the maximum `drop` and counts nothing", "[simd]") {
  std::vector<float> const u(20, 3.0f), b(20, foil::log_zero<float>);
  CHECK(simd::max_of_sum<float>(u.data(), b.data(), 20, 2.0f) <= foil::log_zero_limit<float>);
  CHECK(simd::count_live<float>(b.data(), 20) == 0);
  CHECK(simd::sum_terms<float>(simd::softplus_term{}, u.data(), b.data(), 20, 1.0f, 0.0f) == 0);
  CHECK(simd::sum_exp<float>(u.data(), b.data(), 3.0f, 20) == 0);
}

TEMPLATE_TEST_CASE("peak: of huge scores the largest pair's own", "[simd]", float, double) {
  using S = TestType;
  S const size = S(0.3) / std::numeric_limits<S>::epsilon() * 1000;  // two neighbouring scores are many exponents apart
  std::vector<S> const u{size, -size, size / 2, size * 2}, w{0, 0, 0, foil::log_zero<S>}, even{S(-1), S(-1), S(-1), S(-1)};
  auto const at = [&](S const* b, S k) { return simd::peak(u.data(), b, foil::idx(4), simd::max_of_sum(u.data(), b, foil::idx(4), k), k); };
  for (S k : {S(0.3), S(1), S(7)}) {
    CHECK((at(nullptr, k) == u[3] && at(even.data(), k) == u[3]));
    CHECK((at(w.data(), k) == u[0] && at(w.data(), -k) == u[1]));
    CHECK(simd::sum_exp(u.data(), w.data(), at(w.data(), k), foil::idx(4), k) == 1);
  }
  std::vector<S> const none(4, foil::log_zero<S>);
  CHECK(at(none.data(), S(1)) == S(-1e28));
}
