// Eigen::Tensor and TensorMap of rank 2 and 3 as embeddings: the same memory, no copy.
#pragma once

#include <unsupported/Eigen/CXX11/Tensor>

#include "foil/core/view.hpp"

namespace foil::inline FOIL_ABI {

namespace detail {
template <class T, int Rank>
view<T> tensor_rows(T const* data, Eigen::array<idx, Rank> const& n) {
  if constexpr (Rank == 2)
    return rows(data, n[0], n[1]);
  else
    return rows(data, n[0] * n[1], n[2]);  // [batch, per row, dim], as pool::own wants it
}
}  // namespace detail

/// [n, dim] as it is; [batch, k, dim] as batch * k rows. Row-major only: in a column-major tensor of rank 2 the columns are
/// the embeddings, so take foil::columns of an Eigen::Map of its data.
template <class T, int Rank, int Options, class Index>
view<T> rows(Eigen::Tensor<T, Rank, Options, Index> const& x) {
  static_assert(Rank == 2 || Rank == 3, "foil: a tensor of embeddings has rank 2 [n, dim] or 3 [batch, k, dim]");
  static_assert(int(Options) & int(Eigen::RowMajor), "foil: a tensor of embeddings must be Eigen::RowMajor");
  Eigen::array<idx, Rank> n{};
  for (int r = 0; r < Rank; ++r) n[std::size_t(r)] = idx(x.dimension(r));
  return detail::tensor_rows<T, Rank>(x.data(), n);
}
template <class Plain, int Options>
auto rows(Eigen::TensorMap<Plain, Options> const& x) {
  using T = std::remove_const_t<typename Plain::Scalar>;
  constexpr int Rank = Plain::NumDimensions;
  static_assert(Rank == 2 || Rank == 3, "foil: a tensor of embeddings has rank 2 [n, dim] or 3 [batch, k, dim]");
  static_assert(int(Plain::Layout) == int(Eigen::RowMajor), "foil: a tensor of embeddings must be Eigen::RowMajor");
  Eigen::array<idx, Rank> n{};
  for (int r = 0; r < Rank; ++r) n[std::size_t(r)] = idx(x.dimension(r));
  return detail::tensor_rows<T, Rank>(x.data(), n);
}

}  // namespace foil::inline FOIL_ABI
