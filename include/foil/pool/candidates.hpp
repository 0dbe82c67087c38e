// A stretch of columns of the score field: where candidates come from, who is what, and with which weights.
#pragma once

#include <tuple>
#include <type_traits>

#include "foil/core/ids.hpp"
#include "foil/core/view.hpp"

namespace foil::inline FOIL_ABI::pool {

enum class layout {
  shared,  ///< one matrix of candidates for all rows: [columns, dim]
  own,     ///< private candidates of each row, one after the other: [rows * columns, dim]
  listed,  ///< rows of a shared matrix, named per row: ids [rows * columns], -1 for none
  given    ///< no embeddings: the scores themselves, [rows, columns]
};

/// What every factory of this room returns. Views, never owners: keep matrices, lists and labels alive.
/// T: storage type; R: roles; B: biases, applied in order.
template <class T, class R, class... B>
struct candidates {
  using storage = T;
  static constexpr std::size_t biases_count = sizeof...(B);

  layout kind;
  view<T> data;
  idx columns;          ///< that one row sees
  R relation;
  std::tuple<B...> biases;
  bool trains = true;    ///< a gradient for the candidates is wanted
  bool is_self = false;  ///< the candidates are the anchors: their gradient joins the anchors'
  id_list ids{};         ///< of a listed pool
  bool weight_gradient = false;  ///< the gradient with respect to the linear weights of its pairs is wanted
  view<T> own_anchors{};  ///< the stretch is scored with these in place of the call's anchors, if not empty
};

/// The same pool, asking for d value / d w of its pairs' linear weights (bias::weights); a dense [B, columns] result.
template <class T, class R, class... B>
candidates<T, R, B...> weight_gradient(candidates<T, R, B...> p) {
  p.weight_gradient = true;
  return p;
}

/// The pool if `present`, else a place holder without columns: the result keeps its place in `pools`.
template <class T, class R, class... B>
candidates<T, R, B...> optional(bool present, candidates<T, R, B...> p) {
  if (!present) p.columns = 0, p.data.n = 0, p.trains = p.is_self = false;
  return p;
}

/// Matrices must outlive the pool, so an owning temporary is refused.
template <class M>
consteval bool borrowed() {
  using plain = std::remove_cvref_t<M>;
  constexpr bool owns = requires(plain& m) { m.resize(idx(1), idx(1)); };
  static_assert(std::is_lvalue_reference_v<M> || !owns,
                "foil: a pool views its matrix; keep the matrix in a variable that outlives the pool");
  static_assert(requires { typename plain::Scalar; },
                "foil: expected a matrix of embeddings; declare foil::matrix<float>, or view memory with foil::rows(data, "
                "n, dim)");
  if constexpr (requires { typename plain::Scalar; })
    static_assert(Embeddings<plain> || is_view<plain>,
                  "foil: embeddings must be row-major, one per row and stored; declare foil::matrix<float>, or pass "
                  "foil::columns(X) for embeddings stored as columns");
  return true;
}

template <class M>
using storage_of = typename std::remove_cvref_t<M>::Scalar;

}  // namespace foil::inline FOIL_ABI::pool
