// SPDX-License-Identifier: BSD-3-Clause
// The parts that a selection is made of, one by one: keys, words, blocks, maxima, bounds, candidates and orders.
// Tests simd/compare_word.hpp, simd/nan_detector.hpp, simd/order_keys.hpp, simd/ordered_key.hpp, simd/score_blocks.hpp.
#include <algorithm>
#include <numeric>

#include <Eigen/Core>

#include "everywhere.hpp"
#include "foil/simd/candidates.hpp"
#include "foil/simd/group_maxima.hpp"
#include "foil/simd/top_1.hpp"

namespace {

/// body<S, A>(n, place, number) for rows up to three `units<S, A>()` and one: every size with ordinary scores, then every
/// kind of odd number all over some of them.
template <class Units, class Body>
void rows(Units const& units, Body const& body) {
  architectures::each([&]<class A>() {
    auto const sizes = [&]<Scalar S>(S) {
      idx const unit = units.template operator()<S, A>();
      idx wrong = 0, first_n = -1, first_place = -1;
      auto const run = [&](idx n, idx place, S number) {
        if (!body.template operator()<S, A>(n, place, number) && wrong++ == 0) first_n = n, first_place = place;
      };
      for (idx n = 0; n <= 3 * unit + 1; ++n) run(n, -1, S(0));
      for (S const number : odd_numbers<S>(odd::any))
        for (idx n : {idx(1), unit - 1, unit, unit + 1, 2 * unit + unit / 2, 3 * unit + 1})
          for (idx place = 0; place < n; place += n < 100 ? 1 : 5) run(n, place, number);
      INFO(sizeof(S) << " bytes, " << A::name() << "; first: n = " << first_n << ", place = " << first_place);
      CHECK(wrong == 0);
    };
    sizes(float()), sizes(double());
  });
}
auto const a_block = []<Scalar S, class A>() { return simd::block_size<S, A>; };
auto const a_word = []<Scalar S, class A>() { return simd::word; };

/// Scores with many ties; the odd number in its place.
template <Scalar S>
std::vector<S> scores(idx n, idx place, S number, std::uint64_t seed = 1) {
  foil::random_stream r(seed, foil::purpose::user, 0, std::uint64_t(n));
  std::vector<S> x;
  for (idx i = 0; i < n; ++i) x.push_back(i == place ? number : S(r.below(n / 2 + 2)) - S(n / 4));
  return x;
}
template <Scalar S>
bool any_nan(std::vector<S> const& x) {
  return std::any_of(x.begin(), x.end(), [](S v) { return foil::nan_bits(v); });
}
/// Scores whose sum may be no number: the watch cries for nothing.
template <Scalar S>
bool may_alarm(std::vector<S> const& x) {
  return std::any_of(x.begin(), x.end(), [](S v) { return !foil::finite_bits(v) || std::abs(v) > S(1e30); });
}
/// Places of the eligible scores, best first.
template <Scalar S>
std::vector<idx> in_order(std::vector<S> const& x) {
  std::vector<idx> all;
  for (idx i = 0; i < idx(x.size()); ++i)
    if (!foil::ineligible_bits(x[std::size_t(i)])) all.push_back(i);
  std::stable_sort(all.begin(), all.end(), [&](idx a, idx b) { return x[std::size_t(a)] > x[std::size_t(b)]; });
  return all;
}
template <Scalar S, class A>
simd::score_blocks<S, A> blocks_of(std::vector<S> const& x, bool clean) {
  return {x.data(), idx(x.size()), std::numeric_limits<S>::lowest(), (std::numeric_limits<S>::max)(), clean};
}
/// What copy_eligible makes of a score.
template <Scalar S>
S cleaned(S v, S lower, S upper) {
  bool const out = foil::nan_bits(v) || (lower > std::numeric_limits<S>::lowest() && v < lower) ||
                   (upper < (std::numeric_limits<S>::max)() && v > upper);
  return out ? foil::minus_infinity<S>() : v;
}

template <Scalar S>
struct memory_of {
  std::vector<unsigned char> bytes;
  simd::top_k_arrays<S> arrays;
  memory_of(idx n, idx k) : bytes(std::size_t(simd::top_k_workspace<S>(n, k))) {
    auto const address = reinterpret_cast<std::uintptr_t>(bytes.data());
    simd::lay_out<S>(reinterpret_cast<char*>(bytes.data()) + (64 - address % 64) % 64, n, k, &arrays);
  }
};

}  // namespace

