// SPDX-License-Identifier: BSD-3-Clause
// Top-k selection against a full stable sort, on every instruction set this file is compiled for.
// Tests simd/top_k_workspace.hpp.
#include "foil/simd/top_k.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include <Eigen/Core>

#include "../catch.hpp"
#include "architectures.hpp"
#include "foil/core/random.hpp"

namespace {

using foil::idx;
using foil::Scalar;
namespace simd = foil::simd;

template <Scalar S>
struct selection {
  std::vector<idx> indices;
  std::vector<S> values;
  idx nan_count = 0;
};

template <Scalar S>
bool eligible(S x, simd::top_k_options<S> const& o) {
  if (foil::ineligible_bits(x)) return false;
  bool const any_upper = o.upper == (std::numeric_limits<S>::max)(), any_lower = o.lower == std::numeric_limits<S>::lowest();
  return (any_lower || x >= o.lower) && (any_upper || x <= o.upper);
}

template <Scalar S>
selection<S> by_sorting(S const* x, idx n, simd::top_k_options<S> const& o) {
  selection<S> all;
  for (idx i = 0; i < n; ++i) {
    if (eligible(x[i], o)) all.indices.push_back(i);
    all.nan_count += foil::nan_bits(x[i]);
  }
  std::stable_sort(all.indices.begin(), all.indices.end(), [&](idx a, idx b) { return x[a] > x[b]; });
  if (idx(all.indices.size()) > o.k) all.indices.resize(std::size_t((std::max)(o.k, idx(0))));
  for (idx const i : all.indices) all.values.push_back(x[i]);
  return all;
}

/// Calls the library with memory that ends where it says, and looks whether it wrote past the end.
template <Scalar S, class Arch>
selection<S> by_library(S const* x, idx n, simd::top_k_options<S> const& o, idx const* map = nullptr) {
  constexpr idx guard = 64;
  constexpr idx untouched = -77;
  auto const room = std::size_t((std::max)((std::min)(o.k, n), idx(0)));
  std::vector<unsigned char> workspace(std::size_t(simd::top_k_workspace<S>(n, o.k) + guard), 0xa5);
  std::vector<S> values(room + 1, S(untouched));
  std::vector<idx> indices(room + 1, untouched);
  auto const r = simd::top_k<S, idx, Arch>(x, n, o, values.data(), indices.data(), workspace.data(), map);
  bool intact = values[room] == S(untouched) && indices[room] == untouched;
  for (std::size_t i = workspace.size() - std::size_t(guard); i < workspace.size(); ++i) intact &= workspace[i] == 0xa5;
  if (!intact) FAIL("wrote past the end of an output or of the workspace");
  values.resize(std::size_t(r.found)), indices.resize(std::size_t(r.found));
  return {indices, values, r.nan_count};
}

template <Scalar S>
bool same(selection<S> const& a, selection<S> const& b) {
  // To the bit: a zero keeps its sign.
  return a.indices == b.indices && a.nan_count == b.nan_count && a.values.size() == b.values.size() &&
         std::equal(a.values.begin(), a.values.end(), b.values.begin(), [](S x, S y) { return std::memcmp(&x, &y, sizeof(S)) == 0; });
}

/// Sorted and unsorted selection of x agree with the sort; the unsorted one keeps equal scores in index order.
template <Scalar S, class Arch>
bool agrees(S const* x, idx n, simd::top_k_options<S> o) {
  auto const want = by_sorting(x, n, o);
  o.sorted = true;
  if (!same(by_library<S, Arch>(x, n, o), want)) return false;
  o.sorted = false;
  auto const loose = by_library<S, Arch>(x, n, o);
  auto order = loose.indices;
  std::stable_sort(order.begin(), order.end(), [&](idx a, idx b) { return x[a] > x[b]; });
  return order == want.indices && loose.nan_count == want.nan_count;
}

enum class kind { normal, ascending, descending, few, equal, negative, zeros, special, count };

template <Scalar S>
std::vector<S> scores(kind what, idx n, std::uint64_t seed) {
  foil::random_stream r(seed, foil::purpose::user, std::uint32_t(what));
  S const specials[] = {
    foil::quiet_nan<S>(),
    foil::infinity<S>(),
    foil::minus_infinity<S>(),
    S(0),
    -S(0),
#if !defined(__FAST_MATH__)  // which reads these as zeros
    std::numeric_limits<S>::denorm_min(),
    -std::numeric_limits<S>::denorm_min(),
#endif
    (std::numeric_limits<S>::max)(),
    std::numeric_limits<S>::lowest()
  };
  std::vector<S> x(static_cast<std::size_t>(n));
  for (S& v : x) switch (what) {
      case kind::few: v = S(r.below(16)) - S(8); break;
      case kind::equal: v = S(0.5); break;
      case kind::negative: v = -S(1) - S(r.below(1000)) * S(1e-3); break;
      case kind::zeros: v = r.below(2) ? S(0) : -S(0); break;
      case kind::special: v = r.below(3) ? S(r.normal()) : specials[r.below(idx(std::size(specials)))]; break;
      default: v = S(r.normal());
    }
  if (what == kind::ascending) std::sort(x.begin(), x.end());
  if (what == kind::descending) std::sort(x.begin(), x.end(), std::greater<>());
  return x;
}

}  // namespace

