// SPDX-License-Identifier: BSD-3-Clause
// What selecting the k largest promises, whatever is inside: six laws over sizes, ties and odd numbers.
#include <algorithm>
#include <numeric>

#include "../catch.hpp"
#include "foil/core/random.hpp"
#include "foil/simd/top_k.hpp"

namespace {

using namespace foil;

template <class S>
struct selection {
  std::vector<S> values;
  std::vector<std::int32_t> indices;
  idx nan = 0;
};
template <class S>
selection<S> select(std::vector<S> const& x, idx k, std::vector<std::int32_t> const& map = {}) {
  idx const n = idx(x.size()), room = (std::max)(idx(0), (std::min)(n, k));
  selection<S> r;
  r.values.assign(std::size_t(room + 1), S(-7)), r.indices.assign(std::size_t(room + 1), -7);
  std::vector<unsigned char> work(std::size_t(simd::top_k_workspace<S>(n, k)));
  auto const found = simd::top_k(x.data(), n, simd::top_k_options<S>{.k = k}, r.values.data(), r.indices.data(), work.data(),
                                 map.empty() ? nullptr : map.data());
  CHECK(r.values.back() == S(-7));  // not a slot further
  CHECK(r.indices.back() == -7);
  r.values.resize(std::size_t(found.found)), r.indices.resize(std::size_t(found.found)), r.nan = found.nan_count;
  return r;
}

/// All eligible places in the canonical order.
template <class S>
std::vector<std::int32_t> sorted_places(std::vector<S> const& x) {
  std::vector<std::int32_t> all;
  for (std::size_t j = 0; j < x.size(); ++j)
    if (!ineligible_bits(x[j])) all.push_back(std::int32_t(j));
  std::stable_sort(all.begin(), all.end(), [&](auto a, auto b) { return x[std::size_t(a)] > x[std::size_t(b)]; });
  return all;
}

/// `distinct` values on a dyadic grid; with `odd`, some that are no ordinary numbers.
template <class S>
std::vector<S> scores(idx n, idx distinct, bool odd, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  std::vector<S> x;
  for (idx i = 0; i < n; ++i) {
    x.push_back(S(double(r.below(distinct)) / 64 - double(distinct) / 128));
    if (odd && r.below(9) == 0) {
      S const strange[] = {quiet_nan<S>(), minus_infinity<S>(), infinity<S>(), S(-0.0), S(0), S(1e-30)};
      x.back() = strange[r.below(6)];
    }
  }
  return x;
}

std::vector<idx> sizes_of_k(idx n) { return {0, 1, 2, 7, n / 60, n / 7, n / 2, n - 1, n, n + 5}; }

}  // namespace

TEMPLATE_TEST_CASE("top_k laws: a prefix of the canonical order, and a threshold", "[top_k]", float, double) {
  for (idx n : {0, 1, 2, 3, 15, 16, 17, 31, 64, 65, 127, 500, 1025, 5000})
    for (idx distinct : {1, 3, 40, 100000})
      for (bool odd : {false, true}) {
        auto const x = scores<TestType>(n, distinct, odd, std::uint64_t(n + distinct));
        auto const all = sorted_places(x);
        for (idx k : sizes_of_k(n)) {
          if (k < 0) continue;
          INFO("n " << n << ", k " << k << ", distinct " << distinct << ", odd " << odd);
          auto const r = select(x, k);
          auto const want = (std::min)(k, idx(all.size()));
          REQUIRE(idx(r.indices.size()) == want);
          CHECK(std::equal(r.indices.begin(), r.indices.end(), all.begin()));
          for (std::size_t t = 0; t < r.indices.size(); ++t)
            if (!(r.values[t] == x[std::size_t(r.indices[t])])) FAIL_CHECK("value " << t << " is not the score of its place");
          if (want > 0 && want < idx(all.size())) CHECK(x[std::size_t(all[std::size_t(want)])] <= r.values.back());
          CHECK(r.nan == std::count_if(x.begin(), x.end(), [](auto v) { return nan_bits(v); }));
        }
      }
}

