// SPDX-License-Identifier: BSD-3-Clause
// LibTorch's tensors as foil reads them: embeddings, ids, labels and weights in their own memory, never a copy. LibTorch 1.13
// (Debian 12's libtorch-dev, with g++; clang 14 cannot compile its headers in C++20) and newer, PyPI's wheels among them.
#pragma once

#include <ATen/core/Tensor.h>
#include <span>
#include <string>

#include "foil/core/ids.hpp"
#include "foil/core/view.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

namespace detail {
/// The scalar type of tensors that hold T.
template <class T>
constexpr at::ScalarType scalar_type() {
  if constexpr (std::same_as<T, float>) return at::kFloat;
  if constexpr (std::same_as<T, double>) return at::kDouble;
  if constexpr (std::same_as<T, Eigen::half>) return at::kHalf;
  if constexpr (std::same_as<T, Eigen::bfloat16>) return at::kBFloat16;
  if constexpr (std::integral<T>)
    return sizeof(T) == 8 ? at::kLong : sizeof(T) == 4 ? at::kInt : sizeof(T) == 2 ? at::kShort : T(-1) < T(0) ? at::kChar : at::kByte;
}
inline std::string shape(at::Tensor const& x) {
  std::string s = "[";
  for (std::int64_t k = 0; k < x.dim(); ++k) s += (k > 0 ? ", " : "") + std::to_string(x.size(k));
  return s + "]";
}
/// Refuses what has no numbers of its own in this machine's memory. where: who asks; what: which tensor.
inline void require_in_memory(at::Tensor const& x, char const* where, char const* what) {
  require(x.defined(), where, ": ", what, " is an undefined tensor");
  if (x.layout() != at::kStrided) require(false, where, ": ", what, " is a sparse tensor; convert it by .to_dense()");
  if (!x.device().is_cpu()) require(false, where, ": ", what, " is on the device ", x.device().str(), "; convert it by .cpu()");
  require(!x.is_neg(), where, ": ", what, " is negated when it is read; convert it by .resolve_neg()");
}
inline void require_holds(at::Tensor const& x, at::ScalarType wanted, char const* where, char const* what) {
  require(x.scalar_type() == wanted, where, ": ", what, " holds ", c10::toString(x.scalar_type()), ", expected ", c10::toString(wanted),
          "; convert it by .to(torch::k", c10::toString(wanted), ")");
}
/// The rows of a tensor of rank 2 or 3 whose numbers are T, or the reason why they cannot be read in place.
template <Storage T>
view<T> rows_of(at::Tensor const& x, char const* where, char const* what) {
  require_in_memory(x, where, what);
  require_holds(x, scalar_type<T>(), where, what);
  std::int64_t const rank = x.dim();
  if (rank != 2 && rank != 3) require(false, where, ": ", what, " is ", shape(x), ", expected [rows, dim] or [batch, per row, dim]");
  std::int64_t const dim = x.size(rank - 1), each = rank == 3 ? x.size(1) : 1, n = x.size(0) * each;
  std::int64_t const step = n <= 1 ? dim : each > 1 ? x.stride(1) : x.stride(0);
  bool const in_rows = (dim <= 1 || x.stride(rank - 1) == 1) && (step >= dim || n == 0);
  if (!in_rows || (rank == 3 && each > 1 && x.size(0) > 1 && x.stride(0) != each * step))
    require(false, where, ": ", what, " is ", shape(x),
            " without the numbers of a row, or the rows, in order; convert it by .contiguous()");
  return rows(static_cast<T const*>(x.data_ptr()), n, dim, step >= dim ? step : dim);
}
/// A tensor of whole numbers, in order.
inline id_list ids_of(at::Tensor const& x, char const* where, char const* what) {
  require_in_memory(x, where, what);
  require(x.is_contiguous(), where, ": ", what, " is not contiguous; convert it by .contiguous()");
  auto const list = [&]<class T>(T const*) {
    return id_list(std::span<T const>(static_cast<T const*>(x.data_ptr()), std::size_t(x.numel())));
  };
  switch (x.scalar_type()) {
    case at::kLong: return list(static_cast<std::int64_t const*>(nullptr));
    case at::kInt: return list(static_cast<std::int32_t const*>(nullptr));
    case at::kShort: return list(static_cast<std::int16_t const*>(nullptr));
    case at::kChar: return list(static_cast<std::int8_t const*>(nullptr));
    case at::kByte: return list(static_cast<std::uint8_t const*>(nullptr));
    default:
      require(false, where, ": ", what, " holds ", c10::toString(x.scalar_type()),
              ", expected whole numbers; convert it by .to(torch::kLong)");
  }
  return {};
}
}  // namespace detail

/// A tensor [rows, dim], or [batch, per row, dim] as batch * per row rows, of T: float, double, Eigen::half (torch::kHalf) or
/// Eigen::bfloat16. For any call of foil; a view keeps no tensor alive, so the tensor is a variable. Rows may lie apart (slices of
/// columns or of every other row); the numbers of a row may not. Refused, with what to pass instead: other types (.to(torch::kFloat)),
/// devices (.cpu()), layouts (.to_dense()) and orders (.contiguous()).
template <Storage T>
view<T> rows(at::Tensor const& x) {
  return detail::rows_of<T>(x, "bridge::rows", "the tensor");
}
template <Storage T>
view<T> rows(at::Tensor&&) {
  static_assert(!Storage<T>, "foil: a view does not keep a tensor alive; keep the tensor in a variable that outlives the view");
  return {};
}

/// Ids, labels, classes: a contiguous tensor of any shape and of kLong, kInt, kShort, kChar or kByte, in the order of its elements.
inline id_list ids(at::Tensor const& x) { return detail::ids_of(x, "bridge::ids", "the tensor"); }
template <class X>
requires std::same_as<X, at::Tensor> id_list ids(X&&) {
  static_assert(!std::same_as<X, at::Tensor>,
                "foil: ids and labels are viewed, not copied; keep the tensor in a variable that outlives what it is given to");
  return {};
}

/// Weights, frequencies, targets, masks (T: float, double or unsigned char): a contiguous tensor of any shape.
template <class T>
requires Scalar<T> || std::same_as<T, unsigned char> std::span<T const> values(at::Tensor const& x) {
  detail::require_in_memory(x, "bridge::values", "the tensor");
  detail::require_holds(x, detail::scalar_type<T>(), "bridge::values", "the tensor");
  require(x.is_contiguous(), "bridge::values: the tensor is not contiguous; convert it by .contiguous()");
  return {static_cast<T const*>(x.data_ptr()), std::size_t(x.numel())};
}
template <class T>
std::span<T const> values(at::Tensor&&) {
  static_assert(std::is_void_v<T>, "foil: a view does not keep a tensor alive; keep the tensor in a variable that outlives the view");
  return {};
}

}}  // namespace foil::bridge
