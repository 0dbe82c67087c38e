// SPDX-License-Identifier: BSD-3-Clause
// KoLeo: every row away from its nearest neighbour, so that a batch fills the sphere.
#pragma once

#include <cmath>
#include <vector>

#include "foil/core/option.hpp"
#include "foil/engine/objective.hpp"
#include "foil/pool/self.hpp"
#include "foil/recipe/unit_gradient.hpp"
#include "foil/similarity/wide_rows.hpp"
#include "foil/stat/hardest.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// The column of a row's hardest negative.
struct hardest_column : stat::hardest<over::negatives> {
  template <Scalar S>
  double value(state<S> const& s) const {
    return double(s.column);
  }
  template <Scalar S>
  void slope(state<S> const&, S, slice<S> const&, S*) const {}
};
/// A loss of 0 that records the column of each row's hardest negative, its nearest neighbour.
struct nearest_of {
  std::vector<idx>* out;  ///< [rows]

  double scale() const { return 1; }
  auto stats() const { return std::tuple{hardest_column{}}; }
  template <Scalar S>
  row_loss<S, 1> row_at(idx row, S column) const {
    (*out)[std::size_t(row)] = idx(column);
    return {};
  }
};

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

/// What `koleo` returns.
template <Scalar S>
struct koleo_outcome {
  S value = 0;               ///< mean over rows
  matrix<S> x;               ///< d value / dx
  std::vector<idx> nearest;  ///< row that each row was moved away from
};

///   -mean_i log(d_i + eps),   d_i = |x_i - x_n + eps| on unit rows, n the row of the largest cosine with i, a constant for the gradient
/// Entropy of the batch on the sphere, by Kozachenko and Leonenko. eps, in [1e-300, 1], is added to each difference of columns too, as
/// published. Refuses a single row. Ties to the lower row. Sablayrolles et al. 2019, arXiv 1806.03198. Cost: one product; the rows once in double.
template <class X>
auto koleo(X const& x, double eps = 1e-8, execution how = {}) {
  auto const v = as_view(x);
  using S = arithmetic<typename decltype(v)::Scalar>;
  check_option("koleo", "eps", eps, range::real{1e-300, 1});
  idx const n = v.rows(), dim = v.cols();
  require(n != 1, "koleo: one row has no neighbour");
  koleo_outcome<S> r{0, {}, std::vector<idx>(static_cast<std::size_t>(n))};
  objective(engine::nearest_of{&r.nearest}, similarity::cosine{}, reduce::mean{}, how).named("koleo").value(v, pool::self(v));
  matrix<double> const unit = mining::unit_rows(v, "koleo", "x");
  matrix<double> g = matrix<double>::Zero(n, dim);
  double value = 0;
  for (idx i = 0; i < n; ++i) {
    idx const j = r.nearest[std::size_t(i)];
    double square = 0;
    for (idx k = 0; k < dim; ++k) square += std::pow(unit(i, k) - unit(j, k) + eps, 2);
    double const d = std::sqrt(square);
    value -= std::log(d + eps) / double(n);
    for (idx k = 0; k < dim && d > 0; ++k) {
      double const slope = (unit(i, k) - unit(j, k) + eps) / d / (d + eps) / double(n);
      g(i, k) -= slope, g(j, k) += slope;
    }
  }
  r.value = S(value);
  r.x = engine::gradient_of_given_rows<S>(v, unit, g, "koleo");
  return r;
}

}}  // namespace foil
