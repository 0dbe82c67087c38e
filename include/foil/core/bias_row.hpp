// SPDX-License-Identifier: BSD-3-Clause
// What a bias sees: a slice of one row, before any scaling, with the facts of the row.
#pragma once

#include <concepts>
#include <tuple>

#include "foil/core/view.hpp"

namespace foil { inline namespace FOIL_ABI {

/// A slice of one anchor's row, as a bias sees it.
template <Scalar S>
struct bias_row {
  idx row = 0, first = 0, size = 0;             ///< anchor; first column of the slice, counted within its pool; columns
  S const* score = nullptr;                     ///< unscaled similarities
  S const* guide = nullptr;                     ///< second opinions on the same pairs, for a bias that asks for them
  bool has_positive = false;                    ///< the two below mean something
  S lowest_positive = 0, highest_positive = 0;  ///< similarities of the row's extreme positives
  char const* function = nullptr;               ///< the call at work, for messages; null outside of one
};

/// Which positive a margin refers to.
enum class reference {
  lowest,   ///< the lowest-scoring positive of the row (default)
  highest,  ///< the highest-scoring one
  each      ///< every positive has a row of its own: foil::mine makes one of each; losses refuse it
};

/// The positive's similarity that a margin is taken from. Meaningful where has_positive.
template <Scalar S>
S reference_score(bias_row<S> const& r, reference which) {
  return which == reference::highest ? r.highest_positive : r.lowest_positive;
}

/// Biases that need the row's positives scored before they can act.
template <class B>
inline constexpr bool needs_positive = requires {
  requires B::needs_positive;
};
/// The name of the first of them, of those that are active; null without one.
template <class... B>
char const* comparing_filter(std::tuple<B...> const& biases) {
  char const* name = nullptr;
  auto const look = [&]<class F>([[maybe_unused]] F const& filter) {
    if constexpr (needs_positive<F>) {
      bool is_active = true;
      if constexpr (requires { filter.is_active(); }) is_active = filter.is_active();
      if (is_active && name == nullptr) name = F::name;
    }
  };
  std::apply([&](B const&... b) { (look(b), ...); }, biases);
  return name;
}
/// Biases that ask the engine for a second score of each pair (see bias::guide).
template <class B>
inline constexpr bool needs_guide = requires {
  requires B::needs_guide;
};

/// Weights that outcome.weights holds the gradient of.
template <class B>
inline constexpr bool has_linear_weights = requires {
  requires B::linear_weights;
};

/// Filters may drop many of a row's best candidates, so mining looks deeper by default; one that drops few, or none, says
/// `static constexpr bool drops_few = true`, or by `bool is_active() const` whether it may; with both, is_active() decides.
template <class B>
bool drops_many([[maybe_unused]] B const& b) {
  if constexpr (requires { b.is_active(); })
    return b.is_active();
  else if constexpr (requires { B::drops_few; })
    return !B::drops_few;
  else
    return true;
}

/// Filters that drop by nothing but the score and the facts of the row say from where on: `bool too_high(bias_row<S> const& r, S score)
/// const`, which holds for every higher score where it holds for one, `bool too_low(r, score) const` alike, or both.
template <class B, class S>
inline constexpr bool has_ceiling = requires(B const& b, bias_row<S> const& r, S score) {
  { b.too_high(r, score) } -> std::convertible_to<bool>;
};
template <class B, class S>
inline constexpr bool has_floor = requires(B const& b, bias_row<S> const& r, S score) {
  { b.too_low(r, score) } -> std::convertible_to<bool>;
};

/// Drops what `gone(j)` says, keeps the rest.
template <Scalar S, class F>
void drop_where(bias_row<S> const& r, S* bias, F gone) {
  for (idx j = 0; j < r.size; ++j) bias[j] = gone(j) ? log_zero<S> : bias[j];  // always stored, so that the loop vectorises
}

}}  // namespace foil
