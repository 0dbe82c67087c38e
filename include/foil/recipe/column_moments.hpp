// SPDX-License-Identifier: BSD-3-Clause
// Products of the columns of two batches, and from their gradient to that of the rows: what losses of covariances are made of.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/executor.hpp"
#include "foil/core/numeric.hpp"
#include "foil/simd/product.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

inline constexpr idx moment_rows = 64;  ///< rows of a result that one task makes; part of what the bits depend on

/// f(first, count, workspace) for pieces of `rows`, on the executor's threads.
template <Scalar S, class F>
void in_pieces(idx rows, idx workspace, executor const& on, F const& f) {
  call_executor const started(on);
  started.get().run(int((rows + moment_rows - 1) / moment_rows), [&](int piece) {
    std::vector<S> work(static_cast<std::size_t>(workspace));
    idx const first = piece * moment_rows;
    f(first, (std::min)(moment_rows, rows - first), work.data());
  });
}

/// a^T b, [columns of a, columns of b]. Sums over rows in a fixed order, whatever the number of threads.
template <Scalar S>
matrix<S> column_products(matrix<S> const& a, matrix<S> const& b, executor const& on) {
  matrix<S> c = matrix<S>::Zero(a.cols(), b.cols());
  in_pieces<S>(a.cols(), simd::product_workspace<S>((std::min)(moment_rows, a.cols()), b.cols(), a.rows()), on,
               [&](idx first, idx count, S* work) {
                 simd::add_product_atb(a.data() + first, a.cols(), count, b.data(), b.cols(), b.cols(), a.rows(),
                                       c.data() + first * c.cols(), c.cols(), work);
               });
  return c;
}
/// to += x m, row by row.
template <Scalar S>
void add_times(matrix<S> const& x, matrix<S> const& m, matrix<S>& to, executor const& on) {
  in_pieces<S>(x.rows(), simd::product_workspace<S>((std::min)(moment_rows, x.rows()), m.cols(), x.cols()), on,
               [&](idx first, idx count, S* work) {
                 simd::add_product_ab(x.data() + first * x.cols(), x.cols(), count, m.data(), m.cols(), m.cols(), x.cols(),
                                      to.data() + first * to.cols(), to.cols(), work);
               });
}

/// The columns of a batch less their means, and their variances.
template <Scalar S>
struct centred_columns {
  matrix<S> x;                   ///< [rows, dim]
  std::vector<double> variance;  ///< [dim] mean square of each column

  template <class T>
  explicit centred_columns(view<T> v) : x(v.rows(), v.cols()), variance(std::size_t(v.cols()), 0) {
    std::vector<double> mean(variance.size(), 0);
    double const each = 1 / double(v.rows());
    for (idx i = 0; i < v.rows(); ++i)
      for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += double(v(i, idx(k))) * each;
    for (idx i = 0; i < v.rows(); ++i)
      for (std::size_t k = 0; k < mean.size(); ++k) {
        double const off = double(v(i, idx(k))) - mean[k];
        x(i, idx(k)) = S(off), variance[k] += off * off * each;
      }
  }
};

/// The two views of VICReg and of Barlow Twins: shapes and numbers.
template <class A, class B>
void check_views(char const* where, view<A> a, view<B> b) {
  require(a.rows() == b.rows() && a.cols() == b.cols(), where, ": z1 is [", a.rows(), ", ", a.cols(), "], z2 [", b.rows(), ", ", b.cols(),
          "]");
  require(a.rows() >= 2 && a.cols() >= 1, where, ": covariances need two rows and a column, got [", a.rows(), ", ", a.cols(), "]");
  require_finite(a, where, "z1"), require_finite(b, where, "z2");
}

}}  // namespace foil::engine
