// SPDX-License-Identifier: BSD-3-Clause
// Softmax over classes with a multiple of the target's angle, on logits that keep the lengths of rows: L-softmax, SphereFace.
#pragma once

#include <cmath>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/margin_softmax.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/recipe/unit_gradient.hpp"
#include "foil/roles/target.hpp"
#include "foil/similarity/dot.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `large_margin_softmax` and `sphere_face`.
struct large_margin_options {
  static constexpr char const* name = "large_margin_softmax";
  idx margin = 4;    ///< in 1 .. 64; multiple of the target's angle; 1 is plain softmax
  double scale = 1;  ///< > 0; factor on the logits
  static void options(auto list) {
    list("margin", &large_margin_options::margin, range::whole{1, 64}), list("scale", &large_margin_options::scale, range::positive);
  }
};

}}  // namespace foil
namespace foil::engine { inline namespace FOIL_ABI {

/// margin_softmax of logits whose row i has the factor length_i; length_slope [rows] receives d loss / d length_i, logits held.
struct large_margin_loss {
  large_margin_options options;
  std::vector<double> const* length;
  std::vector<double>* length_slope;

  double scale() const { return options.scale; }
  auto stats() const { return loss::margin_softmax{}.stats(); }
  template <Scalar S>
  row_loss<S, 2> row_at(idx row, S others, S target) const {
    double const by = (*length)[std::size_t(row)];
    auto r = loss::margin_softmax{loss::margin_head::sphereface, double(options.margin), 1 / by}.row(others, target);
    (*length_slope)[std::size_t(row)] = double(r.scale);
    r.scale *= S(by / options.scale);
    return r;
  }
};

template <class Z, class W>
auto large_margin_of(char const* where, Z const& z, id_list labels, W const& weights, bool unit, large_margin_options const& o,
                     execution how) {
  auto const x = as_view(z);
  auto const w = as_view(weights);
  using S = arithmetic<typename decltype(x)::Scalar>;
  check_options(where, o);
  require(labels.size() == x.rows(), where, ": ", x.rows(), " rows, but ", labels.size(), " labels");
  auto const ux = mining::unit_rows(x, where, "z"), uw = mining::unit_rows(w, where, "weights"), wide = mining::rescaled_rows(w, 0);
  matrix<S> const given = (unit ? uw : wide).template cast<S>();
  auto const lengths = [](auto const& rows, auto const& u) { return (rows.array() * u.array()).rowwise().sum().eval(); };
  auto const of_x = lengths(mining::rescaled_rows(x, 0), ux), of_w = lengths(unit ? uw : wide, uw);
  std::vector<double> length, length_slope(std::size_t(x.rows()));
  for (idx i = 0; i < x.rows(); ++i) {
    idx const y = labels[i];
    require(y >= 0 && y < w.rows(), where, ": label ", y, " of row ", i, " is outside 0 .. ", w.rows() - 1);
    length.push_back(o.scale * of_x(i) * of_w(y));
    require(length.back() > 0, where, ": row ", i, " or the weights of its class have length 0, which has no angle");
    require(length.back() >= double((std::numeric_limits<S>::min)()), where, ": the length of row ", i, " times that of its class is ",
            length.back(), ", too small for ", scalar_name<S>, " to hold their angle");
  }
  auto r = objective(large_margin_loss{o, &length, &length_slope}, similarity::dot{}, reduce::mean{}, how)
               .named(where)
               .value_and_grad(x, pool::in_batch(given, roles::target(labels)));
  matrix<double_for<S>> gw = r.pools[0].template cast<double>();
  for (idx i = 0; i < x.rows(); ++i) {
    idx const y = labels[i];
    double const g = o.scale * length_slope[std::size_t(i)] / double(x.rows());
    r.anchors.row(i) += (g * of_w(y) * ux.row(i)).template cast<S>();
    if (!unit) gw.row(y) += g * of_x(i) * uw.row(y);
  }
  r.pools[0] = unit ? gradient_of_given_rows<S>(w, uw, gw, where) : matrix<S>(gw.template cast<S>());
  require_finite(as_view(r.anchors), where, "the gradient of z"), require_finite(as_view(r.pools[0]), where, "the gradient of the weights");
  return r;
}

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

///   L_i = -l_i psi(theta_iy) + log( e^{l_i psi(theta_iy)} + sum_{j != y} e^{scale <z_i, w_j>} ),   l_i = scale |z_i| |w_y|,
///   psi = (-1)^k cos(m theta) - 2 k, k = floor(m theta / pi), theta_iy the angle of z_i and w_y;   mean over rows
/// z [B, dim], labels [B] in 0 .. C - 1, weights [C, dim], a row a class. Rows of length 0 are refused. Result: anchors d/dz, pools[0]
/// d/dweights. Time: the product. Memory: rows and weights in double. Liu et al. 2016, arXiv 1612.02295.
template <class Z, class W>
auto large_margin_softmax(Z const& z, id_list labels, W const& weights, large_margin_options const& options = {}, execution how = {}) {
  return engine::large_margin_of("large_margin_softmax", z, labels, weights, false, options, how);
}
/// The same with weights scaled to length 1. Liu et al. 2017, arXiv 1704.08063. With rows of length 1 too, streamed:
/// loss::margin_softmax{loss::margin_head::sphereface, 4, temperature}.
template <class Z, class W>
auto sphere_face(Z const& z, id_list labels, W const& weights, large_margin_options const& options = {}, execution how = {}) {
  return engine::large_margin_of("sphere_face", z, labels, weights, true, options, how);
}

}}  // namespace foil
