// Views: embeddings somebody else owns, as foil reads them. Never a copy.
#pragma once
// clang-format off  (clang-format 14 breaks requires-expressions)

#include <cstdint>

#include "foil/core/types.hpp"

namespace foil::inline FOIL_ABI {

/// [rows, cols] numbers at data[i * stride + j]; a non-owning reference, cheap to copy.
template <class T>
struct view {
  using Scalar = T;
  T const* start = nullptr;
  idx n = 0, dim = 0, step = 0;

  T const* data() const { return start; }
  idx rows() const { return n; }
  idx cols() const { return dim; }
  idx stride() const { return step; }
  T const* row(idx i) const { return start + i * step; }
  T operator()(idx i, idx j) const { return start[i * step + j]; }
  /// Whether memory [from, to) holds any of its rows.
  bool overlaps(void const* from, void const* to) const {
    auto const at = [](void const* p) { return reinterpret_cast<std::uintptr_t>(p); };
    return n > 0 && dim > 0 && at(start) < at(to) && at(from) < at(row(n - 1) + dim);
  }
  /// Rows first .. first + count.
  view middle(idx first, idx count) const { return {start + first * step, count, dim, step}; }
};

/// Anything stored that can be viewed without a copy as row-major embeddings.
template <class M>
concept Embeddings = requires(M const& m) {
  typename M::Scalar;
  { m.data() } -> std::convertible_to<typename M::Scalar const*>;
  { m.rows() } -> std::convertible_to<idx>;
  { m.cols() } -> std::convertible_to<idx>;
  { m.outerStride() } -> std::convertible_to<idx>;
  { m.innerStride() } -> std::convertible_to<idx>;
} && Storage<typename M::Scalar> && bool(M::IsRowMajor);

template <class T>
inline constexpr bool is_view = false;
template <class T>
inline constexpr bool is_view<view<T>> = true;

template <class T>
view<T> as_view(view<T> v) {
  return v;
}
template <Embeddings M>
view<typename M::Scalar> as_view(M const& m) {
  require(m.innerStride() == 1, "view: the elements of a row must be contiguous, inner stride is ", m.innerStride());
  return {m.data(), m.rows(), m.cols(), m.outerStride()};
}

/// n embeddings of length dim in memory, `stride` numbers apart (default: one after the other).
template <Storage T>
view<T> rows(T const* data, idx n, idx dim, idx stride = -1) {
  if (stride < 0) stride = dim;
  require(n >= 0 && dim >= 0, "rows: n and dim must not be negative, got ", n, " and ", dim);
  require(stride >= dim, "rows: stride must be at least dim, got stride ", stride, " and dim ", dim);
  require(data != nullptr || n * dim == 0, "rows: data is null for ", n, " rows of dim ", dim);
  return {data, n, dim, stride};
}

/// A column-major matrix whose *columns* are the embeddings: the same memory, no copy.
template <class M>
view<typename M::Scalar> columns(M const& m) {
  static_assert(!bool(M::IsRowMajor), "foil: columns(X) is for a column-major matrix whose columns are embeddings; pass a row-major matrix as it is");
  require(m.innerStride() == 1, "columns: the elements of a column must be contiguous, inner stride is ", m.innerStride());
  return {m.data(), m.cols(), m.rows(), m.outerStride()};
}

}  // namespace foil