TEST_CASE("keys: the order of scores, there and back", "[simd]") {
  auto const check = []<Scalar S>(S) {
    std::vector<S> x = odd_numbers<S>(odd::any), more = noise<S>(200, 3);
    x.insert(x.end(), more.begin(), more.end());
    idx wrong = 0;
    for (S const a : x) {
      if (foil::nan_bits(a)) continue;
      wrong += a != 0 && !same_bits(simd::value_of<S>(simd::key_of(a)), a);
      wrong += simd::key_of(a) <= simd::no_key<S>;
      for (S const b : x)
        if (!foil::nan_bits(b)) wrong += (simd::key_of(a) < simd::key_of(b)) != (a < b) || (simd::key_of(a) == simd::key_of(b)) != (a == b);
    }
    CHECK(wrong == 0);
  };
  check(float()), check(double());
  everywhere(odd::any, []<Scalar S, class A>(spot<S> const& at) {
    if (at.n > simd::lane_count<S, A>) return true;
    auto const x = at.odd_row(1);
    simd::key<S> lane[std::size_t(simd::lane_count<S, A>)];
    simd::key_lanes<S, A>(simd::load_some<A>(x.data(), at.n, S(1))).store_unaligned(lane);
    for (idx i = 0; i < at.n; ++i) {
      bool const minus_zero = std::bit_cast<simd::key<S>>(x[i]) == simd::no_key<S>;
      if (!foil::nan_bits(x[i]) && lane[i] != simd::key_of(x[i]) - minus_zero) return false;
    }
    return true;
  });
}

TEST_CASE("compare_word, register_bits: scores, odd ones in every place, from every offset", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<Scalar S>(S) {
      constexpr idx w = simd::lane_count<S, A>;
      idx wrong = 0;
      for (S const number : odd_numbers<S>(odd::any))
        for (idx place = 0; place < simd::word; ++place) {
          stretch<S> x(simd::word, place % w, 1);
          for (idx i = 0; i < simd::word; ++i) x.set(i, i == place ? number : S(i % 3) - S(1));
          for (S const t : {S(0), number, S(1)}) {
            if (foil::nan_bits(t)) continue;
            std::uint64_t greater = 0, at_least = 0, equal = 0;
            for (idx i = 0; i < simd::word; ++i) {
              bool const no = foil::nan_bits(x[i]);
              greater |= std::uint64_t(!no && x[i] > t) << i, at_least |= std::uint64_t(!no && x[i] >= t) << i,
                  equal |= std::uint64_t(!no && x[i] == t) << i;
            }
            wrong += simd::compare_word<A>(x.data(), t, simd::greater{}) != greater;
            wrong += simd::compare_word<A>(x.data(), t, simd::at_least{}) != at_least;
            wrong += simd::compare_word<A>(x.data(), t, simd::equal{}) != equal;
            idx const from = place / w * w;
            auto const bits = simd::register_bits<S, A>(simd::load<A>(x.data() + from) >= simd::lanes<S, A>(t));
            wrong += bits != (at_least >> from & ((std::uint64_t(1) << w) - 1));
          }
        }
      CHECK(wrong == 0);
    };
    check(float()), check(double());
  });
}

