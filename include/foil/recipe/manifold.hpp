// SPDX-License-Identifier: BSD-3-Clause
// Manifold loss: embeddings near their proxy by random walks over the graph of both, not by the distance alone.
#pragma once

#include <algorithm>
#include <cmath>

#include <Eigen/Cholesky>

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/objective.hpp"
#include "foil/pool/self.hpp"
#include "foil/similarity/cosine.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `manifold`.
struct manifold_options {
  static constexpr char const* name = "manifold";
  double alpha = 0.8;        ///< in [0, 0.999]; chance that a walk goes on
  double margin = 5e-4;      ///< in [-700, 700]; by how much the own proxy should be ahead
  double context = 1;        ///< in [0, 1e15]; weight of the second part
  double temperature = 0.5;  ///< >= 0.005; divisor of cosines
  static void options(auto list) {
    using own = manifold_options;
    list("alpha", &own::alpha, range::real{0, 0.999}), list("margin", &own::margin, range::real{-700, 700});
    list("context", &own::context, range::not_negative), list("temperature", &own::temperature, range::real{0.005, 1e15});
  }
};

}}  // namespace foil
namespace foil::engine { inline namespace FOIL_ABI {

/// The loss over the cosines u of all rows and proxies with each other: rows first, then proxies.
struct random_walk {
  manifold_options options;
  id_list proxy_of;

  double scale() const { return 1; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    using numbers = Eigen::Matrix<double_for<S>, Eigen::Dynamic, Eigen::Dynamic>;
    using column = Eigen::Matrix<double_for<S>, Eigen::Dynamic, 1>;
    idx const all = u.rows(), n = proxy_of.size(), proxies = all - n;
    if (n == 0) return 0;
    numbers s(all, all);
    for (idx i = 0; i < all; ++i)
      for (idx j = 0; j < all; ++j) s(i, j) = i == j ? 0 : std::exp((std::max)(double(u(i, j)), 0.0) / options.temperature);
    column const degree = s.rowwise().sum(), root = degree.cwiseSqrt().cwiseInverse();
    numbers const walk = root.asDiagonal() * s * root.asDiagonal(), one = numbers::Identity(all, all);
    numbers const f = (1 - options.alpha) * (one - options.alpha * walk).llt().solve(one);  // where walks that start at a row end
    double value = 0;
    numbers g = numbers::Zero(all, all);                        // d value / df
    auto const behind = [&](numbers const& m, double weight) {  // weight times mean_i log(1 + sum_j e^{m_ij - m_iy + margin}); its slopes
      numbers slope = numbers::Zero(n, proxies);
      for (idx i = 0; i < n; ++i) {
        idx const y = proxy_of[i];
        double sum = 1;
        for (idx j = 0; j < proxies; ++j)
          if (double const x = m(i, j) - m(i, y) + options.margin; j != y && x >= 0) sum += slope(i, j) = std::exp(x);
        slope.row(i) *= weight / sum / double(n), slope(i, y) = -slope.row(i).sum();
        value += weight * std::log(sum) / double(n);
      }
      return slope;
    };
    g.topRightCorner(n, proxies) = behind(f.topRightCorner(n, proxies), 1);
    column const length = f.rowwise().norm();
    numbers const unit = length.cwiseInverse().asDiagonal() * f, rows = unit.topRows(n), ends = unit.bottomRows(proxies);
    numbers const c = behind(rows * ends.transpose(), options.context);
    numbers by_unit(all, all);
    by_unit << c * ends, c.transpose() * rows;
    column const along = by_unit.cwiseProduct(unit).rowwise().sum();
    g += length.cwiseInverse().asDiagonal() * (by_unit - along.asDiagonal() * unit);
    numbers const by_walk = options.alpha / (1 - options.alpha) * f * g * f;
    numbers const product = by_walk.cwiseProduct(walk);
    column const by_degree = -0.5 * (product.rowwise().sum() + product.colwise().sum().transpose()).cwiseQuotient(degree);
    for (idx i = 0; i < all; ++i)
      for (idx j = 0; j < all; ++j)
        slopes[i * all + j] = S(u(i, j) > 0 ? (by_walk(i, j) * root(i) * root(j) + by_degree(i)) * s(i, j) / options.temperature : 0);
    return S(value);
  }
};

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

///   mean_i log(1 + sum_j e^{F_ij - F_iy + margin}) + context mean_i log(1 + sum_j e^{C_ij - C_iy + margin}),   j != y whose exponent is >= 0
///   F = (1 - alpha) (1 - alpha W)^-1,  W = D^-1/2 A D^-1/2,  A_kl = e^{relu(cosine_kl) / temperature}, A_kk = 0,  D its rows' sums,
///   F_ij: of row i to proxy j; C_ij: the cosine of F's rows of row i and of proxy j
/// z [B, dim], proxies [K, dim], proxy_of [B] in 0 .. K - 1, y above: the proxy (meta-class) of each row. Result: anchors d/dz, pools[0]
/// d/dproxies. Time: (B + K)^3. Memory: about ten matrices of B + K by B + K in double. Aziere and Todorovic 2019 (CVPR).
template <class Z, class P>
auto manifold(Z const& z, P const& proxies, id_list proxy_of, manifold_options const& options = {}, execution how = {}) {
  auto const x = as_view(z);
  auto const p = as_view(proxies);
  using S = arithmetic<typename decltype(x)::Scalar>;
  idx const n = x.rows(), count = p.rows();
  check_options(options);
  require(proxy_of.size() == n && p.cols() == x.cols(), "manifold: z is [", n, ", ", x.cols(), "], proxies [", count, ", ", p.cols(),
          "], with ", proxy_of.size(), " proxies of rows");
  for (idx i = 0; i < n; ++i)
    require(proxy_of[i] >= 0 && proxy_of[i] < count, "manifold: the proxy of row ", i, " is ", proxy_of[i], ", outside 0 .. ", count - 1);
  matrix<S> both(n + count, x.cols());
  for (idx i = 0; i < n + count; ++i)
    for (idx k = 0; k < x.cols(); ++k) both(i, k) = i < n ? S(x(i, k)) : S(p(i - n, k));
  auto r = objective(engine::random_walk{options, proxy_of}, similarity::cosine{}, reduce::mean{}, how)
               .named("manifold")
               .value_and_grad(both, pool::self(both));
  matrix<S> const g = r.anchors;
  r.anchors = g.topRows(n), r.pools.resize(1), r.pools[0] = g.bottomRows(count);
  return r;
}

}}  // namespace foil
