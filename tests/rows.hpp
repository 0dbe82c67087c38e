// SPDX-License-Identifier: BSD-3-Clause
// Rows that tests compute with, the same for a seed everywhere.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "foil/core/random.hpp"
#include "foil/core/types.hpp"

/// Standard normal numbers times `scale`, row after row.
template <class S = double>
foil::matrix<S> normal_rows(foil::idx n, foil::idx d, std::uint64_t seed, double scale = 1) {
  foil::random_stream draw(seed, foil::purpose::user);
  foil::matrix<S> x(n, d);
  for (foil::idx k = 0; k < x.size(); ++k) x.data()[k] = S(scale * draw.normal());
  return x;
}
/// The same, each row of length 1.
template <class S = double>
foil::matrix<S> unit_normal_rows(foil::idx n, foil::idx d, std::uint64_t seed) {
  return normal_rows(n, d, seed).rowwise().normalized().template cast<S>();
}
/// Uniform in -scale .. scale: Eigen's Random.
template <class S = double>
foil::matrix<S> uniform_rows(foil::idx n, foil::idx d, unsigned seed, double scale = 1) {
  std::srand(seed);
  return foil::matrix<S>::Random(n, d) * S(scale);
}
/// Multiples of 1/8 with few digits, so that 2^k of them is exact far into the small numbers.
template <class S>
foil::matrix<S> coarse_rows(foil::idx n, foil::idx d, std::uint64_t seed) {
  foil::random_stream draw(seed, foil::purpose::user);
  foil::matrix<S> x(n, d);
  for (foil::idx k = 0; k < x.size(); ++k) x.data()[k] = S(double(draw.below(31) - 15) / 8);
  return x;
}
/// x 2^k.
template <class S>
foil::matrix<S> times_power(foil::matrix<S> x, int k) {
  for (foil::idx i = 0; i < x.size(); ++i) x.data()[i] = S(std::ldexp(double(x.data()[i]), k));
  return x;
}