TEST_CASE("each_bit and compressions: every bit alone, every bit missing, every number of bits, nothing past the spill", "[simd]") {
  std::vector<std::uint64_t> words{0, ~std::uint64_t(0)};
  for (int i = 0; i < 64; ++i) {
    words.push_back(std::uint64_t(1) << i), words.push_back(~(std::uint64_t(1) << i));
    words.push_back((std::uint64_t(1) << i) - 1), words.push_back(~std::uint64_t(0) << i);
    words.push_back(0x9e3779b97f4a7c15u * std::uint64_t(i + 1));
  }
  auto const check = [&]<class K>(K) {
    idx wrong = 0;
    for (std::uint64_t const bits : words) {
      std::vector<idx> want;
      for (idx i = 0; i < 64; ++i)
        if (bits >> i & 1u) want.push_back(i);
      idx const n = idx(want.size());
      std::vector<idx> seen(64 + 8, -1);
      wrong += simd::each_bit(bits, [&](idx slot, idx bit) { seen[std::size_t(slot)] = bit; }) != n;
      wrong += !std::equal(want.begin(), want.end(), seen.begin());
      std::vector<K> keys(64), out(64 + std::size_t(simd::compress_spill), K(-5)), pair(out);
      std::vector<std::uint32_t> at(64), to(out.size(), 7), to_pair(to);
      for (std::size_t i = 0; i < 64; ++i) keys[i] = K(100 - 3 * K(i)), at[i] = std::uint32_t(5 * i);
      std::uint32_t const base = 0xffffffc0u;  // the largest there is
      wrong += simd::put_positions(bits, base, to.data()) != n;
      wrong += simd::put_keys(bits, keys.data(), out.data()) != n ||
               simd::put_pairs(bits, keys.data(), at.data(), pair.data(), to_pair.data()) != n;
      for (idx j = 0; j < n; ++j) {
        auto const u = std::size_t(j), from = std::size_t(want[u]);
        wrong += to[u] != base + from || out[u] != keys[from] || pair[u] != keys[from] || to_pair[u] != at[from];
      }
      for (auto u = std::size_t(n + simd::compress_spill); u < out.size(); ++u)
        wrong += to[u] != 7 || to_pair[u] != 7 || out[u] != K(-5) || pair[u] != K(-5);
      simd::put_keys(bits, keys.data(), keys.data());  // in place
      for (idx j = 0; j < n; ++j) wrong += keys[std::size_t(j)] != K(100 - 3 * K(want[std::size_t(j)]));
    }
    CHECK(wrong == 0);
  };
  check(std::int32_t()), check(std::int64_t());
}

TEST_CASE("nan_detector: misses no NaN, and reports nothing else that is finite", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<Scalar S>(S) {
      idx wrong = 0;
      for (S const number : odd_numbers<S>(odd::any))
        for (idx place = 0; place < 2 * simd::word; ++place) {
          auto x = noise<S>(2 * simd::word, 2);
          x[std::size_t(place)] = number;
          simd::nan_detector<S, A> words, sums;
          for (idx i : {idx(0), simd::word}) {
            auto const top = simd::max_of<S, A>(simd::maxima_noting_nan<A, simd::word>(x.data() + i, words));
            wrong += !foil::nan_bits(number) && top != *std::max_element(x.begin() + i, x.begin() + i + simd::word);
          }
          for (idx i = 0; i < idx(x.size()); i += simd::lane_count<S, A>) sums.add(simd::load<A>(x.data() + i));
          bool const nan = foil::nan_bits(number);
          wrong += words.may_hold_nan() != nan || sums.may_hold_nan() != nan;
        }
      CHECK(wrong == 0);
    };
    check(float()), check(double());
  });
}

