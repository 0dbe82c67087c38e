// SPDX-License-Identifier: BSD-3-Clause
// The kernels behind losses, statistics and selection on every instruction set of this build: every size up to three
// registers, every offset, odd numbers in every place, against plain loops.
// Tests simd/exp.hpp, simd/tally.hpp.
#include "everywhere.hpp"
#include "foil/simd/compress.hpp"
#include "foil/simd/kth_key.hpp"
#include "foil/simd/moments.hpp"
#include "foil/simd/pair_term.hpp"
#include "foil/simd/widen_row.hpp"

TEST_CASE("lanes: loads, stores, sums and maxima of a part, and fused products", "[simd]") {
  everywhere(exact_numbers ? odd::any : odd::small, []<Scalar S, class A>(spot<S> const& at) {
    constexpr idx w = simd::lane_count<S, A>;
    auto const x = at.odd_row(1);
    bool ok = true;
    idx const live = (std::min)(at.n, w);
    S lane[std::size_t(w)], twice[std::size_t(w)];
    auto const some = simd::load_some<A>(x.data(), live, S(7));
    some.store_unaligned(lane);
    for (idx i = 0; i < w; ++i) ok = ok && same_bits(lane[i], i < live ? x[i] : S(7));
    stretch<S> out(live, at.offset, 2);
    simd::store_some<A, S>(out.data(), some, live);
    ok = ok && out.became([&](idx j, S, S now) { return same_bits(now, x[j]); });
    bool const number = at.place < 0 || !foil::nan_bits(at.number);
    double sum = 0;
    for (S const v : lane) sum += double(v);
    double const got = simd::sum_of<S, A>(some);
    ok = ok && (foil::finite_bits(sum) ? close<double>(got, sum) || std::abs(got - sum) <= std::abs(sum) * 1e-15 : same_number(got, sum));
    ok = ok && (!number || simd::max_of<S, A>(some) == *std::max_element(lane, lane + w));
    auto const y = noise<S>(w, 3), z = noise<S>(w, 4);
    if (number) {
      simd::larger<S, A>(some, simd::load<A>(y.data())).store_unaligned(twice);
      for (idx i = 0; i < w; ++i) ok = ok && twice[i] == (std::max)(lane[i], y[std::size_t(i)]);
      simd::smaller<S, A>(some, simd::load<A>(y.data())).store_unaligned(twice);
      for (idx i = 0; i < w; ++i) ok = ok && twice[i] == (std::min)(lane[i], y[std::size_t(i)]);
    }
    simd::fma<S, A>(some, simd::load<A>(y.data()), simd::load<A>(z.data())).store_unaligned(twice);
    for (idx i = 0; i < w; ++i) {
      S volatile const product = lane[i] * y[std::size_t(i)];
      S const twofold = product + z[std::size_t(i)], once = std::fma(lane[i], y[std::size_t(i)], z[std::size_t(i)]);
      ok = ok && same_number(twice[i], simd::fused ? once : twofold);
    }
    constexpr idx half = simd::lane_count<double, A>;
    double wide[std::size_t(half)];
    simd::widen<A>(lane).store_unaligned(wide);
    for (idx i = 0; i < half; ++i) ok = ok && same_number(wide[i], double(lane[i]));
    simd::opaque<S, A>(some).store_unaligned(twice);
    return ok && std::memcmp(twice, lane, sizeof(lane)) == 0;
  });
}

TEST_CASE("moments, largest_of: the sums of their formulas", "[simd]") {
  everywhere(odd::finite, []<Scalar S, class A>(spot<S> const& at) {
    idx const n = at.n;
    auto z = at.odd_row(4);
    if (n == 0) return simd::moments<S, A>(z.data(), S(2), 0, S(1)).sum == 0;
    if (at.place < 0) z.set(0, foil::log_zero<S>);  // a masked logit: out of the range of exp
    z[n] = S(100);                                  // not of this row
    auto const [m, finite] = simd::largest_of<S, A>(z.data(), n);
    if (!finite || m != *std::max_element(z.data(), z.data() + n)) return false;
    if (m > S(1e300)) return true;  // the linear sum of so far apart logits has no double
    S const k = S(0.75);
    auto const got = simd::moments<S, A>(z.data(), m, n, k);
    double linear = 0, sum = 0, dot = 0, square = 0;
    for (idx j = 0; j < n; ++j) {
      double const d = double(z[j]) - double(m), x = double(k) * d, e = x < -600 ? 0 : std::exp(x);
      linear += d, sum += e, dot += e == 0 ? 0 : x * e, square += e * e;
    }
    return close<S>(got.linear, linear) && close<S>(got.sum, sum) && close<S>(got.dot, dot) && close<S>(got.square, square);
  });
}

