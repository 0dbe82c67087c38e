// SPDX-License-Identifier: BSD-3-Clause
// Pools whose candidates are LibTorch's tensors, for bridge::loss: made for the tensors' scalar type when the loss is computed.
// A gradient goes to every tensor that requires one.
#pragma once

#include <utility>

#include "foil/bridge/torch_view.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/between.hpp"
#include "foil/pool/given.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/listed.hpp"
#include "foil/pool/own.hpp"
#include "foil/pool/proxies.hpp"
#include "foil/pool/self.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// What the functions below return. It holds its tensors; what roles and biases view must outlive the call of the loss.
template <class Make, class... Parts>
struct tensor_pool {
  Make make;               ///< (view of data[, view of own_anchors]) -> a pool of foil
  at::Tensor data;         ///< candidates, or given scores
  at::Tensor own_anchors;  ///< undefined: the anchors of the call
  bool is_self = false;    ///< the candidates are the anchors, and there are no data
  /// Whether roles and biases that hold numbers hold those of S.
  template <Scalar S>
  static constexpr bool fits = (((!pool::any_roles<Parts> || pool::Roles<Parts, S>)&&(!pool::any_bias<Parts> || pool::Bias<Parts, S>)) &&
                                ...);
};
template <class P>
inline constexpr bool is_tensor_pool = false;
template <class Make, class... Parts>
inline constexpr bool is_tensor_pool<tensor_pool<Make, Parts...>> = true;

/// Any pool over a tensor: over(x, [&](auto rows) { return foil::pool::bank(rows, relation, biases...); })
template <class... Parts, class Make>
tensor_pool<Make, Parts...> over(at::Tensor data, Make make, at::Tensor own_anchors = {}) {
  return {std::move(make), std::move(data), std::move(own_anchors), false};
}

/// k: [columns, dim]; pool::in_batch(k, relation = diagonal, biases...).
template <class... Parts>
auto in_batch(at::Tensor k, Parts... parts) {
  return over<Parts...>(std::move(k), [=](auto rows) { return pool::in_batch(rows, parts...); });
}
/// m: [columns, dim]; pool::bank(m, relation = all_negative, biases...), trained if m requires a gradient.
template <class... Parts>
auto bank(at::Tensor m, Parts... parts) {
  return over<Parts...>(std::move(m), [=](auto rows) { return pool::bank(rows, parts...); });
}
/// The anchors among themselves; pool::self(relation = negatives_except_self, biases...).
template <class... Parts>
auto self(Parts... parts) {
  auto p = over<Parts...>({}, [=](auto rows) { return pool::self(rows, parts...); });
  p.is_self = true;
  return p;
}
/// x: [batch, per row, dim], private candidates of each anchor; pool::own(x, per row, relation = all_negative, biases...).
template <class... Parts>
auto own(at::Tensor x, Parts... parts) {
  idx const each = x.defined() && x.dim() == 3 ? x.size(1) : 1;
  return over<Parts...>(std::move(x), [=](auto rows) { return pool::own(rows, each, parts...); });
}
/// k: [batch, dim], the one positive of each anchor.
inline auto positives(at::Tensor k) {
  return over<>(std::move(k), [](auto rows) { return pool::positives(rows); });
}
/// m: [all, dim]; which: [batch, per row], whole numbers, -1 for none; pool::listed(m, which, per row, relation = all_negative,
/// biases...). The gradient of m is what the outcome holds: sparse where that is of the named rows alone.
template <class... Parts>
auto listed(at::Tensor m, at::Tensor which, Parts... parts) {
  id_list const list = detail::ids_of(which, "bridge::listed", "which");
  if (which.dim() != 2) require(false, "bridge::listed: which is ", detail::shape(which), ", expected [batch, per row]");
  return over<Parts...>(std::move(m),
                        [=, each = idx(which.size(1)), keep = which](auto rows) { return pool::listed(rows, list, each, parts...); });
}
/// scores: [batch, columns] of the caller's making; pool::given(scores, relation, biases...).
template <class R, class... B>
auto given(at::Tensor scores, R relation, B... biases) {
  return over<R, B...>(std::move(scores), [=](auto rows) { return pool::given(rows, relation, biases...); });
}
/// centres: [clusters, dim]; cluster_of_row: whole numbers [batch]; pool::proxies(centres, cluster_of_row, biases...).
template <class... B>
auto proxies(at::Tensor centres, at::Tensor cluster_of_row, B... biases) {
  id_list const list = detail::ids_of(cluster_of_row, "bridge::proxies", "cluster_of_row");
  return over<B...>(std::move(centres), [=, keep = cluster_of_row](auto rows) { return pool::proxies(rows, list, biases...); });
}
/// own_anchors: [batch, dim], k: [columns, dim]; pool::between(own_anchors, k, relation, biases...).
template <class R, class... B>
auto between(at::Tensor own_anchors, at::Tensor k, R relation, B... biases) {
  auto const make = [=](auto rows, auto anchors) { return pool::between(anchors, rows, relation, biases...); };
  return over<R, B...>(std::move(k), make, std::move(own_anchors));
}

}}  // namespace foil::bridge
