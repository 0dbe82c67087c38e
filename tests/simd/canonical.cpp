// SPDX-License-Identifier: BSD-3-Clause
// The canonical dot product: one hash of bits for every compiler, instruction set and flag this file is built
// with.
#include "foil/simd/canonical.hpp"

#include <bit>
#include <vector>

#include "../catch.hpp"
#include "../hash.hpp"
#include "architectures.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/random.hpp"
#include "foil/simd/canonical_tile.hpp"

using foil::idx;
namespace simd = foil::simd;

namespace {

/// Made of integers, so that no flag can change an input.
template <class T>
std::vector<T> vector_of(idx n, std::uint64_t row) {
  foil::random_stream r(5, foil::purpose::user, 0, row);
  std::vector<T> x;
  for (idx j = 0; j < n; ++j) {
    auto const high = std::int64_t(std::int32_t(r.bits())), low = std::int64_t(r.bits() >> 12);
    if constexpr (std::is_same_v<T, double>)
      x.push_back(double(high * (1 << 20) + low) * 0x1p-51);
    else
      x.push_back(T(float(high >> 8) * 0x1p-23f));
  }
  return x;
}

/// Called through memory: -ffast-math lets a compiler split a product and a sum that it can see.
double (*volatile exact_fma)(double, double, double) = std::fma;

/// The order in words: chain j % 8, then 4 apart, 2 apart, 1 apart. volatile keeps every rounding in its
/// place.
template <class T>
double reference(std::vector<T> const& x, std::vector<T> const& y) {
  double volatile chain[8] = {};
  for (std::size_t j = 0; j < x.size(); ++j) {
    if constexpr (std::is_same_v<T, double>)
      chain[j % 8] = exact_fma(x[j], y[j], chain[j % 8]);
    else {
      double const volatile product = double(float(x[j])) * double(float(y[j]));
      chain[j % 8] = chain[j % 8] + product;
    }
  }
  for (int half = 4; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) chain[i] = chain[i] + chain[i + half];
  return chain[0];
}

template <class T, class Arch>
std::uint64_t hash(bool& as_reference) {
  bit_hash h;
  for (std::uint64_t row = 0; row < 2000; ++row) {
    idx const n = row % 69 == 67 ? 128 : row % 69 == 68 ? 768 : 1 + idx(row % 69);
    std::vector<T> const x = vector_of<T>(n, 2 * row), y = vector_of<T>(n, 2 * row + 1);
    double const dot = simd::canonical_dot<Arch>(x.data(), y.data(), n);
    double const square = simd::canonical_sum_of_squares<Arch>(x.data(), n);
    as_reference = as_reference && std::bit_cast<std::uint64_t>(dot) == std::bit_cast<std::uint64_t>(reference(x, y));
    as_reference = as_reference && std::bit_cast<std::uint64_t>(square) == std::bit_cast<std::uint64_t>(reference(x, x));
    h.add(dot), h.add(square);
  }
  return h.value();
}

template <class Arch>
void check() {
  bool same = true;
  CHECK(hash<float, Arch>(same) == 0xaca6156475451aceu);
  CHECK(hash<double, Arch>(same) == 0x95a39a08c2871672u);
  CHECK(hash<Eigen::half, Arch>(same) == 0xeda868ed033b372du);
  CHECK(hash<Eigen::bfloat16, Arch>(same) == 0xdd009e59303e7953u);
  CHECK(same);
}

/// Odd numbers and small ones in every place, from every offset: the bits of the order in words.
template <class S, class Arch>
bool odd_places() {
  using limit = std::numeric_limits<S>;
  bool same = true;
  for (idx n = 1; n <= 25; ++n)
    for (S const odd :
         {S(0), limit::denorm_min(), -limit::denorm_min(), (limit::min)(), (limit::max)(), foil::infinity<S>(), foil::quiet_nan<S>()})
      for (idx place = 0; place < n; ++place) {
        idx const offset = (n + place) % 9;
        std::vector<S> x = vector_of<S>(n + offset, 1), y = vector_of<S>(n, 2);
        x[std::size_t(offset + place)] = odd;
        double const got = simd::canonical_dot<Arch>(x.data() + offset, y.data(), n),
                     want = reference(std::vector<S>(x.begin() + offset, x.end()), y);
        same =
            same && (foil::nan_bits(want) ? foil::nan_bits(got) : std::bit_cast<std::uint64_t>(got) == std::bit_cast<std::uint64_t>(want));
      }
  return same;
}
/// Several rows at a time: the bits of one at a time, at every size and offset.
template <class S, class Arch>
bool several() {
  bool same = true;
  for (idx n = 0; n <= 34; ++n) {
    idx const offset = n % 7;
    auto const x = vector_of<S>(n + offset, 1), y = vector_of<S>(4 * n + 3, 2);
    S const* const rows[4] = {y.data(), y.data() + n, y.data() + 2 * n + 1, y.data() + 3 * n + 3};
    S const* const two[2] = {rows[3], rows[1]};
    double out[5] = {7, 7, 7, 7, 7}, pair[3] = {7, 7, 7};
    simd::canonical_dots<4, Arch>(x.data() + offset, rows, n, out);
    simd::canonical_dots<2, Arch>(x.data() + offset, two, n, pair);
    for (int i = 0; i < 4; ++i) {
      double const want = simd::canonical_dot<Arch>(x.data() + offset, rows[i], n);
      same = same && std::bit_cast<std::uint64_t>(out[i]) == std::bit_cast<std::uint64_t>(want);
    }
    same = same && pair[0] == out[3] && pair[1] == out[1] && out[4] == 7 && pair[2] == 7;
    std::vector<double> difference;
    for (idx j = 0; j < n; ++j) difference.push_back(double(x[std::size_t(offset + j)]) - double(rows[1][j]));
    double const square = simd::canonical_square_of_difference<Arch>(x.data() + offset, rows[1], n),
                 want = reference(difference, difference);
    double squares[3] = {7, 7, 7};
    simd::canonical_squares_of_difference<2, Arch>(x.data() + offset, rows[1], rows[3] - rows[1], n, squares);
    same = same && squares[0] == square && squares[2] == 7 &&
           squares[1] == simd::canonical_square_of_difference<Arch>(x.data() + offset, rows[3], n);
    double const made = simd::canonical_sum<Arch>(
        n, [&](idx j) { return difference[std::size_t(j)]; }, [&](idx j) { return difference[std::size_t(j)]; });
    same = same && std::bit_cast<std::uint64_t>(square) == std::bit_cast<std::uint64_t>(want) && made == want;
  }
  return same;
}

/// Many rows with four others: the bits of one pair at a time, at every size and number of rows.
template <class S, class Arch>
bool tiles() {
  bool same = true;
  for (idx n = 0; n <= 34; ++n) {
    idx const m = n % 12;
    auto const x = vector_of<S>(m * n + 1, 1), y = vector_of<S>(4 * n + 3, 2);
    S const* const others[4] = {y.data(), y.data() + n + 1, y.data() + 2 * n + 1, y.data() + 3 * n + 3};
    std::vector<S const*> rows;
    for (idx i = 0; i < m; ++i) rows.push_back(x.data() + i * n + i % 2);
    std::vector<double> dots(std::size_t(4 * m + 1), 7), squares(std::size_t(4 * m + 1), 7);
    simd::canonical_dot_tile<Arch>(rows.data(), m, others, n, dots.data());
    simd::canonical_square_of_difference_tile<Arch>(rows.data(), m, others, n, squares.data());
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t k = 0; k < 4; ++k)
        same = same &&
               std::bit_cast<std::uint64_t>(dots[4 * i + k]) ==
                   std::bit_cast<std::uint64_t>(simd::canonical_dot<Arch>(rows[i], others[k], n)) &&
               std::bit_cast<std::uint64_t>(squares[4 * i + k]) ==
                   std::bit_cast<std::uint64_t>(simd::canonical_square_of_difference<Arch>(rows[i], others[k], n));
    same = same && dots.back() == 7 && squares.back() == 7;
  }
  return same;
}

}  // namespace

TEST_CASE("canonical_dot: odd numbers in every place, several rows at a time", "[simd]") {
  architectures::each([]<class A>() {
#if !defined(__FAST_MATH__)  // which keeps neither denormals nor infinities
    CHECK(odd_places<float, A>());
    CHECK(odd_places<double, A>());
#endif
    CHECK(several<float, A>());
    CHECK(several<double, A>());
    CHECK(tiles<float, A>());
    CHECK(tiles<double, A>());
  });
}

TEST_CASE("canonical_dot: the same bits in every build", "[simd]") {
  architectures::each([]<class A>() { check<A>(); });
}
