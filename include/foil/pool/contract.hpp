// SPDX-License-Identifier: BSD-3-Clause
// The contract of pools: a range of columns of the scores, where candidates come from, who is what, and with which weights.
//
// A pool is pool::candidates, which every factory of this room returns, or a struct with the same members, such as one that
// derives from it and owns what it views:
//   storage                    the scalar in which embeddings, or given scores, are stored
//   kind, data, columns, ids   the layout, and what belongs to it (below); columns: those of one row
//   relation                   roles (roles/contract.hpp) of its pairs
//   biases, biases_count       a std::tuple of filters and weights (bias/contract.hpp), in the order they act, and how many
//   trains, weight_gradient    which gradients are wanted: of the candidates, of the linear weights of pairs
//   is_self                    the candidates are the anchors: their gradient joins the anchors'
//   own_anchors                what the pool is scored with in place of the call's anchors, if not empty
//   absent                     a place holder that takes no part
#pragma once

#include <concepts>
#include <tuple>
#include <type_traits>

#include "foil/core/ids.hpp"
#include "foil/core/view.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

enum class layout {
  shared,  ///< one matrix of candidates for all rows: [columns, dim]
  own,     ///< private candidates of each row, one after the other: [rows * columns, dim]
  listed,  ///< rows of a shared matrix, named per row: ids [rows * columns], -1 for none
  given    ///< no embeddings: the scores themselves, [rows, columns]
};

template <class P>
concept PoolLike = requires(P const& p) {
  { p.kind } -> std::convertible_to<layout>;
  { p.data } -> std::convertible_to<view<typename P::storage>>;
  { p.columns } -> std::convertible_to<idx>;
  { p.ids } -> std::convertible_to<id_list>;
  p.relation;
  requires P::biases_count == std::tuple_size_v<std::remove_cvref_t<decltype(p.biases)>>;
  requires std::same_as < std::remove_cvref_t<decltype(p.trains && p.is_self && p.weight_gradient && p.absent)>,
  bool > ;
  { p.own_anchors } -> std::convertible_to<view<typename P::storage>>;
};

/// Whether P is a pool; one that nearly is gets a sentence of its own.
template <class P>
consteval bool is_pool() {
  constexpr bool has_roles = requires(P const& p) { p.relation; };
  static_assert(
      PoolLike<P> || !has_roles,
      "foil: a pool has every member that foil/pool/contract.hpp lists; derive it from foil::pool::candidates, or add what is missing");
  return PoolLike<P>;
}

}}  // namespace foil::pool
