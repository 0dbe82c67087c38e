// SPDX-License-Identifier: BSD-3-Clause
// Eigen::Tensor and TensorMap of rank 2 and 3 as embeddings: the same memory, no copy.
#pragma once

#include <unsupported/Eigen/CXX11/Tensor>

#include "foil/core/view.hpp"

namespace foil { inline namespace FOIL_ABI {

namespace detail {
template <int Rank, int Layout, class Tensor>
auto tensor_rows(Tensor const& x) {
  static_assert(Rank == 2 || Rank == 3, "foil: a tensor of embeddings has rank 2 [n, dim] or 3 [batch, k, dim]");
  static_assert(Layout == int(Eigen::RowMajor), "foil: a tensor of embeddings must be Eigen::RowMajor");
  using T = typename Tensor::Scalar;
  T const* const data = x.data();
  if constexpr (Rank == 2)
    return rows(data, idx(x.dimensions()[0]), idx(x.dimensions()[1]));
  else {  // [batch, per row, dim], as pool::own wants it
    idx const batch = idx(x.dimensions()[0]), each = idx(x.dimensions()[1]);
    require(!beyond_memory(batch, each), "rows: a tensor of ", batch, " x ", each, " embeddings is more than memory can hold");
    return rows(data, batch * each, idx(x.dimensions()[2]));
  }
}
}  // namespace detail

/// [n, dim] as it is; [batch, k, dim] as batch * k rows. Row-major only: in a column-major tensor of rank 2 the columns are
/// the embeddings, so take foil::columns of an Eigen::Map of its data.
template <class T, int Rank, int Options, class Index>
view<T> rows(Eigen::Tensor<T, Rank, Options, Index> const& x) {
  return detail::tensor_rows<Rank, Eigen::Tensor<T, Rank, Options, Index>::Layout>(x);
}
template <class T, int Rank, int Options, class Index>
view<T> rows(Eigen::Tensor<T, Rank, Options, Index>&&) {
  static_assert(std::is_void_v<T>, "foil: a view does not keep a tensor alive; keep the tensor in a variable that outlives the view");
  return {};
}
template <class Plain, int Options>
auto rows(Eigen::TensorMap<Plain, Options> const& x) {
  return detail::tensor_rows<Plain::NumDimensions, Plain::Layout>(x);
}

}}  // namespace foil