TEST_CASE("largest_of: a NaN or an infinity is seen in every place, anything else passes", "[simd]") {
  everywhere(odd::any, []<Scalar S, class A>(spot<S> const& at) {
    if (at.n == 0) return true;
    auto const x = at.odd_row(5);
    auto const r = simd::largest_of<S, A>(x.data(), at.n);
    bool const finite = at.place < 0 || foil::finite_bits(at.number);
    return r.finite == finite && (!finite || r.value == *std::max_element(x.data(), x.data() + at.n));
  });
}

TEST_CASE("moments: far below the largest logit nothing is lost to short sums, and the exponentials are those of exp", "[simd]") {
  architectures::each([]<class A>() {
    idx const n = 5000 + 3;
    std::vector<float> z(static_cast<std::size_t>(n)), e(z.size() + 1, -1);
    for (idx j = 0; j < n; ++j) z[std::size_t(j)] = j % 2 ? -60.f : -1.2345f - float(j % 3 == 0);
    z[77] = 0;
    auto const got = simd::moments<float, A>(z.data(), 0.f, n, 1.f, e.data());
    long double sum = 0, dot = 0, square = 0;
    idx wrong = 0;
    for (idx j = 0; j < n; ++j) {
      long double const x = static_cast<long double>(z[std::size_t(j)]), y = std::exp(x);
      sum += y, dot += x * y, square += y * y;
      simd::lanes<float, A> const one = simd::exp<float, A>(simd::lanes<float, A>(z[std::size_t(j)]));
      float lane[std::size_t(simd::lane_count<float, A>)];
      one.store_unaligned(lane);
      wrong += !same_bits(lane[0], e[std::size_t(j)]);
    }
    CHECK((wrong == 0 && e.back() == -1));
    CHECK(std::abs(got.sum / double(sum) - 1) < 3e-7);
    CHECK(std::abs(got.dot / double(dot) - 1) < 3e-7);
    CHECK(std::abs(got.square / double(square) - 1) < 5e-7);
    auto const alone = simd::moments<float, A>(z.data(), 0.f, n, 1.f);
    CHECK((alone.sum == got.sum && alone.dot == got.dot && alone.square == got.square && alone.linear == got.linear));
  });
}

TEST_CASE("widen_row: every number of sixteen bits, as one by one, in rows of any length", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<class T>(T) {
      constexpr std::size_t all = 65536;
      std::vector<T> x(all);
      for (std::size_t i = 0; i < all; ++i) x[i] = Eigen::numext::bit_cast<T>(std::uint16_t(i));
      std::vector<float> out(all + 1, 7.f);
      idx wrong = 0;
      auto const compare = [&](std::size_t i) { wrong += !same_number(out[i], float(x[i])); };
      simd::widen_row<A>(out.data(), x.data(), idx(all));
      for (std::size_t i = 0; i < all; ++i) compare(i);
      for (std::size_t n = 0; n < 70; ++n) {
        std::fill(out.begin(), out.end(), 7.f);
        simd::widen_row<A>(out.data(), x.data(), idx(n));
        for (std::size_t i = 0; i < n; ++i) compare(i);
        wrong += out[n] != 7;
      }
      CHECK(wrong == 0);
    };
    check(Eigen::half()), check(Eigen::bfloat16());
    double const wide[] = {1, -2, 0.1};
    float narrow[3];
    simd::widen_row<A>(narrow, wide, 3);
    CHECK((narrow[1] == -2 && narrow[2] == 0.1f));
  });
}

