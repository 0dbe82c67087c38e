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

/// A similarity is a metric and a link: score = link(number), link_slope(score) = dscore / dnumber. Optional, `static constexpr bool`
/// each, promises about the link: `identity` (it changes nothing), `monotone` (see is_monotone), `linear` (its slope is the same
/// everywhere), `square_root` (link(c^2 x) = c link(x)).
template <class T>
concept Similarity = requires(T const t, float x, double y) {
  { T::kind } -> std::convertible_to<metric>;
  { t.link(x) } -> std::same_as<float>;
  { t.link_slope(y) } -> std::same_as<double>;
};

/// Whether mining may rank by products or squared distances alone: a closer pair never scores lower, that is, the link
/// never falls where the product rises, or the squared distance falls. A similarity says so by
/// `static constexpr bool monotone = true` (or `identity`, a link that changes nothing); others are ranked by all scores, as are
/// rows whose last rank falls among numbers that a link makes equal.
template <class Sim>
inline constexpr bool is_monotone = requires {
  requires Sim::monotone;
}
|| (!Sim::kind.distance && requires { requires Sim::identity; });

/// The link multiplies by a number other than 0, or takes a root: two numbers of one score differ by no more than fast products err.
template <Scalar S, Similarity Sim>
bool only_scales([[maybe_unused]] Sim const& similarity) {
  if constexpr (requires { requires Sim::square_root; })
    return true;
  else if constexpr (requires { requires Sim::linear; })
    return similarity.link(S(0)) == S(0) && similarity.link(S(1)) != S(0);
  else
    return false;
}

}}  // namespace foil
