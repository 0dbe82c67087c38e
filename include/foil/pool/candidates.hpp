// SPDX-License-Identifier: BSD-3-Clause
// What every factory of pools returns.
#pragma once

#include <tuple>
#include <type_traits>

#include "foil/core/ids.hpp"
#include "foil/pool/contract.hpp"
#include "foil/pool/parts.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

/// A pool (pool/contract.hpp). Views, never owners: keep matrices, lists and labels alive.
/// T: storage type; R: roles; B: biases, applied in order.
template <class T, class R, class... B>
struct candidates {
  using storage = T;
  static_assert(is_roles<R, arithmetic<T>>() && (is_bias<B, arithmetic<T>>() && ...));
  static constexpr std::size_t biases_count = sizeof...(B);

  layout kind;                   ///< how candidates belong to anchors
  view<T> data;                  ///< embeddings, or scores of a given pool
  idx columns;                   ///< that one row sees
  R relation;                    ///< roles of its pairs
  std::tuple<B...> biases;       ///< filters and weights, in the order they act
  bool trains = true;            ///< a gradient for the candidates is wanted
  bool is_self = false;          ///< the candidates are the anchors: their gradient joins the anchors'
  id_list ids{};                 ///< of a listed pool
  bool weight_gradient = false;  ///< the gradient with respect to the linear weights of its pairs is wanted
  view<T> own_anchors{};         ///< the pool is scored with these in place of the call's anchors, if not empty
  bool absent = false;           ///< a place holder that takes no part (pool::optional)
};

/// The same pool, asking for d value / d w of its pairs' linear weights (bias::weights); a dense [B, columns] result.
template <class T, class R, class... B>
candidates<T, R, B...> weight_gradient(candidates<T, R, B...> p) {
  p.weight_gradient = true;
  return p;
}

/// The pool if `present`, else a place holder without columns or anchors of its own, whose matrices and lists are not looked at: the result
/// keeps its place in `pools`, in `own_anchors` it has none.
template <class T, class R, class... B>
candidates<T, R, B...> optional(bool present, candidates<T, R, B...> p) {
  if (!present) p.columns = 0, p.data.n = 0, p.trains = p.is_self = false, p.absent = true, p.own_anchors = {}, p.weight_gradient = false;
  return p;
}

/// Matrices must outlive the pool: an owning temporary is refused, a temporary map or block is not.
template <class M>
consteval bool borrowed() {
  static_assert(readable<M>());
  static_assert(!owning_temporary<M>, "foil: a pool views its matrix; keep the matrix in a variable that outlives the pool");
  return true;
}

/// Candidates of one row.
template <class T>
void check_per_row(char const* where, idx per_row, view<T> m) {
  require(per_row >= 1, where, ": per_row must be at least 1, got ", per_row);
  require(!beyond_memory<T>(per_row, m.cols()) && !beyond_memory(per_row, idx(sizeof(idx))), where, ": per_row ", per_row, " of dim ",
          m.cols(), " is more than memory can hold");
}

}}  // namespace foil::pool