TEST_CASE("top_k: equals a stable sort for every short length and every k", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<Scalar S>(S) {
      idx wrong = 0;
      for (int what = 0; what < int(kind::count); ++what)
        for (idx n = 0; n <= 3 * simd::lane_count<S, A> + 1; ++n) {
          auto const x = scores<S>(kind(what), n, std::uint64_t(n));
          for (idx k = -1; k <= n + 1; ++k) wrong += !agrees<S, A>(x.data(), n, {.k = k});
        }
      INFO(A::name());
      CHECK(wrong == 0);
    };
    check(float()), check(double());
  });
}

TEMPLATE_LIST_TEST_CASE("top_k: equals a stable sort at every size, k, distribution and order", "[simd]", widths) {
  using S = typename TestType::S;
  idx wrong = 0;
  for (int what = 0; what < int(kind::count); ++what)
    for (idx n : {63, 64, 65, 127, 128, 129, 191, 193, 255, 257, 511, 1000, 1024, 1025, 4000, 10000, 33333}) {
      auto const x = scores<S>(kind(what), n, std::uint64_t(n));
      for (idx k : {1, 2, 3, 10, 33, 64, 100, 150, 193, 300, 999, 2000, 9000, 33333})
        if (k <= n + 1 && !agrees<S, typename TestType::A>(x.data(), n, {.k = k})) {
          UNSCOPED_INFO("distribution " << what << " n " << n << " k " << k);
          ++wrong;
        }
    }
  CHECK(wrong == 0);
}

TEMPLATE_LIST_TEST_CASE("top_k: a NaN, an infinity or a zero is met at every position", "[simd]", widths) {
  using S = typename TestType::S;
  idx wrong = 0;
  for (idx n : {5, 64, 131, 530, 1300})
    for (S const odd : {foil::quiet_nan<S>(), -foil::quiet_nan<S>(), foil::infinity<S>(), foil::minus_infinity<S>(), S(0), -S(0)}) {
      auto x = scores<S>(kind::negative, n, 5);
      for (idx at = 0; at<n; at += n> 200 ? 7 : 1) {
        S const kept = x[std::size_t(at)];
        x[std::size_t(at)] = odd;
        for (idx k : {idx(1), idx(4), n / 3, n}) wrong += !agrees<S, typename TestType::A>(x.data(), n, {.k = k});
        x[std::size_t(at)] = kept;
      }
    }
  CHECK(wrong == 0);
}

TEMPLATE_LIST_TEST_CASE("top_k: neither alignment nor the score after the last one matters", "[simd]", widths) {
  using S = typename TestType::S;
  constexpr idx offsets = simd::lane_count<S, typename TestType::A>;
  idx wrong = 0;
  for (idx n : {17, 300, 2000}) {
    auto const x = scores<S>(kind::special, n, 9);
    for (idx offset = 0; offset < offsets; ++offset) {
      std::vector<S> moved(std::size_t(n + offsets), foil::infinity<S>());
      std::copy(x.begin(), x.end(), moved.begin() + offset);
      for (idx k : {1, 7, 40, 150}) wrong += !agrees<S, typename TestType::A>(moved.data() + offset, n, {.k = k});
    }
  }
  CHECK(wrong == 0);
}

TEMPLATE_LIST_TEST_CASE("top_k: bounds are inclusive, an infinity obeys only bounds that bind", "[simd]", widths) {
  using S = typename TestType::S;
  using A = typename TestType::A;
  S const inf = foil::infinity<S>(), nan = foil::quiet_nan<S>();
  std::vector<S> const x{3, inf, -S(0), nan, 1, 2, -inf, -5, 3};
  auto const indices = [&](simd::top_k_options<S> const& o) { return by_library<S, A>(x.data(), idx(x.size()), o).indices; };
  CHECK(indices({.k = 9}) == std::vector<idx>{1, 0, 8, 5, 4, 2, 7});
  CHECK(indices({.k = 9, .upper = 3}) == std::vector<idx>{0, 8, 5, 4, 2, 7});
  CHECK(indices({.k = 9, .lower = 0, .upper = 2}) == std::vector<idx>{5, 4, 2});
  CHECK(indices({.k = 1, .lower = 2}) == std::vector<idx>{1});
  CHECK(indices({.k = 9, .lower = 4, .upper = 3}).empty());
  idx wrong = 0;
  for (int what = 0; what < int(kind::count); ++what)
    for (idx n : {100, 1000, 20000}) {
      auto const y = scores<S>(kind(what), n, 3);
      for (idx k : {1, 10, 100, 700}) {
        wrong += !agrees<S, A>(y.data(), n, {.k = k, .lower = S(-0.5), .upper = S(0.5)});
        wrong += !agrees<S, A>(y.data(), n, {.k = k, .lower = S(1)});
        wrong += !agrees<S, A>(y.data(), n, {.k = k, .upper = S(-1)});
      }
    }
  CHECK(wrong == 0);
}