TEST_CASE("softplus, sigmoid: their limits in every lane", "[simd]") {
  everywhere(odd::any, []<Scalar S, class A>(spot<S> const& at) {
    if (at.place < 0 || foil::nan_bits(at.number) || at.n > simd::lane_count<S, A>) return true;
    auto const x = at.odd_row(6);
    constexpr auto w = std::size_t(simd::lane_count<S, A>);
    S soft[w], slope[w];
    auto const v = simd::load_some<A>(x.data(), at.n, S(0));
    auto const [value, derivative] = simd::softplus_term{}.template operator()<S, A>(v);
    value.store_unaligned(soft), derivative.store_unaligned(slope);
    for (idx i = 0; i < at.n; ++i) {
      double const t = double(x[i]);
      if (i == at.place && (std::abs(t) > 1e30 || !foil::finite_bits(at.number))) {
        if (t < 0 ? soft[i] != 0 || slope[i] != 0 : !same_bits(soft[i], at.number) || slope[i] != 1) return false;
      } else if (!close<S>(double(soft[i]), std::log1p(std::exp(t))) || !close<S>(double(slope[i]), 1 / (1 + std::exp(-t)))) {
        return false;
      }
    }
    return true;
  });
}

TEST_CASE("words of comparisons and their compression: as many loops say", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<class K>(K) {
      foil::random_stream r(8, foil::purpose::user);
      idx wrong = 0;
      for (idx round = 0; round < 300; ++round) {
        idx const span = 1 + round % 40;  // from all equal to mostly different
        std::vector<K> keys(3 * 64), out(keys.size() + simd::compress_spill), pairs(out.size()), want;
        std::vector<std::uint32_t> at(keys.size()), moved(out.size()), placed(out.size()), want_at;
        for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = K(r.below(span)) - K(span / 2), at[i] = std::uint32_t(1000 + 3 * i);
        K const t = K(r.below(span)) - K(span / 2), most = K(t + K(r.below(span)));
        std::uint64_t greater = 0, at_least = 0, equal = 0;
        for (int i = 0; i < 64; ++i) {
          K const v = keys[std::size_t(i)];
          greater |= std::uint64_t(v > t) << i, at_least |= std::uint64_t(v >= t) << i, equal |= std::uint64_t(v == t) << i;
          if (v > t) want.push_back(v), want_at.push_back(at[std::size_t(i)]);
        }
        wrong += simd::compare_word<A>(keys.data(), t, simd::greater{}) != greater;
        wrong += simd::compare_word<A>(keys.data(), t, simd::at_least{}) != at_least;
        wrong += simd::compare_word<A>(keys.data(), t, simd::equal{}) != equal;
        auto const begins = [&](auto const& have, auto const& expected) {
          return std::equal(expected.begin(), expected.end(), have.begin());
        };
        wrong += simd::put_keys(greater, keys.data(), out.data()) != idx(want.size()) || !begins(out, want);
        wrong += simd::put_pairs(greater, keys.data(), at.data(), pairs.data(), moved.data()) != idx(want.size()) || !begins(pairs, want) ||
                 !begins(moved, want_at);
        wrong += simd::put_positions(greater, 77, placed.data()) != idx(want.size());
        for (idx slot = 0, bit = 0; bit < 64; ++bit)
          if (greater >> bit & 1u) wrong += placed[std::size_t(slot++)] != std::uint32_t(77 + bit);
        using S = std::conditional_t<sizeof(K) == 4, float, double>;
        std::vector<S> const numbers(keys.begin(), keys.end());
        wrong += simd::put_where<A>(numbers.data(), S(t), simd::greater{}, 77, placed.data()) != idx(want.size());
        for (idx slot = 0, bit = 0; bit < 64; ++bit)
          if (greater >> bit & 1u) wrong += placed[std::size_t(slot++)] != std::uint32_t(77 + bit);
        std::vector<K> inside;
        for (K const v : keys)
          if (v > t && v <= most) inside.push_back(v);
        wrong += simd::put_between<A>(keys.data(), idx(keys.size()), t, most, out.data()) != idx(inside.size()) || !begins(out, inside);
        keys.resize(keys.size() + simd::compress_spill);
        wrong += simd::put_between<A>(keys.data(), 3 * 64, t, most, keys.data()) != idx(inside.size()) || !begins(keys, inside);
      }
      CHECK(wrong == 0);
    };
    check(std::int32_t()), check(std::int64_t());
  });
}