TEST_CASE("score_blocks: every score once, what is not eligible replaced, the rest padded", "[simd]") {
  rows(a_block, []<Scalar S, class A>(idx n, idx place, S number) {
    auto const x = scores(n, place, number);
    S const no_lower = std::numeric_limits<S>::lowest(), no_upper = (std::numeric_limits<S>::max)();
    struct {
      S lower, upper;
    } const bounds[] = {{no_lower, no_upper}, {S(-2), no_upper}, {no_lower, S(3)}, {S(-2), S(3)}};
    idx const nans = idx(any_nan(x));
    for (auto const& b : bounds)
      for (bool const clean : {true, false}) {
        if (!clean && &b != bounds) continue;
        simd::score_blocks<S, A> blocks(x.data(), n, b.lower, b.upper, clean);
        idx const size = simd::block_size<S, A>;
        if (blocks.count() != (n + size - 1) / size) return false;
        idx nan = 0;
        for (idx at = 0; at < blocks.count() * size; ++at) {
          static S const* p;
          if (at % size == 0) p = blocks.block(at / size, nan);
          S const want = at >= n ? foil::minus_infinity<S>() : clean ? cleaned(x[std::size_t(at)], b.lower, b.upper) : x[std::size_t(at)];
          if (!same_bits(p[at % size], want)) return false;
        }
        if (nan != (clean ? nans : 0)) return false;
      }
    return true;
  });
}

TEST_CASE("score_blocks: all halves and bfloat16 there are, widened", "[simd]") {
  auto const check = []<class T>(T, int mantissa, int exponent) {
    std::vector<T> x;
    for (unsigned bits = 0; bits < 65536; ++bits) x.push_back(std::bit_cast<T>(std::uint16_t(bits)));
    std::vector<float> wide(x.size());
    idx const nan = simd::copy_eligible<float>(x.data(), idx(x.size()), std::numeric_limits<float>::lowest(),
                                               (std::numeric_limits<float>::max)(), wide.data());
    idx wrong = 0, nans = 0;
    for (unsigned bits = 0; bits < 65536; ++bits) {
      unsigned const m = bits & ((1u << mantissa) - 1), e = bits >> mantissa & ((1u << exponent) - 1);
      int const bias = (1 << (exponent - 1)) - 1;
      bool const negative = bits >> 15, top = e == (1u << exponent) - 1;
      double const magnitude = std::ldexp(e == 0 ? double(m) : double(m + (1u << mantissa)), (e == 0 ? 1 : int(e)) - bias - mantissa);
      float const number = float(negative ? -magnitude : magnitude), got = wide[bits];
      nans += top && m != 0;
      if (top)
        wrong += !same_bits(got, m != 0 || negative ? foil::minus_infinity<float>() : foil::infinity<float>());
      else if (exact_numbers || (std::bit_cast<std::uint32_t>(got) & 0x7f800000u) != 0)
        wrong += got != number;
    }
    CHECK(wrong == 0);
    CHECK(nan == nans);
  };
  check(Eigen::half(), 10, 5), check(Eigen::bfloat16(), 7, 8);
}

TEST_CASE("group_maxima: k scores reach the bound, and every block that exceeds it is visited, in order", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<Scalar S>(S) {
      constexpr idx size = simd::block_size<S, A>, w = simd::lane_count<S, A>;
      idx tried = 0, wrong = 0;
      for (idx blocks : {3, 8, 9, 40})
        for (idx extra : {idx(0), idx(1), size - 1})
          for (idx k : {1, 2, 5, 20})
            for (idx const place : {idx(-1), idx(0), size + 5, blocks * size - 1}) {
              idx const n = blocks * size + extra;
              bool const nan_there = place >= 0;
              if (n / size * w < k) continue;
              ++tried;
              auto x = nan_there ? scores<S>(n, place, foil::quiet_nan<S>()) : noise<S>(n, std::uint64_t(n + k));
              memory_of<S> room(n, k);
              for (bool const clean : {true, false}) {
                auto cut = blocks_of<S, A>(x, clean);
                simd::group_maxima<S, A> maxima(cut, room.arrays);
                idx nan = 0;
                bool const passed = maxima.pass(nan);
                // Blocks read in place are only watched; the last one is cleaned in any case.
                if (nan_there && !clean && place / size < n / size) {
                  wrong += passed;
                  continue;
                }
                wrong += !passed || nan != idx(nan_there);
                if (!passed) continue;
                S const t = maxima.bound(k);
                wrong += std::count_if(x.begin(), x.end(), [&](S v) { return !foil::nan_bits(v) && v >= t; }) < k;
                std::vector<idx> want, seen;
                for (idx b = 0; b < cut.count(); ++b)
                  if (std::any_of(x.begin() + b * size, x.begin() + (std::min)(n, (b + 1) * size),
                                  [&](S v) { return !foil::nan_bits(v) && v > t; }))
                    want.push_back(b);
                maxima.visit(t, [&](idx b) { seen.push_back(b); });
                wrong += seen != want;
              }
            }
      CHECK(tried > 8);
      CHECK(wrong == 0);
    };
    check(float()), check(double());
  });
}

