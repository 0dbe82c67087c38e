// SPDX-License-Identifier: BSD-3-Clause
// The thresholded_product: scores of packed rows and columns against a triple loop, and what reaches a threshold, lies in a band or above.
// Tests simd/score_cutoffs.hpp.
#include "foil/simd/thresholded_product.hpp"

#include <algorithm>

#include "everywhere.hpp"
#include "foil/simd/counted_product.hpp"

namespace {

/// Small whole numbers: every order of a sum is exact, and ties with the thresholds are common.
template <Scalar S>
std::vector<S> whole(idx n, std::uint64_t seed) {
  foil::random_stream r(seed, foil::purpose::user);
  std::vector<S> x(static_cast<std::size_t>(n));
  for (S& v : x) v = S(r.below(5)) - S(2);
  return x;
}

template <Scalar S>
struct hit {
  idx row, column;
  S score;
  friend bool operator==(hit const&, hit const&) = default;
};

/// m rows and n columns of length k in memory that ends where the thresholded_product says; `place` of the columns' numbers is odd.
template <Scalar S, class A>
struct product_check {
  static constexpr idx rows = simd::threshold_rows<S, A>, columns = simd::threshold_columns<S, A>;
  idx m, n, k, place = -1;
  S number = 0;

  bool right() const {
    idx const ldx = k + 3, mm = (m + rows - 1) / rows * rows, nn = (n + columns - 1) / columns * columns;
    auto const x = whole<S>(m * ldx + 1, 1);
    auto y = whole<S>(n * ldx + 1, 2), start = whole<S>(nn + 1, 3), threshold = whole<S>(mm + 1, 4);
    if (place >= 0) y[std::size_t(place / k * ldx + place % k)] = number;
    for (idx i = m; i < mm; ++i) threshold[std::size_t(i)] = (std::numeric_limits<S>::max)();
    for (idx j = n; j < nn; ++j) start[std::size_t(j)] = std::numeric_limits<S>::lowest();
    std::vector<S> a(std::size_t(mm * k + 1), S(-7)), b(std::size_t(nn * k + 1), S(-7)), c(std::size_t(mm * (nn + 2) + 1), S(-7));
    simd::pack_threshold_rows<S, A>(x.data(), ldx, m, k, a.data());
    simd::pack_threshold_columns<S, A>(y.data(), ldx, n, k, b.data());
    if (a.back() != S(-7) || b.back() != S(-7)) return false;
    simd::product_all<S, A>(a.data(), m, b.data(), n, k, start.data(), c.data(), nn + 2);
    std::vector<hit<S>> want, got;
    for (idx i = 0; i < m; ++i)
      for (idx j = 0; j < n; ++j) {
        S score = start[std::size_t(j)];
        bool nan = foil::nan_bits(score);
        for (idx p = 0; p < k; ++p) {
          S const one = x[std::size_t(i * ldx + p)], other = y[std::size_t(j * ldx + p)];
          nan = nan || foil::nan_bits(other) || (!foil::finite_bits(other) && one == 0);
          score += one * other;
        }
        S const written = c[std::size_t(i * (nn + 2) + j)];
        if (nan ? !foil::nan_bits(written) : !same_number(written, score)) return false;
        if (!nan && score >= threshold[std::size_t(i)]) want.push_back({i, j, score});
      }
    for (idx i = 0; i < mm; ++i)
      if (c[std::size_t(i * (nn + 2) + nn)] != S(-7)) return false;
    std::vector<idx> met;
    simd::product_hits<S, A>(
        a.data(), m, b.data(), n, k, start.data(), threshold.data(), [&](idx i) { met.push_back(i); },
        [&](idx i, idx j, S score) {
          got.push_back({i, j, score});
        });
    std::sort(got.begin(), got.end(),
              [](auto const& p, auto const& q) { return p.row < q.row || (p.row == q.row && p.column < q.column); });
    for (idx i = 0; i < m; ++i)
      if (idx(met.size()) != m || met[std::size_t(i)] != i) return false;
    return got == want;
  }
};

}  // namespace

TEST_CASE("thresholded_product: the scores of every small shape, and those that reach their row's threshold", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<Scalar S>(S) {
      using one = product_check<S, A>;
      idx wrong = 0;
      for (idx m = 0; m <= 2 * one::rows + 1; ++m)
        for (idx n = 0; n <= 3 * one::columns + 1; ++n)
          for (idx k : {0, 1, 5}) wrong += !one{m, n, k + (m + n) % 2}.right();
      CHECK(wrong == 0);
      // A NaN reaches nothing, infinities what infinities reach, and none of them another column.
      wrong = 0;
      if (exact_numbers)
        for (S const number : {S(0), -S(0), foil::quiet_nan<S>(), -foil::quiet_nan<S>(), foil::infinity<S>(), foil::minus_infinity<S>()})
          for (idx place = 0; place < (one::columns + 3) * 2; ++place)
            wrong += !one{one::rows + 1, one::columns + 3, 2, place, number}.right();
      CHECK(wrong == 0);
    };
    check(float()), check(double());
  });
}