TEMPLATE_LIST_TEST_CASE("top_k: selecting from the selections of two halves is selecting from the whole", "[simd]", widths) {
  using S = typename TestType::S;
  using A = typename TestType::A;
  for (kind const what : {kind::normal, kind::few, kind::special})
    for (idx n : {50, 1000, 9000})
      for (idx k : {1, 12, 200}) {
        auto const x = scores<S>(what, n, 11);
        auto const whole = by_library<S, A>(x.data(), n, {.k = k});
        for (bool const sorted : {true, false}) {
          idx const cut = n / 3;
          auto left = by_library<S, A>(x.data(), cut, {.k = k, .sorted = sorted});
          auto const right = by_library<S, A>(x.data() + cut, n - cut, {.k = k, .sorted = sorted});
          for (idx const i : right.indices) left.indices.push_back(i + cut);
          left.values.insert(left.values.end(), right.values.begin(), right.values.end());
          auto const merged = by_library<S, A>(left.values.data(), idx(left.values.size()), {.k = k}, left.indices.data());
          CHECK(merged.indices == whole.indices);
          CHECK(merged.values == whole.values);
          CHECK(left.nan_count + right.nan_count == whole.nan_count);
        }
      }
}

TEMPLATE_LIST_TEST_CASE("top_k: a row built against its sample, its groups or its room is selected from exactly", "[simd]", widths) {
  using S = typename TestType::S;
  using A = typename TestType::A;
  idx const n = 100000;
  for (idx k : {idx(40), idx(900), idx(5000), idx(20000)}) {
    idx const samples = simd::sample_size(n), stretch = n / samples;
    for (S const sampled : {S(2), S(-2)}) {  // every sample too high, then too low
      auto x = scores<S>(kind::normal, n, 21);
      for (idx i = 0; i < samples; ++i) x[std::size_t(simd::sampled_place(i, stretch))] += 10 * sampled;
      CHECK(agrees<S, A>(x.data(), n, {.k = k}));
    }
    auto x = scores<S>(kind::ascending, n, 22);  // the best k share as few groups as they can
    CHECK(agrees<S, A>(x.data(), n, {.k = k}));
    std::rotate(x.begin(), x.end() - k / 2, x.end());
    CHECK(agrees<S, A>(x.data(), n, {.k = k}));
    for (idx i = 0; i < n; ++i) x[std::size_t(i)] = std::ldexp(S(1), int(i * 7919 % 250) - 125);  // no even split of keys
    CHECK(agrees<S, A>(x.data(), n, {.k = k}));
    for (idx i = 0; i < n; ++i) x[std::size_t(i)] = i % 97 == 0 ? S(i) : foil::minus_infinity<S>();  // fewer than k
    CHECK(agrees<S, A>(x.data(), n, {.k = k}));
  }
}

