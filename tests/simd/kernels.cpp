// The kernels behind losses, statistics and selection on every instruction set of this build: every size up to three
// registers, every offset, odd numbers in every place, against plain loops.
#include <bit>
#include <cmath>
#include <vector>

#include "../catch.hpp"
#include "architectures.hpp"
#include "foil/core/random.hpp"
#include "foil/simd/compress.hpp"
#include "foil/simd/kth_key.hpp"
#include "foil/simd/moments.hpp"
#include "foil/simd/settle.hpp"

using foil::idx;
using foil::Scalar;
namespace simd = foil::simd;

namespace {

template <Scalar S>
std::vector<S> noise(idx n, std::uint64_t seed) {
  foil::random_stream r(seed, foil::purpose::user, 0, std::uint64_t(n));
  std::vector<S> x(static_cast<std::size_t>(n));
  for (S& v : x) v = S(4 * r.uniform() - 2);
  return x;
}
template <Scalar S>
bool close(double got, double want) {
  return std::abs(got - want) <= (sizeof(S) == 4 ? 4e-6 : 2e-14) * (1 + std::abs(want));
}
/// Calls body<S, Arch>(n, offset) for every size up to three registers and one, at every offset.
template <class Body>
void everywhere(Body const& body) {
  architectures::each([&]<class A>() {
    auto const sizes = [&]<Scalar S>(S) {
      constexpr idx w = simd::lane_count<S, A>;
      idx wrong = 0;
      for (idx offset = 0; offset < w; ++offset)
        for (idx n = 0; n <= 3 * w + 1; ++n) wrong += !body.template operator()<S, A>(n, offset);
      INFO(sizeof(S) << " bytes, " << w << " lanes");
      CHECK(wrong == 0);
    };
    sizes(float()), sizes(double());
  });
}

}  // namespace

TEST_CASE("settle, scaled: what they write, and nothing else", "[simd]") {
  everywhere([]<Scalar S, class A>(idx n, idx offset) {
    auto const at = [&](std::vector<S>& v) { return v.data() + offset; };
    auto g = noise<S>(n + offset + 1, 1), x = noise<S>(n + offset + 1, 2), to = noise<S>(n + offset + 1, 3);
    auto const g0 = g, to0 = to;
    S const c = S(-1.5);
    auto const sums = simd::settle<S, A>(at(g), at(x), c, at(to), n);
    double with = 0, alone = 0;
    bool ok = true;
    for (idx i = 0; i < n + offset + 1; ++i) {
      auto const u = std::size_t(i);
      bool const in = i >= offset && i < n + offset;
      ok = ok && (in ? g[u] == 0 && to[u] == c * g0[u] : g[u] == g0[u] && to[u] == to0[u]);
      if (in) with += double(g0[u]) * double(x[u]), alone += double(g0[u]);
    }
    ok = ok && close<S>(sums.with_score, with) && close<S>(sums.alone, alone);
    simd::scaled<S, A>(at(to), at(x), c, n);
    for (idx i = 0; i < n + offset + 1; ++i) {
      auto const u = std::size_t(i);
      ok = ok && to[u] == (i >= offset && i < n + offset ? c * x[u] : to0[u]);
    }
    return ok;
  });
}

TEST_CASE("moments, largest_of: the sums of their formulas", "[simd]") {
  everywhere([]<Scalar S, class A>(idx n, idx offset) {
    auto memory = noise<S>(n + offset + 1, 4);
    S const* const z = memory.data() + offset;
    if (n == 0) return simd::moments<S, A>(z, S(2), 0, S(1)).sum == 0;
    memory[std::size_t(offset)] = foil::drop<S>;  // a masked logit: out of the range of exp
    memory[std::size_t(n + offset)] = S(100);     // not of this row
    auto const [m, finite] = simd::largest_of<S, A>(z, n);
    S const k = S(0.75);
    bool ok = finite && m == *std::max_element(z, z + n);
    auto const got = simd::moments<S, A>(z, m, n, k);
    double linear = 0, sum = 0, dot = 0, square = 0;
    for (idx j = 0; j < n; ++j) {
      double const d = double(z[j]) - double(m), x = double(k) * d, e = x < -600 ? 0 : std::exp(x);
      linear += d, sum += e, dot += e == 0 ? 0 : x * e, square += e * e;
    }
    return ok && close<S>(got.linear, linear) && close<S>(got.sum, sum) && close<S>(got.dot, dot) && close<S>(got.square, square);
  });
}

TEST_CASE("largest_of: a NaN or an infinity is seen in every place, a denormal passes", "[simd]") {
  auto const check = []<Scalar S>(S) {
    for (idx n : {1, 5, 63, 64, 65, 130}) {
      auto x = noise<S>(n, 5);
      idx wrong = !simd::largest_of(x.data(), n).finite;
      for (S& v : x) {
        S const kept = v;
        for (S const odd : {foil::quiet_nan<S>(), -foil::quiet_nan<S>(), foil::infinity<S>(), foil::minus_infinity<S>()})
          v = odd, wrong += simd::largest_of(x.data(), n).finite;
        for (S const fine : {std::numeric_limits<S>::denorm_min(), (std::numeric_limits<S>::max)(), S(-0.0)})
          v = fine, wrong += !simd::largest_of(x.data(), n).finite;
        v = kept;
      }
      CHECK(wrong == 0);
    }
  };
  check(float()), check(double());
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
        auto const begins = [&](auto const& have, auto const& expected) { return std::equal(expected.begin(), expected.end(), have.begin()); };
        wrong += simd::put_keys(greater, keys.data(), out.data()) != idx(want.size()) || !begins(out, want);
        wrong += simd::put_pairs(greater, keys.data(), at.data(), pairs.data(), moved.data()) != idx(want.size()) ||
                 !begins(pairs, want) || !begins(moved, want_at);
        wrong += simd::put_positions(greater, 77, placed.data()) != idx(want.size());
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
        for (int i = 0; i < simd::pivot_count; ++i) wrong += count[i] != std::count_if(v.begin(), v.begin() + padded, [&](K x) { return x >= pivot[i]; });
        simd::rank_keys<A>(v.data(), m, rank.data());
        for (idx i = 0; i < m; ++i) wrong += idx(rank[std::size_t(i)]) != std::count_if(v.begin(), v.begin() + m, [&](K x) { return x > v[std::size_t(i)]; });
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
          if (x[i] <= lowest) bad_zero += y[i] != 0;
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
      U const inf = std::bit_cast<U>(foil::infinity<S>()), sign = U(U(1) << (8 * sizeof(S) - 1)), normal = std::bit_cast<U>((std::numeric_limits<S>::min)());
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
