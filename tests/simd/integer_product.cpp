// SPDX-License-Identifier: BSD-3-Clause
// Products of whole numbers: what quantising leaves out stays within what it says, no pair that reaches its threshold is missed, and none
// is counted on the wrong side of a cut.
// Tests simd/quantize.hpp, simd/integer_pack.hpp, simd/integer_threshold.hpp, simd/integer_kernel.hpp, simd/integer_avx2.hpp, simd/integer_avx512.hpp,
// simd/integer_neon.hpp, simd/integer_amx.hpp.
#include "foil/simd/integer_product.hpp"

#include <algorithm>
#include <cstdlib>

#include "everywhere.hpp"

namespace {

/// Rows of every kind that could break a bound: plain, one huge number, denormal, zero, equal, opposite, far apart in length.
template <Scalar S>
std::vector<S> rows_of(idx n, idx k, int kind, std::uint64_t seed) {
  foil::random_stream r(seed, foil::purpose::user);
  std::vector<S> x(std::size_t(n * k));
  for (idx i = 0; i < n; ++i)
    for (idx j = 0; j < k; ++j) {
      S& v = x[std::size_t(i * k + j)];
      v = S(r.normal());
      if (kind == 1 && j == i % k) v = S(1e4);
      if (kind == 2) v *= S(1e-39);
      if (kind == 3 && i % 3 == 0) v = 0;
      if (kind == 4) v = S(0.37);
      if (kind == 5) v = i % 2 ? S(j + 1) : -S(j + 1);
      if (kind == 6) v *= S(std::pow(10.0, double(i % 13) - 6));
      if (kind == 7) v = S(r.below(3)) - 1;
    }
  return x;
}
constexpr int kinds = 8;

template <int Bits, Scalar S>
void bounds_hold(idx n, idx k, int kind) {
  using kernel = simd::integer_kernel<Bits>;
  if constexpr (kernel::exists) {
    auto const x = rows_of<S>(n, k, kind, 5);
    std::vector<std::int32_t> words(std::size_t(n * simd::quantized_stride<Bits>(k)));
    auto const q = simd::quantize<Bits, kernel::unsigned_columns>(x.data(), k, n, k, words.data());
    bool good = true;
    for (idx i = 0; i < n; ++i) {
      long double length = 0, error = 0, whole = 0;
      auto const* const row = reinterpret_cast<unsigned char const*>(words.data() + i * simd::quantized_stride<Bits>(k));
      for (idx j = 0; j < simd::integer_groups<Bits>(k) * 32 / Bits; ++j) {
        int number = 0;
        if constexpr (Bits == 8) {
          number = kernel::unsigned_columns ? int(row[j]) - 128 : int(std::bit_cast<signed char>(row[j]));
        } else {
          std::int16_t v = 0;
          std::memcpy(&v, row + 2 * j, 2);
          number = v;
        }
        long double const v = j < k ? (long double)(x[std::size_t(i * k + j)]) : 0, left = v - (long double)(q.scale) * number;
        length += v * v, error += left * left, whole += (long double)(number)*number;
        good = good && (j < k || number == 0) && (Bits == 16 || std::abs(number) <= 127);
      }
      good = good && std::sqrt(length) <= (long double)(q.length) && std::sqrt(error) <= (long double)(q.error) &&
             (Bits == 8 || whole < 32767.0L * 32767.0L);
    }
    INFO(Bits << " bits, k " << k << ", kind " << kind);
    CHECK(good);
  }
}

/// Every pair whose exact product plus start reaches its threshold is found; thresholds are exact numbers of pairs, so that there is
/// always one on the edge. Returns how many pairs there were.
template <int Bits, bool Biased, Scalar S>
idx none_is_missed(idx m, idx n, idx k, int kind, std::uint64_t seed) {
  if constexpr (simd::integer_kernel<Bits>::exists) {
    auto const x = rows_of<S>(m, k, kind, seed), y = rows_of<S>(n, k, kind == 5 ? 5 : int(seed % kinds), seed + 1);
    std::vector<S> start(std::size_t(n), S(0));
    foil::random_stream r(seed, foil::purpose::user, 1);
    for (idx j = 0; Biased && j < n; ++j) start[std::size_t(j)] = j % 17 == 3 ? std::numeric_limits<S>::lowest() : -S(10 * r.uniform());
    idx const whole = simd::integer_whole_rows<Bits>(m), all = whole + simd::integer_rows_beyond;
    idx const wide = simd::integer_whole_columns<Bits>(n), groups = simd::integer_packed_groups<Bits>(k);
    std::vector<std::int32_t> row_words(std::size_t(whole * groups)), correction(std::size_t(all), 7),
        q(std::size_t(simd::integer_scratch<Bits>(k))), column_words(std::size_t(wide * groups));
    std::vector<float> inverse(std::size_t(all), 0.0f), error = inverse, reach = inverse, starts(static_cast<std::size_t>(wide));
    std::vector<typename simd::integer_columns<Bits>::tile> tiles(std::size_t(wide / simd::integer_kernel<Bits>::columns));
    simd::integer_rows<Bits> a{0, row_words.data(), correction.data(), inverse.data(), error.data(), reach.data()};
    simd::integer_columns<Bits> b{0, 0, column_words.data(), tiles.data(), starts.data()};
    simd::pack_integer_rows(x.data(), k, m, k, a, q.data());
    simd::pack_integer_columns(y.data(), k, n, k, start.data(), b, q.data());
    std::vector<double> exact(std::size_t(m * n));
    std::vector<float> threshold(std::size_t(m + simd::integer_rows_beyond), 1e38f);
    for (idx i = 0; i < m; ++i) {
      for (idx j = 0; j < n; ++j) {
        double sum = double(start[std::size_t(j)]);
        for (idx p = 0; p < k; ++p) sum += double(x[std::size_t(i * k + p)]) * double(y[std::size_t(j * k + p)]);
        exact[std::size_t(i * n + j)] = sum;
      }
      float t = float(exact[std::size_t(i * n + r.below(n))]);
      if (double(t) > -1e30 && i % 5 != 4) threshold[std::size_t(i)] = t;
    }
    std::vector<char> got(std::size_t(m * n), 0);
    bool inside = true;
    std::vector<simd::integer_hit> hits(std::size_t(simd::integer_max_hits<Bits>(n)));
    simd::integer_hits<Bits, Biased>(
        a, 0, m, b, threshold.data(), hits.data(), [](idx) {},
        [&](simd::integer_hit const* h, idx count) {
          for (idx c = 0; c < count; ++c)
            if (idx(h[c].row) < m && idx(h[c].column) < n)
              got[h[c].row * std::size_t(n) + h[c].column] = 1;
            else
              inside = false;
        },
        [] { return true; });
    bool none = inside;
    for (idx i = 0; i < m; ++i)
      for (idx j = 0; j < n; ++j)
        none = none && (exact[std::size_t(i * n + j)] < double(threshold[std::size_t(i)]) || got[std::size_t(i * n + j)]);
    INFO(Bits << " bits, m " << m << ", n " << n << ", k " << k << ", kind " << kind << ", seed " << seed);
    CHECK(none);
    // Bands of cuts are exact numbers of pairs, too. Cut 0 lies above the threshold. No column is absent.
    for (idx j = 0; j < n; ++j)
      if (start[std::size_t(j)] < S(-1e30)) {
        for (idx i = 0; i < m; ++i) {
          double sum = -5;
          for (idx p = 0; p < k; ++p) sum += double(x[std::size_t(i * k + p)]) * double(y[std::size_t(j * k + p)]);
          exact[std::size_t(i * n + j)] = sum;
        }
        start[std::size_t(j)] = S(-5);
      }
    simd::pack_integer_columns(y.data(), k, n, k, start.data(), b, q.data());
    for (idx cuts : {1, 3}) {
      idx const stride = m + simd::integer_rows_beyond;
      std::vector<float> low(std::size_t(cuts * stride), 1e38f), high = low;
      std::vector<std::uint32_t> above(low.size(), 0);
      for (idx i = 0; i < m; ++i)
        for (idx c = 0; c < cuts; ++c) {
          auto const at = std::size_t(c * stride + i);
          double const edge = exact[std::size_t(i * n + r.below(n))];
          if (i % 7 == 6 && c == 0) continue;
          low[at] = high[at] = float(edge);
          if (c == 0) high[at] = (std::max)(high[at], threshold[std::size_t(i)]);
        }
      std::fill(got.begin(), got.end(), 0);
      simd::integer_hits<Bits, Biased>(
          a, 0, m, b, threshold.data(), hits.data(), [](idx) {},
          [&](simd::integer_hit const* h, idx count) {
            for (idx c = 0; c < count; ++c) got[h[c].row * std::size_t(n) + h[c].column] = 1;
          },
          [] { return true; }, {cuts, stride, low.data(), high.data(), above.data()});
      bool right = true;
      for (idx i = 0; i < m; ++i) {
        for (idx c = 0; c < cuts; ++c) {
          // What is not found lies above a cut or below it: as many as are counted, wherever it is.
          auto const at = std::size_t(c * stride + i);
          idx higher = 0;
          for (idx j = 0; j < n; ++j) {
            double const score = exact[std::size_t(i * n + j)];
            bool const is_found = got[std::size_t(i * n + j)], higher_than_0 = score > double(high[std::size_t(i)]);
            higher += !is_found && score > double(high[at]);
            if (c > 0) right = right && (is_found || score < double(low[at]) || score > double(high[at]));
            right = right && (is_found || higher_than_0 || score < double(threshold[std::size_t(i)]));
          }
          right = right && higher == idx(above[at]);
        }
      }
      INFO(Bits << " bits, m " << m << ", n " << n << ", k " << k << ", kind " << kind << ", seed " << seed << ", cuts " << cuts);
      CHECK(right);
    }
    return m * n;
  }
  return 0;
}
template <int Bits>
idx every_sort(idx m, idx n, idx k, std::uint64_t seed) {
  idx pairs = 0;
  for (int kind = 0; kind < kinds; ++kind) {
    pairs += none_is_missed<Bits, false, float>(m, n, k, kind, seed) + none_is_missed<Bits, true, float>(m, n, k, kind, seed);
    pairs += none_is_missed<Bits, false, double>(m, n, k, kind, seed) + none_is_missed<Bits, true, double>(m, n, k, kind, seed);
  }
  return pairs;
}

}  // namespace

