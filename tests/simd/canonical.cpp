// The canonical dot product: one hash of bits for every compiler, instruction set and flag this file is built
// with.
#include "foil/simd/canonical.hpp"

#include <bit>
#include <vector>

#include "../catch.hpp"
#include "foil/core/random.hpp"

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
  std::uint64_t h = 1469598103934665603u;
  for (std::uint64_t row = 0; row < 2000; ++row) {
    idx const n = row % 69 == 67 ? 128 : row % 69 == 68 ? 768 : 1 + idx(row % 69);
    std::vector<T> const x = vector_of<T>(n, 2 * row), y = vector_of<T>(n, 2 * row + 1);
    double const dot = simd::canonical_dot<Arch>(x.data(), y.data(), n);
    double const square = simd::canonical_sum_of_squares<Arch>(x.data(), n);
    as_reference =
        as_reference && std::bit_cast<std::uint64_t>(dot) == std::bit_cast<std::uint64_t>(reference(x, y));
    as_reference =
        as_reference && std::bit_cast<std::uint64_t>(square) == std::bit_cast<std::uint64_t>(reference(x, x));
    for (double v : {dot, square}) h = (h ^ std::bit_cast<std::uint64_t>(v)) * 1099511628211u;
  }
  return h;
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

}  // namespace

TEST_CASE("canonical_dot: the same bits in every build", "[simd]") {
  check<xsimd::default_arch>();
#if defined(__AVX2__) && defined(__FMA__)
  check<xsimd::sse2>();
  check<xsimd::fma3<xsimd::avx2>>();
#endif
}