TEST_CASE("thresholded_product: a threshold that rises meanwhile lets through what reached the old one at most", "[simd]") {
  idx const k = 3, m = 5, n = 3 * simd::threshold_columns<float>;
  auto const x = whole<float>(m * k, 1), y = whole<float>(n * k, 2);
  std::vector<float> a(std::size_t((m + simd::threshold_rows<float>)*k)), b(std::size_t(n * k)), start(std::size_t(n), 0.0f);
  simd::pack_threshold_rows<float>(x.data(), k, m, k, a.data()), simd::pack_threshold_columns<float>(y.data(), k, n, k, b.data());
  std::vector<float> threshold(std::size_t(m + simd::threshold_rows<float>), (std::numeric_limits<float>::max)());
  std::fill_n(threshold.begin(), m, -100.0f);
  std::vector<float> best(std::size_t(m), -100.0f);
  simd::product_hits(
      a.data(), m, b.data(), n, k, start.data(), threshold.data(), [](idx) {},
      [&](idx i, idx, float score) {
        best[std::size_t(i)] = (std::max)(best[std::size_t(i)], score);
        threshold[std::size_t(i)] = best[std::size_t(i)];
      });
  for (idx i = 0; i < m; ++i) {
    float top = -100;
    for (idx j = 0; j < n; ++j) {
      float s = 0;
      for (idx p = 0; p < k; ++p) s += x[std::size_t(i * k + p)] * y[std::size_t(j * k + p)];
      top = (std::max)(top, s);
    }
    CHECK(best[std::size_t(i)] == top);
  }
}

TEST_CASE("thresholded_product: hits and counts of rows with cutoffs are those of every score", "[simd]") {
  architectures::each([]<class A>() {
    auto const check = []<Scalar S>(S) {
      constexpr idx rows = simd::threshold_rows<S, A>, columns = simd::threshold_columns<S, A>, k = 4;
      idx wrong = 0;
      for (idx m : {idx(1), rows, 2 * rows + 1})
        for (idx n : {idx(1), columns, 3 * columns + 2})
          for (idx cutoffs = 1; cutoffs <= 4; ++cutoffs) {
            idx const mm = (m + rows - 1) / rows * rows, nn = (n + columns - 1) / columns * columns, stride = mm + 3;
            auto const x = whole<S>(m * k, 1), y = whole<S>(n * k, 2);
            auto start = whole<S>(nn, 3), threshold = whole<S>(mm, 4), low = whole<S>(cutoffs * stride, 5), high = low;
            for (idx c = 0; c < cutoffs; ++c)
              for (idx i = 0; i < m; ++i) {
                auto const at = std::size_t(c * stride + i);
                low[at] += S(c % 2 ? 4 - 3 * c : c), high[at] = low[at] + S(i % 3);
                if (c == 0) high[at] = (std::max)(high[at], threshold[std::size_t(i)]);
              }
            for (idx i = m; i < mm; ++i) threshold[std::size_t(i)] = (std::numeric_limits<S>::max)();
            for (idx j = n; j < nn; ++j) start[std::size_t(j)] = std::numeric_limits<S>::lowest();
            std::vector<std::uint32_t> above(low.size(), 100), want_above = above;
            std::vector<S> a(std::size_t(mm * k)), b(std::size_t(nn * k));
            simd::pack_threshold_rows<S, A>(x.data(), k, m, k, a.data());
            simd::pack_threshold_columns<S, A>(y.data(), k, n, k, b.data());
            std::vector<hit<S>> want, got;
            for (idx i = 0; i < m; ++i)
              for (idx j = 0; j < n; ++j) {
                S score = start[std::size_t(j)];
                for (idx p = 0; p < k; ++p) score += x[std::size_t(i * k + p)] * y[std::size_t(j * k + p)];
                bool in = score >= threshold[std::size_t(i)] && score <= high[std::size_t(i)];
                for (idx c = 1; c < cutoffs; ++c)
                  in = in || (score >= low[std::size_t(c * stride + i)] && score <= high[std::size_t(c * stride + i)]);
                for (idx c = 0; c < cutoffs; ++c)
                  want_above[std::size_t(c * stride + i)] += !in && score > high[std::size_t(c * stride + i)];
                if (in) want.push_back({i, j, score});
              }
            simd::product_counts<S, A>(
                a.data(), m, b.data(), n, k, start.data(), threshold.data(), {cutoffs, stride, low.data(), high.data(), above.data()},
                [](idx) {},
                [&](idx i, idx j, S score) {
                  got.push_back({i, j, score});
                });
            std::sort(got.begin(), got.end(),
                      [](auto const& p, auto const& q) { return p.row < q.row || (p.row == q.row && p.column < q.column); });
            wrong += got != want || above != want_above;
          }
      CHECK(wrong == 0);
    };
    check(float()), check(double());
  });
}
