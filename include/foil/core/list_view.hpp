// SPDX-License-Identifier: BSD-3-Clause
// Weights, masks and limits that somebody else owns and that outlive the call that was given them.
#pragma once

#include <span>

#include "foil/core/view.hpp"

namespace foil { inline namespace FOIL_ABI {

/// A std::span that a temporary vector or array cannot become.
template <class T>
class list_view : public std::span<T const> {
 public:
  constexpr list_view() = default;
  template <class R>
  requires(walkable<R> && !std::same_as<std::remove_cvref_t<R>, list_view>) constexpr list_view(R&& r) : std::span<T const>(viewed(r)) {
    static_assert(!owning_temporary<R>,
                  "foil: a list is viewed, not copied; keep the vector in a variable that outlives what it is given to");
  }

  /// Whether memory [from, to) holds any of its elements.
  bool overlaps(void const* from, void const* to) const { return view<T>{this->data(), 1, idx(this->size()), 0}.overlaps(from, to); }

 private:
  template <class R>
  static constexpr std::span<T const> viewed(R& r) {
    constexpr bool fits = !detail::is_eigen<std::remove_const_t<R>> && requires {
      requires std::same_as<std::remove_cvref_t<decltype(*std::data(r))>, T>;
      std::size(r);
    };
    static_assert(fits,
                  "foil: this list has other elements; weights and log probabilities are double, masks unsigned char, limits and densities "
                  "the scalar of the embeddings");
    if constexpr (fits)
      return {std::data(r), std::size(r)};
    else
      return {};
  }
};

}}  // namespace foil
