// SPDX-License-Identifier: BSD-3-Clause
// foil's results as LibTorch's tensors: they take over the memory, nothing is copied.
#pragma once

#include <ATen/ops/from_blob.h>
#include <memory>
#include <utility>
#include <vector>

#include "foil/bridge/torch_view.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

namespace detail {
template <class T, class Owner>
at::Tensor take(Owner&& from, at::IntArrayRef shape) {
  auto const own = std::make_shared<std::remove_cvref_t<Owner>>(std::forward<Owner>(from));
  return at::from_blob(
      const_cast<std::remove_const_t<T>*>(own->data()), shape, [own](void*) {}, at::TensorOptions().dtype(scalar_type<T>()));
}
}  // namespace detail

/// [rows, cols]: at::Tensor const g = foil::bridge::tensor(std::move(outcome.anchors)).
template <Storage T>
at::Tensor tensor(matrix<T>&& x) {
  std::int64_t const shape[] = {x.rows(), x.cols()};
  return detail::take<T>(std::move(x), shape);
}
/// [size] or `shape`, whose product is the size: tensor(std::move(mined.ids), {mined.rows, mined.per_row}). T: float, double, half
/// types, whole numbers (torch::kLong for foil::idx, kByte for flags).
template <class T>
at::Tensor tensor(std::vector<T>&& x, at::IntArrayRef shape) {
  std::int64_t size = 1;
  for (std::int64_t const n : shape) size *= n;
  require(size == std::int64_t(x.size()), "bridge::tensor: a list of ", x.size(), " cannot have a shape of ", size, " elements");
  return detail::take<T>(std::move(x), shape);
}
template <class T>
at::Tensor tensor(std::vector<T>&& x) {
  return detail::take<T>(std::move(x), at::IntArrayRef{std::int64_t(x.size())});
}
template <class X, class... Shape>
requires std::is_lvalue_reference_v<X> at::Tensor tensor(X&&, Shape...) {
  static_assert(!std::is_lvalue_reference_v<X>, "foil: a tensor takes a result's memory; write bridge::tensor(std::move(result.anchors))");
  return {};
}

}}  // namespace foil::bridge