TEST_CASE("quantize: lengths and errors are upper limits, and whole numbers stay within their bits", "[simd]") {
  for (idx k : {1, 2, 3, 15, 16, 17, 64, 129, 768, 2000})
    for (int kind = 0; kind < kinds; ++kind) {
      bounds_hold<8, float>(9, k, kind), bounds_hold<16, float>(9, k, kind);
      bounds_hold<8, double>(9, k, kind), bounds_hold<16, double>(9, k, kind);
    }
  bounds_hold<16, float>(1, 65536, 0), bounds_hold<16, float>(1, 65536, 5), bounds_hold<8, float>(1, 16384, 4);
}
TEST_CASE("integer_product: no pair that reaches its threshold is missed", "[simd]") {
  for (idx k : {1, 2, 3, 4, 5, 31, 32, 33, 100, 384, 2000})
    every_sort<8>(13, 70, k, std::uint64_t(k)), every_sort<16>(13, 70, k, std::uint64_t(k));
  every_sort<8>(45, 70, 96, 7), every_sort<16>(45, 70, 96, 7);
  every_sort<8>(2, 3, simd::max_integer_dim<8>, 1), every_sort<16>(2, 3, 65536, 1);
}
TEST_CASE("integer_product: of 10^8 pairs none is missed", "[.long]") {  // minutes
  idx pairs = 0;
  for (std::uint64_t seed = 1; pairs < 100'000'000; ++seed) {
    idx const k = 1 + foil::random_stream(seed, foil::purpose::user, 2).below(seed % 3 == 0 ? 2000 : 100), before = pairs;
    pairs += every_sort<8>(50, 400, k, seed) + every_sort<16>(50, 400, k, seed);
    if (pairs == before) break;  // an instruction set without such products
  }
  WARN(pairs << " pairs");
}