TEST_CASE("interleaved_bound: k scores reach it, whatever the order", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<Scalar S>(S) {
      idx wrong = 0, passing = 0, tried = 0;
      for (idx n : {64, 65, 200, 1000, 4000})
        for (idx k : {1, 2, 7, 21})
          for (int const order : {0, 1, 2}) {
            if (n < simd::word * k && k > 1) continue;
            auto x = order == 0 ? scores<S>(n, n / 2, foil::quiet_nan<S>()) : noise<S>(n, std::uint64_t(n + k));
            if (order == 2) std::sort(x.begin(), x.end());
            auto blocks = blocks_of<S, A>(x, true);
            S const t = simd::interleaved_bound(blocks, k);
            auto const reach = std::count_if(x.begin(), x.end(), [&](S v) { return !foil::nan_bits(v) && v >= t; });
            wrong += reach < k, passing += reach, tried += n;
          }
      CHECK(wrong == 0);
      CHECK(2 * passing < tried);  // a bound that lets most through would be none
    };
    check(float()), check(double());
  });
}

TEST_CASE("candidates: the scores above a threshold, cut and sorted as a stable sort does", "[simd]") {
  rows(a_block, []<Scalar S, class A>(idx n, idx place, S number) {
    auto const x = scores(n, place, number);
    if (n == 0) return true;
    auto const order = in_order(x);
    idx const eligible = idx(order.size());
    for (idx k : {idx(1), (std::min)(n, idx(7)), n}) {
      memory_of<S> room(n, k);
      auto blocks = blocks_of<S, A>(x, any_nan(x));
      simd::candidates<S, A> best(x.data(), n, k, blocks, room.arrays);
      auto const holds = [&](idx count) {
        return best.count() == count &&
               std::equal(order.begin(), order.begin() + count, best.positions(), [](idx a, std::uint32_t b) { return a == idx(b); });
      };
      idx nan = 0;
      double const share = k % 2 ? 0.001 : 1;  // both ways of scanning
      if (!best.scan_all(share, nan) && !may_alarm(x)) return false;
      best.sort();
      if (!holds((std::min)(k, eligible))) return false;
      if (eligible < k) continue;
      // Cut, not sorted: the same ones, equal scores in the order of their places; nothing more lies above the threshold.
      best.restart(foil::minus_infinity<S>());
      for (idx b = 0; b < blocks.count(); ++b) best.scan(b);
      best.keep_best();
      std::vector<idx> kept(best.positions(), best.positions() + best.count()), want(order.begin(), order.begin() + k);
      std::stable_sort(kept.begin(), kept.end(), [&](idx a, idx b) { return x[std::size_t(a)] > x[std::size_t(b)]; });
      if (kept != want || best.threshold() > x[std::size_t(want.back())]) return false;
      if (std::count_if(order.begin(), order.end(), [&](idx i) { return x[std::size_t(i)] > best.threshold(); }) > k) return false;
      S const last = x[std::size_t(want.back())];
      // A threshold that some reach: those above it, filled up with the first that equal it.
      best.restart(last);
      for (idx b = 0; b < blocks.count(); ++b) best.scan(b);
      best.sort();
      for (idx b = 0; b < blocks.count() && best.count() < k; ++b) best.scan_equal(b);
      if (!holds(k)) return false;
    }
    return true;
  });
}

