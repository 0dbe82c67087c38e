// SPDX-License-Identifier: BSD-3-Clause
// The gradient of a pool's candidates: a matrix, and of a listed pool the rows that are named.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "foil/core/numeric.hpp"

namespace foil { inline namespace FOIL_ABI {

/// d value / d candidates, one row each, as a matrix. Of a listed pool row k belongs to row ids[k] of the pool's matrix, and rows
/// that no id names, whose gradient is 0, are left out:
///   outcome.pools[1].add_to(table, -rate);   // a step of gradient descent on the named rows
template <Scalar S>
struct pool_gradient : matrix<S> {
  std::vector<idx> ids;  ///< of a listed pool: the rows that it names, ascending, each once; else empty
  idx table_rows = -1;   ///< of a listed pool: rows of its matrix; else -1

  pool_gradient() = default;
  pool_gradient(matrix<S>&& m) : matrix<S>(std::move(m)) {}
  template <class D>
  pool_gradient(Eigen::MatrixBase<D> const& m) : matrix<S>(m) {}
  /// A row for each candidate from now on.
  template <class D>
  pool_gradient& operator=(Eigen::MatrixBase<D> const& m) {
    matrix<S>::operator=(m);
    ids.clear(), table_rows = -1;
    return *this;
  }
  pool_gradient& operator=(matrix<S>&& m) { return *this = pool_gradient(std::move(m)); }

  bool sparse() const { return table_rows >= 0; }
  /// With a row for each row of the pool's matrix, zeros where none is named. Memory: the matrix's.
  matrix<S> dense() const {
    if (!sparse()) return *this;
    matrix<S> all = matrix<S>::Zero(table_rows, this->cols());
    add_to(all);
    return all;
  }
  /// table += factor * gradient; `table` is a row-major matrix, map or block of any storage type and the shape of the pool's matrix.
  /// Only the named rows are read or written, O(named rows * dim). Refused, with nothing written: another shape, a factor that is
  /// not a number, sums that the table's type cannot hold.
  template <class M>
  void add_to(M&& table, S factor = 1) const {
    using plain = std::remove_cvref_t<M>;
    constexpr bool written = requires { requires std::is_convertible_v<decltype(table.data()), typename plain::Scalar*>; };
    constexpr bool rows = Embeddings<plain> && written;
    static_assert(
        rows, "foil: pool_gradient::add_to writes to a row-major matrix, map or block of float, double, Eigen::half or Eigen::bfloat16");
    if constexpr (rows) add_rows<typename plain::Scalar>(table, factor);
  }

 private:
  template <Storage T, class M>
  void add_rows(M& table, S factor) const {
    idx const count = this->rows(), dim = this->cols(), all = sparse() ? table_rows : count;
    require(table.rows() == all && table.cols() == dim && (!sparse() || idx(ids.size()) == count),
            "pool_gradient::add_to: the gradient is of a table [", all, ", ", dim, "], argument table is [", table.rows(), ", ",
            table.cols(), "]");
    require(table.innerStride() == 1 || dim <= 1, "pool_gradient::add_to: the elements of a row must be contiguous, inner stride is ",
            table.innerStride());
    require(finite_bits(factor), "pool_gradient::add_to: factor must be a number, got ", factor);
    using W = std::conditional_t<std::same_as<T, double>, double, S>;
    auto const each = [&](auto const& use) {
      for (idx k = 0; k < count; ++k) {
        idx const id = sparse() ? ids[std::size_t(k)] : k;
        S const* const from = this->data() + k * dim;
        T* const to = table.data() + id * table.outerStride();
        for (idx j = 0; j < dim; ++j) use(to[j], T(W(to[j]) + W(factor) * W(from[j])), id);
      }
    };
    each([](T const&, T sum, idx id) {
      require(finite_bits(sum), "pool_gradient::add_to: row ", id, " of the table would hold what is not a finite number of its type");
    });
    each([](T& to, T sum, idx) { to = sum; });
  }
};

}}  // namespace foil