TEMPLATE_LIST_TEST_CASE("top_k: no order of the scores makes more than a second look at each", "[simd]", widths) {
  using S = typename TestType::S;
  using A = typename TestType::A;
  for (idx n : {10000, 100000})
    for (idx k : {idx(10), idx(100), idx(1000), n / 7}) {
      std::vector<S> values(static_cast<std::size_t>(k));
      std::vector<idx> indices(static_cast<std::size_t>(k));
      std::vector<unsigned char> workspace(static_cast<std::size_t>(simd::top_k_workspace<S>(n, k)));
      auto const rescanned = [&](std::vector<S> const& x) {
        auto const r = simd::top_k<S, idx, A>(x.data(), n, {.k = k}, values.data(), indices.data(), workspace.data());
        CHECK(r.found == k);
        return r.rescanned;
      };
      idx const room = simd::candidate_capacity(n, k);
      for (kind const what : {kind::normal, kind::ascending, kind::descending, kind::few, kind::equal})
        CHECK(rescanned(scores<S>(what, n, 41)) <= 17 * k + 2048);
      auto const hidden = [&](auto here) {  // large scores, rising, where they are told to be and small ones elsewhere
        std::vector<S> x(static_cast<std::size_t>(n));
        for (idx i = 0; i < n; ++i) x[std::size_t(i)] = here(i) ? S(1) + S(i) : -S(i % 1000);
        return x;
      };
      for (idx period = 2; period < n / k / 2; period *= 2)
        CHECK(rescanned(hidden([&](idx i) { return i % period == 1; })) <= 2 * n + 2 * room);
      constexpr idx block = simd::block_size<S, A>, lanes = simd::lane_count<S, A>;
      idx const strides = (simd::merged_groups(k) + lanes - 1) / lanes;  // blocks this far apart share a merged maximum
      CHECK(rescanned(hidden([&](idx i) { return i / block % strides == 0; })) <= 2 * n + 2 * room);
      idx const samples = simd::sample_size(n), stretch = n / samples;
      std::vector<bool> sampled(static_cast<std::size_t>(n));
      for (idx i = 0; i < samples; ++i) sampled[std::size_t(simd::sampled_place(i, stretch))] = true;
      CHECK(rescanned(hidden([&](idx i) { return !sampled[std::size_t(i)]; })) <= 2 * n + 2 * room);
      CHECK(rescanned(hidden([&](idx i) { return sampled[std::size_t(i)]; })) <= 2 * n + 2 * room);
    }
}

TEMPLATE_TEST_CASE("top_k: selects from half-precision scores what it selects from their values", "[simd]", Eigen::half, Eigen::bfloat16) {
  idx wrong = 0;
  for (int what = 0; what < int(kind::count); ++what)
    for (idx n : {0, 1, 7, 64, 129, 1000, 20000}) {
      auto const source = scores<float>(kind(what), n, 51);
      std::vector<TestType> narrow;
      std::vector<float> wide;
      for (float const v : source) {  // by bits where a flag might take a NaN or an infinity for a number
        auto const bits = std::bit_cast<std::uint32_t>(v);
        bool const special = (bits & 0x7f800000u) == 0x7f800000u;
        int const shift = std::is_same_v<TestType, Eigen::half> ? 13 : 16;
        auto const odd = std::uint16_t((bits >> 16 & 0x8000u) | (bits >> shift & 0x7fffu));
        narrow.push_back(special ? std::bit_cast<TestType>(odd) : TestType(v));
        wide.push_back(float(narrow.back()));
      }
      for (idx k : {idx(1), idx(3), idx(50), n / 2, n})
        for (simd::top_k_options<float> const o : {simd::top_k_options<float>{.k = k}, {.k = k, .lower = -0.5f, .upper = 2}}) {
          std::vector<float> values(static_cast<std::size_t>((std::min)(k, n)));
          std::vector<idx> indices(values.size());
          std::vector<unsigned char> workspace(static_cast<std::size_t>(simd::top_k_workspace<float>(n, k)));
          auto const r = simd::top_k(narrow.data(), n, o, values.data(), indices.data(), workspace.data());
          values.resize(std::size_t(r.found)), indices.resize(std::size_t(r.found));
          wrong += !same({indices, values, r.nan_count}, by_sorting(wide.data(), n, o));
        }
    }
  CHECK(wrong == 0);
}

TEMPLATE_LIST_TEST_CASE("kth_key: says where the k largest keys end, on any keys", "[simd]", widths) {
  using S = typename TestType::S;
  using K = simd::key<S>;
  idx wrong = 0;
  for (int what = 0; what < int(kind::count); ++what)
    for (idx m : {1, 31, 33, 64, 100, 257, 1025, 5000}) {
      auto const x = scores<S>(kind(what), m, 31);
      std::vector<K> keys;
      for (S const v : x) keys.push_back(foil::nan_bits(v) ? K(5) : simd::key_of(v));
      keys.resize(std::size_t(m + simd::word));
      simd::pad_keys(keys.data(), m, simd::no_key<S>);
      std::vector<K> scratch(keys.size());
      for (idx k : {idx(1), idx(2), m / 3, m - 1, m}) {
        if (k < 1 || k > m) continue;
        auto const reach = [&](K t) { return std::count_if(keys.begin(), keys.begin() + m, [t](K v) { return v > t; }); };
        auto const equal = [&](K t) { return std::count(keys.begin(), keys.begin() + m, t); };
        auto const exact = simd::kth_key<typename TestType::A>(keys.data(), m, k, 0, scratch.data());
        wrong += reach(exact.threshold) != exact.above || exact.above > k || exact.above + equal(exact.threshold) < k;
        idx const slack = 1 + k / 8;
        auto const rough = simd::kth_key<typename TestType::A>(keys.data(), m, k, slack, scratch.data());
        wrong += reach(rough.threshold) > k + slack || reach(rough.threshold) + equal(rough.threshold) < k;
      }
    }
  CHECK(wrong == 0);
}