TEST_CASE("top_1: the first of the largest, or the NaN seen, from every offset", "[simd]") {
  everywhere(odd::any, []<Scalar S, class A>(spot<S> const& at) {
    if (at.n == 0) return true;
    auto x = at.odd_row(1);
    if (at.place < 0)
      for (idx i = 0; i < at.n; ++i) x.set(i, S(idx(8 * x[i])));  // ties
    bool const nan = at.place >= 0 && foil::nan_bits(at.number);
    idx want = -1;
    for (idx i = 0; i < at.n && !nan; ++i)
      if (!foil::ineligible_bits(x[i]) && (want < 0 || x[i] > x[want])) want = i;
    return simd::top_1<A>(x.data(), at.n) == (nan ? -2 : want);
  });
  architectures::each([]<class A>() {  // over chunks
    auto const check = []<Scalar S>(S) {
      idx const chunk = 8192 / idx(sizeof(S));
      idx wrong = 0;
      for (idx n : {chunk - 1, chunk, chunk + 1, 2 * chunk + 64, 3 * chunk + 1})
        for (S const number : odd_numbers<S>(odd::any))
          for (idx place : {idx(-1), idx(0), chunk - 1, chunk, n / 2, 2 * chunk + 63, n - 1}) {
            auto const x = scores(n, place, number);
            auto const order = in_order(x);
            wrong += simd::top_1<A>(x.data(), n) != (any_nan(x) ? -2 : order[0]);
          }
      CHECK(wrong == 0);
    };
    check(float()), check(double());
  });
  architectures::each([]<class A>() {  // nothing but what is never selected
    for (idx n : {1, 64, 1000}) CHECK(simd::top_1<A>(std::vector<float>(std::size_t(n), foil::minus_infinity<float>()).data(), n) == -1);
  });
}

TEST_CASE("rank_sort, radix_sort, kth_key: a stable sort, at every size", "[simd]") {
  rows(a_word, []<Scalar S, class A>(idx n, idx place, S number) {
    using K = simd::key<S>;
    if (n == 0) return true;
    auto const x = scores(n, place, number);
    std::vector<K> keys;
    for (S const v : x)
      keys.push_back(foil::nan_bits(v) ? K(3)
                     : n % 3 == 0      ? K(std::bit_cast<std::make_unsigned_t<K>>(v) * 0x9e3779b9u | 1)
                                       : simd::key_of(v));
    std::vector<idx> order(x.size());
    std::iota(order.begin(), order.end(), idx(0));
    std::stable_sort(order.begin(), order.end(), [&](idx a, idx b) { return keys[std::size_t(a)] > keys[std::size_t(b)]; });
    std::vector<std::uint32_t> position;
    for (idx i = 0; i < n; ++i) position.push_back(std::uint32_t(1000 + i));
    keys.resize(std::size_t(n + simd::word));
    simd::pad_keys(keys.data(), n, simd::no_key<S>);
    std::vector<simd::ranked_key<K>> a(x.size()), b(x.size());
    std::vector<K> scratch(keys.size());
    for (idx k : {idx(1), n / 2 + 1, n}) {
      std::vector<std::uint32_t> ranked(x.size() + 1, 7), radix(ranked), want(ranked);
      for (idx r = 0; r < k; ++r) want[std::size_t(r)] = std::uint32_t(1000 + order[std::size_t(r)]);
      if (n <= simd::rank_sort_limit) {
        simd::rank_sort<A>(keys.data(), position.data(), n, k, ranked.data());
        if (ranked != want) return false;
      }
      simd::radix_sort(keys.data(), position.data(), n, k, a.data(), b.data(), radix.data());
      if (radix != want) return false;
      for (idx slack : {idx(0), idx(2)}) {
        auto const cut = simd::kth_key<A>(keys.data(), n, k, slack, scratch.data());
        auto const above = std::count_if(keys.begin(), keys.begin() + n, [&](K v) { return v > cut.threshold; });
        auto const reach = above + std::count(keys.begin(), keys.begin() + n, cut.threshold);
        K const last = keys[std::size_t(order[std::size_t(k - 1)])];
        if (cut.above != above || reach < k || above > k + slack || (above < k && cut.threshold != last)) return false;
      }
    }
    return true;
  });
}
