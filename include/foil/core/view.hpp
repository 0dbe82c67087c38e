// SPDX-License-Identifier: BSD-3-Clause
// Views: embeddings somebody else owns, as foil reads them. Never a copy. One file because what may be viewed, and the sentences
// about what may not, belong together.
#pragma once
// clang-format off  (clang-format 14 breaks requires-expressions)

#include <bit>
#include <cstdint>
#include <iterator>
#include <limits>
#include <tuple>

#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// [rows, cols] numbers at data[i * stride + j]; a non-owning reference, cheap to copy.
template <class T>
struct view {
  using Scalar = T;
  T const* start = nullptr;      ///< first number of row 0
  idx n = 0, dim = 0, step = 0;  ///< rows; numbers of a row; numbers from one row to the next

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

/// Whole numbers of 8 bits, each row times its scale: what rows_int8 returns.
template <>
struct view<std::int8_t> {
  using Scalar = std::int8_t;
  std::int8_t const* start = nullptr;  ///< first number of row 0
  idx n = 0, dim = 0, step = 0;        ///< rows; numbers of a row; numbers from one row to the next
  float const* scales = nullptr;       ///< [n]

  std::int8_t const* data() const { return start; }
  idx rows() const { return n; }
  idx cols() const { return dim; }
  idx stride() const { return step; }
  std::int8_t const* row(idx i) const { return start + i * step; }
  float operator()(idx i, idx j) const { return scales[i] * float(start[i * step + j]); }
  bool overlaps(void const* from, void const* to) const {
    return view<unsigned char>{reinterpret_cast<unsigned char const*>(start), n, dim, step}.overlaps(from, to) ||
           view<float>{scales, n, 1, 1}.overlaps(from, to);
  }
  view middle(idx first, idx count) const { return {start + first * step, count, dim, step, scales + first}; }
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
}
&&Storage<typename M::Scalar>&& bool(M::IsRowMajor);

template <class T>
inline constexpr bool is_view = false;
template <class T>
inline constexpr bool is_view<view<T>> = true;

namespace detail {
template <class D>
void eigen_object(Eigen::EigenBase<D> const*);
template <class D>
void eigen_owner(Eigen::PlainObjectBase<D> const*);
template <class P, int O, class Stride>
void eigen_owner(Eigen::Ref<P const, O, Stride> const*);  // may hold a copy
template <class T>
inline constexpr bool is_eigen = requires(T const* x) {
  eigen_object(x);
};
}  // namespace detail

/// Anything that can be iterated over.
template <class R>
concept walkable = requires(R& r) {
  std::begin(r), std::end(r);
};

/// Objects whose numbers die with them: matrices, vectors, arrays. Maps, blocks, spans and foil's views own nothing.
template <class T>
concept owns_memory = requires(T const* x) {
  detail::eigen_owner(x);
}
|| (!detail::is_eigen<T> &&
    (
        requires(T & x) { x.resize(1); } || requires(T & x) { x.resize(1, 1); } || requires { std::tuple_size<T>::value; }));

/// Of a forwarded argument M&&: it dies at the end of the statement and takes its numbers along.
template <class M>
concept owning_temporary = !std::is_reference_v<M> && owns_memory<std::remove_cv_t<M>>;

/// n * each bytes are more than memory has addresses, or a size is negative.
inline bool beyond_memory(idx n, idx each) {
  idx bytes = 0;
  return n < 0 || each < 0 || __builtin_mul_overflow(n, each, &bytes);
}
template <class T>
bool beyond_memory(idx rows, idx columns) {
  return beyond_memory(columns, idx(sizeof(T))) || beyond_memory(rows, columns * idx(sizeof(T)));
}

/// M can be read as embeddings; where it cannot, the error says what to write.
template <class M>
consteval bool readable() {
  using plain = std::remove_cvref_t<M>;
  if constexpr (!is_view<plain> && !Embeddings<plain>) {
    constexpr bool matrix = requires { typename plain::Scalar; };
    static_assert(matrix,
                  "foil: expected a matrix of embeddings; declare foil::matrix<float>, or view memory with foil::rows(data, n, dim)");
    if constexpr (matrix) {
      constexpr bool number = Storage<typename plain::Scalar>, stored = requires(plain const&m) { m.data(); };
      static_assert(number,
                    "foil: embeddings and scores are float, double, Eigen::half or Eigen::bfloat16; convert other numbers first: "
                    "foil::matrix<float> const x = m.cast<float>()");
      static_assert(!number || stored,
                    "foil: an expression holds no numbers yet; evaluate it first: foil::matrix<float> const x = expression");
      static_assert(!number || !stored,
                    "foil: embeddings must be row-major, one per row and stored; declare foil::matrix<float>, or pass foil::columns(X) for "
                    "embeddings stored as columns");
    }
  }
  return is_view<plain> || Embeddings<plain>;
}

/// What a matrix stores; float for what is none, so that the sentence above is the first error and not a missing member.
template <class M>
struct storage_type {
  using type = float;
};
template <class M>
requires requires { requires Stored<typename M::Scalar>; }
struct storage_type<M> {
  using type = typename M::Scalar;
};
template <class M>
using storage_of = typename storage_type<std::remove_cvref_t<M>>::type;

template <class T>
view<T> as_view(view<T> v) {
  return v;
}
/// Maps and blocks may be temporaries, matrices not.
template <class M>
requires(!is_view<std::remove_cvref_t<M>>) view<storage_of<M>> as_view(M&& m) {
  static_assert(readable<M>());
  static_assert(!owning_temporary<M>, "foil: a view does not keep a matrix alive; keep the matrix in a variable that outlives the view");
  if constexpr (Embeddings<std::remove_cvref_t<M>>) {
    require(m.innerStride() == 1 || m.cols() <= 1, "as_view: the elements of a row must be contiguous, inner stride is ", m.innerStride());
    return {m.data(), m.rows(), m.cols(), m.outerStride()};
  }
  return {};
}

/// n embeddings of length dim in memory, `stride` numbers apart (default: one after the other).
template <Storage T>
view<T> rows(T const* data, idx n, idx dim, idx stride = -1) {
  if (stride == -1) stride = dim;
  require(n >= 0 && dim >= 0, "rows: n and dim must not be negative, got ", n, " and ", dim);
  require(stride >= dim, "rows: stride must be at least dim, got stride ", stride, " and dim ", dim);
  require(!beyond_memory<T>(n, stride), "rows: ", n, " rows, ", stride, " numbers apart, are more than memory can hold");
  require(data != nullptr || n == 0 || dim == 0, "rows: data is null for ", n, " rows of dim ", dim);
  return {data, n, dim, stride};
}
template <class R>
requires(!requires(R const& r) { []<Storage T>(T const*) {}(r); }) view<float> rows(R const&, idx, idx, idx = -1) {
  static_assert(std::is_void_v<R>,
                "foil: rows views a pointer to float, double, Eigen::half or Eigen::bfloat16; write foil::rows(x.data(), n, dim)");
  return {};
}

/// n embeddings of length dim in whole numbers of 8 bits, `stride` apart; row i is scales[i] times them, each product rounded to
/// float. Scales are from 0 to 2e36: no product overflows.
inline view<std::int8_t> rows_int8(std::int8_t const* data, idx n, idx dim, float const* scales, idx stride = -1) {
  if (stride == -1) stride = dim;
  require(n >= 0 && dim >= 0, "rows_int8: n and dim must not be negative, got ", n, " and ", dim);
  require(stride >= dim, "rows_int8: stride must be at least dim, got stride ", stride, " and dim ", dim);
  require(!beyond_memory<std::int8_t>(n, stride), "rows_int8: ", n, " rows, ", stride, " numbers apart, are more than memory can hold");
  require(data != nullptr || n == 0 || dim == 0, "rows_int8: data is null for ", n, " rows of dim ", dim);
  require(scales != nullptr || n == 0, "rows_int8: scales is null for ", n, " rows");
  for (idx i = 0; i < n; ++i)
    require(std::bit_cast<std::uint32_t>(scales[i]) <= std::bit_cast<std::uint32_t>(2e36f),  // no sign, no NaN, no infinity
            "rows_int8: scales must be from 0 to 2e36, that of row ", i, " is ", scales[i]);
  return {data, n, dim, stride, scales};
}

/// A column-major matrix whose *columns* are the embeddings: the same memory, no copy.
template <class M>
view<storage_of<M>> columns(M&& m) {
  using plain = std::remove_cvref_t<M>;
  constexpr bool matrix = requires {
    requires Storage<typename plain::Scalar>;
    m.data();
    bool(plain::IsRowMajor);
  };
  static_assert(matrix, "foil: columns(X) views a stored column-major matrix whose columns are embeddings");
  static_assert(!owning_temporary<M>, "foil: a view does not keep a matrix alive; keep the matrix in a variable that outlives the view");
  if constexpr (matrix) {
    static_assert(!bool(plain::IsRowMajor),
                  "foil: columns(X) is for a column-major matrix whose columns are embeddings; pass a row-major matrix as it is");
    require(m.innerStride() == 1 || m.rows() <= 1, "columns: the elements of a column must be contiguous, inner stride is ",
            m.innerStride());
    return {m.data(), m.cols(), m.rows(), m.outerStride()};
  }
  return {};
}

}}  // namespace foil
