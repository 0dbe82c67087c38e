// SPDX-License-Identifier: BSD-3-Clause
// What a similarity asks of the engine: products of plain or unit rows, or squared distances, then a link.
#pragma once

#include <concepts>

#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// How a pair of rows becomes one number before the similarity's link is applied.
struct metric {
  bool unit = false;      ///< rows are scaled to length 1; a zero row stays zero
  bool distance = false;  ///< squared distance in place of the dot product
};

/// A similarity is a metric and a link: score = link(number), link_slope(score) = dscore / dnumber.
template <class T>
concept Similarity = requires(T const t, float x, double y) {
  { T::kind } -> std::convertible_to<metric>;
  { t.link(x) } -> std::same_as<float>;
  { t.link_slope(y) } -> std::same_as<double>;
};

/// Whether mining may rank by products or squared distances alone: a closer pair never scores lower, that is, the link
/// rises with the product, or falls with the squared distance, strictly but for rounding. A similarity says so by
/// `static constexpr bool monotone = true` (or `identity`, a link that changes nothing); others are ranked by all scores.
template <class Sim>
inline constexpr bool is_monotone = requires {
  requires Sim::monotone;
}
|| (!Sim::kind.distance && requires { requires Sim::identity; });

}}  // namespace foil
