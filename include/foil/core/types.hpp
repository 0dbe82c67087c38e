// SPDX-License-Identifier: BSD-3-Clause
// Scalars, storage types and the owning matrix: row-major, one embedding per row, [n, dim].
#pragma once

#include "foil/core/abi.hpp"
// Before the libraries: it says so where foil cannot be compiled.
#include <concepts>
#include <cstdint>
#include <type_traits>

#include <Eigen/Core>

#include "foil/core/error.hpp"
#include "foil/core/scalar.hpp"

namespace foil { inline namespace FOIL_ABI {

using idx = Eigen::Index;  // not `index`: <strings.h> owns that name

/// What embeddings may be stored as; half types are widened to float before any arithmetic.
template <class T>
concept Storage = Scalar<T> || std::same_as<T, Eigen::half> || std::same_as<T, Eigen::bfloat16>;

/// ... and, through rows_int8 alone, as whole numbers of 8 bits with a scale per row.
template <class T>
concept Stored = Storage<T> || std::same_as<T, std::int8_t>;

/// The scalar that a storage type is computed in.
template <Stored T>
using arithmetic = std::conditional_t<Scalar<T>, T, float>;
/// double, whatever T is: with it Eigen's expressions in a template cost nothing to who only includes the header.
template <class T>
using double_for = std::conditional_t<Scalar<arithmetic<T>>, double, T>;

template <class S>
using matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A finite stand-in for log(0): foil must survive -ffast-math, so it never relies on infinity.
template <Scalar S>
inline constexpr S log_zero = S(-1e30);

/// Everything below this is `log_zero`, possibly with a score or a weight added to it.
template <Scalar S>
inline constexpr S log_zero_limit = S(-1e29);

/// What a pair is.
enum class role : unsigned char { absent, negative, positive };

/// Whom a statistic is about.
enum class over { negatives, positives, everyone };

}}  // namespace foil