TEMPLATE_TEST_CASE("top_k laws: merging what parts gave equals the whole", "[top_k]", float, double) {
  for (idx n : {2, 40, 777, 4096})
    for (idx distinct : {1, 5, 5000})
      for (idx k : {1, 5, 33, 400}) {
        auto const x = scores<TestType>(n, distinct, true, std::uint64_t(3 * n + k));
        idx const cut = n / 3;
        std::vector<TestType> const a(x.begin(), x.begin() + cut), b(x.begin() + cut, x.end());
        std::vector<std::int32_t> second(b.size());
        std::iota(second.begin(), second.end(), std::int32_t(cut));
        auto first = select(a, k), rest = select(b, k, second);
        // Index order among equals must be kept: the first part's come first.
        first.values.insert(first.values.end(), rest.values.begin(), rest.values.end());
        first.indices.insert(first.indices.end(), rest.indices.begin(), rest.indices.end());
        auto const merged = first.values.empty() ? first : select(first.values, k, first.indices);
        INFO("n " << n << ", k " << k << ", distinct " << distinct);
        CHECK(merged.indices == select(x, k).indices);
      }
}

TEMPLATE_TEST_CASE("top_k laws: exact monotone maps and permutations", "[top_k]", float, double) {
  for (idx n : {9, 100, 3001}) {
    auto const ties = scores<TestType>(n, 50, true, std::uint64_t(n));
    std::vector<TestType> scaled;
    for (auto v : ties) scaled.push_back(v * TestType(1024));
    for (idx k : {1, 8, 60}) CHECK(select(scaled, k).indices == select(ties, k).indices);

    std::vector<TestType> numbered(static_cast<std::size_t>(n));
    for (idx i = 0; i < n; ++i) numbered[std::size_t(i)] = TestType(i * 7919 % n);  // a permutation: n has no factor 7919
    std::vector<TestType> const distinct = numbered;
    std::vector<idx> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), idx(0));
    random_stream r(5, purpose::user);
    for (idx i = n - 1; i > 0; --i) std::swap(order[std::size_t(i)], order[std::size_t(r.below(i + 1))]);
    for (idx k : {1, 8, 60}) {
      for (auto const* x : {&distinct, &ties}) {
        std::vector<TestType> moved;
        for (idx j : order) moved.push_back((*x)[std::size_t(j)]);
        auto const a = select(*x, k), b = select(moved, k);
        CHECK(a.values == b.values);  // ties: the multiset of scores, in order, is the same
        if (x == &ties) continue;
        for (std::size_t t = 0; t < a.indices.size(); ++t) CHECK(order[std::size_t(b.indices[t])] == a.indices[t]);
      }
    }
    // Turning every sign and reading from the other end: the k smallest.
    std::vector<TestType> turned;
    for (auto v : distinct) turned.push_back(-v);
    auto const low = select(turned, 8);
    auto whole = sorted_places(distinct);
    std::reverse(whole.begin(), whole.end());
    CHECK(std::equal(low.indices.begin(), low.indices.end(), whole.begin()));
  }
}

TEMPLATE_TEST_CASE("top_k laws: nothing eligible, everything equal", "[top_k]", float, double) {
  for (idx n : {1, 8, 33, 2000}) {
    auto const m = std::size_t(n);
    CHECK(select(std::vector<TestType>(m, quiet_nan<TestType>()), 5).indices.empty());
    CHECK(select(std::vector<TestType>(m, quiet_nan<TestType>()), 5).nan == n);
    CHECK(select(std::vector<TestType>(m, minus_infinity<TestType>()), 5).indices.empty());
    auto const same = select(std::vector<TestType>(m, TestType(0.5)), 5);
    for (std::size_t t = 0; t < same.indices.size(); ++t) CHECK(same.indices[t] == std::int32_t(t));
    CHECK(idx(same.indices.size()) == (std::min)(n, idx(5)));
    auto const top = select(std::vector<TestType>(m, infinity<TestType>()), n);
    CHECK(idx(top.indices.size()) == n);
    CHECK(select(std::vector<TestType>(m, TestType(1)), -3).indices.empty());
  }
}