TEST_CASE("counts and ranks of keys: as many loops say", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<class K>(K) {
      foil::random_stream r(9, foil::purpose::user);
      K const lowest = (std::numeric_limits<K>::min)();
      idx wrong = 0;
      for (idx m = 1; m <= 200; ++m) {
        std::vector<K> v(256), rank(256);
        for (idx i = 0; i < m; ++i) v[std::size_t(i)] = m % 2 ? K(r.below(9)) : std::bit_cast<K>(std::make_unsigned_t<K>(r.bits()));
        idx const padded = simd::pad_keys(v.data(), m, lowest);
        K const pivot[simd::pivot_count] = {K(4), v[0], K(lowest + 1), (std::numeric_limits<K>::max)()};
        idx count[simd::pivot_count];
        simd::count_at_least<A>(v.data(), padded, pivot, count);
        for (int i = 0; i < simd::pivot_count; ++i)
          wrong += count[i] != std::count_if(v.begin(), v.begin() + padded, [&](K x) { return x >= pivot[i]; });
        simd::rank_keys<A>(v.data(), m, rank.data());
        for (idx i = 0; i < m; ++i)
          wrong += idx(rank[std::size_t(i)]) != std::count_if(v.begin(), v.begin() + m, [&](K x) { return x > v[std::size_t(i)]; });
      }
      CHECK(wrong == 0);
    };
    check(std::int32_t()), check(std::int64_t());
  });
}

TEST_CASE("exp: within 1.5 units, exact at 0 and minus infinity, never falling, over all bit patterns", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<Scalar S>(S, std::uint64_t stride, S lowest, S top) {
      using U = std::make_unsigned_t<simd::key<S>>;
      constexpr idx w = simd::lane_count<S, A>;
      auto const exp = [](S const* x, S* y) { simd::exp<S, A>(simd::load<A>(x)).store_unaligned(y); };
      // From the largest to the smallest magnitude of a sign, each sample beside its neighbours.
      S x[std::size_t(w)], y[std::size_t(w)], last = 0;
      double worst = 0;
      idx falls = 0, bad_zero = 0, filled = 0;
      bool first = true;
      auto const flush = [&] {
        exp(x, y);
        for (idx i = 0; i < filled; ++i) {
          falls += !first && y[i] < last;
          last = y[i], first = false;
          if (x[i] <= lowest)
            bad_zero += y[i] != 0;
          else if (x[i] < top) {
            long double const want = std::exp((long double)(x[i]));
            int e = 0;
            std::frexp(want, &e);
            worst = (std::max)(worst, double(std::abs((long double)(y[i]) - want) / std::ldexp(1.0L, e - (sizeof(S) == 4 ? 24 : 53))));
          }
        }
        filled = 0;
      };
      auto const take = [&](U bits) {
        x[filled++] = std::bit_cast<S>(bits);
        if (filled == w) flush();
      };
      U const inf = std::bit_cast<U>(foil::infinity<S>()), sign = U(U(1) << (8 * sizeof(S) - 1)),
              normal = std::bit_cast<U>((std::numeric_limits<S>::min)());
      for (U b = inf; b >= U(normal + stride); b = U(b - stride)) take(U(b | sign)), take(U((b - 1) | sign));
      for (U b = 0; b < w; ++b) take(sign), take(0);
      for (U b = normal; b <= U(inf - stride); b = U(b + stride)) take(b), take(U(b + 1));
      for (idx i = 0; i < w; ++i) take(inf);
      CHECK(worst <= 1.5);
      CHECK(falls == 0);
      CHECK(bad_zero == 0);
      for (idx place = 0; place < w; ++place)
        for (S const odd : {S(0), S(-0.0), foil::minus_infinity<S>(), foil::quiet_nan<S>(), std::numeric_limits<S>::denorm_min(),
                            -std::numeric_limits<S>::denorm_min()}) {
          for (S& v : x) v = S(-3);
          x[place] = odd;
          exp(x, y);
          bool const none = foil::ineligible_bits(odd);
          idx wrong = 0;
          for (idx i = 0; i < w; ++i) wrong += i == place ? y[i] != (none ? S(0) : S(1)) : y[i] != y[place == 0 ? w - 1 : 0];
          CHECK(wrong == 0);
        }
    };
    check(float(), 9973, -87.33f, 88.37f), check(double(), (std::uint64_t(1) << 63) / 200003 | 1, -708.39, 709.4);
  });
}
