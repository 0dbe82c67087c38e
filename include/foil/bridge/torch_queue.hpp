// SPDX-License-Identifier: BSD-3-Clause
// Keys of LibTorch in foil's memory of earlier batches.
#pragma once

#include "foil/bridge/torch_view.hpp"
#include "foil/pool/queue.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// queue::push of a tensor [rows, dim] of float, double, half or bfloat16, and of whole numbers [rows] as ids, if any. Keys are copied
/// without their history: no gradient reaches them. Then, in the next step:
///   foil::bridge::loss(contrast, q, foil::bridge::in_batch(k), foil::pool::bank(memory.rows()))
template <Storage T>
void push(pool::queue<T>& memory, at::Tensor const& keys, at::Tensor const& ids = {}) {
  detail::require_in_memory(keys, "bridge::push", "keys");
  id_list const list = ids.defined() ? detail::ids_of(ids, "bridge::push", "ids") : id_list();
  auto const as = [&]<class U>(U const*) { memory.push(detail::rows_of<U>(keys, "bridge::push", "keys"), list); };
  switch (keys.scalar_type()) {
    case at::kDouble: return as(static_cast<double const*>(nullptr));
    case at::kHalf: return as(static_cast<Eigen::half const*>(nullptr));
    case at::kBFloat16: return as(static_cast<Eigen::bfloat16 const*>(nullptr));
    default: return as(static_cast<float const*>(nullptr));  // which says what is wrong with others
  }
}

}}  // namespace foil::bridge
