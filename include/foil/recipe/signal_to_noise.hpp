// SPDX-License-Identifier: BSD-3-Clause
// The contrastive loss under the signal-to-noise distance.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/objective.hpp"
#include "foil/pool/self.hpp"
#include "foil/recipe/unit_gradient.hpp"
#include "foil/similarity/euclidean.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `signal_to_noise_contrastive`.
struct signal_to_noise_options {
  static constexpr char const* name = "signal_to_noise_contrastive";
  double pos_margin = 0, neg_margin = 1;  ///< numbers, distances
  bool normalize = true;                  ///< rows are scaled to length 1 first
  static void options(auto list) {
    list("pos_margin", &signal_to_noise_options::pos_margin, range::either_sign);
    list("neg_margin", &signal_to_noise_options::neg_margin, range::either_sign);
  }
};

}}  // namespace foil
namespace foil::engine { inline namespace FOIL_ABI {

/// contrastive_pair's formula with d_ij = -u_ij / power_i; power_slope [rows] receives d value / d power_i.
struct signal_to_noise_loss {
  signal_to_noise_options options;
  id_list labels;
  std::vector<double> const* power;
  std::vector<double>* power_slope;

  double scale() const { return 1; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    idx const n = u.rows();
    double sum[2] = {0, 0}, active[2] = {0, 0};
    auto const each = [&](auto f) {
      for (idx i = 0; i < n; ++i)
        for (idx j = 0; j < n; ++j) {
          if (i == j) continue;
          bool const same = labels[i] == labels[j];
          double const d = -double(u(i, j)) / (*power)[std::size_t(i)], x = same ? d - options.pos_margin : options.neg_margin - d;
          if (x > 0) f(i, j, same, d, x);
        }
    };
    each([&](idx, idx, bool same, double, double x) { sum[same] += x, ++active[same]; });
    double const share[2] = {1 / (std::max)(active[0], 1.0), 1 / (std::max)(active[1], 1.0)};
    each([&](idx i, idx j, bool same, double d, double) {
      double const g = (same ? share[1] : -share[0]) / (*power)[std::size_t(i)];  // d value / d (d power)
      slopes[i * n + j] = S(-g), (*power_slope)[std::size_t(i)] -= g * d;
    });
    return S(sum[0] * share[0] + sum[1] * share[1]);
  }
};

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

///   mean relu(d - pos_margin) over positive pairs + mean relu(neg_margin - d) over negative ones, each over the terms above 0,
///   d_ij = variance(z_i - z_j) / variance(z_i), variances over the columns: noise over the anchor's signal; not symmetric
/// z [B, dim], labels [B]; pairs in both orders. A row whose numbers are all equal has no signal and is refused. Result: anchors d/dz.
/// Memory: twice B x B; beside the products the time goes to two looks at each pair, a division each. Yuan et al. 2019, arXiv 1904.02616.
template <class Z>
auto signal_to_noise_contrastive(Z const& z, id_list labels, signal_to_noise_options const& options = {}, execution how = {}) {
  auto const v = as_view(z);
  using S = arithmetic<typename decltype(v)::Scalar>;
  check_options(options);
  idx const n = v.rows(), dim = v.cols();
  require(labels.size() == n, "signal_to_noise_contrastive: ", n, " rows, but ", labels.size(), " labels");
  require_finite(v, "signal_to_noise_contrastive", "z");
  matrix<double> const rows = options.normalize ? mining::unit_rows(v, "signal_to_noise_contrastive", "z") : mining::rescaled_rows(v, 0);
  matrix<S> centred(n, dim);
  std::vector<double> power, power_slope(std::size_t(v.rows()));
  for (idx i = 0; i < n; ++i) {
    double mean = 0, square = 0;
    for (idx k = 0; k < dim; ++k) mean += rows(i, k) / double(dim);
    for (idx k = 0; k < dim; ++k) centred(i, k) = S(rows(i, k) - mean), square += std::pow(rows(i, k) - mean, 2);
    require(square > 0, "signal_to_noise_contrastive: row ", i, " has no signal, its numbers are all equal");
    power.push_back(square);
  }
  auto r = objective(engine::signal_to_noise_loss{options, labels, &power, &power_slope}, similarity::neg_sq_l2{}, reduce::mean{}, how)
               .named("signal_to_noise_contrastive")
               .value_and_grad(centred, pool::self(centred));
  matrix<double> g(n, dim);
  for (idx i = 0; i < n; ++i) {  // back through the mean
    double mean = 0;
    for (idx k = 0; k < dim; ++k) {
      g(i, k) = double(r.anchors(i, k)) + 2 * power_slope[std::size_t(i)] * double(centred(i, k));
      mean += g(i, k) / double(dim);
    }
    for (idx k = 0; k < dim; ++k) g(i, k) -= mean;
  }
  r.anchors =
      options.normalize ? engine::gradient_of_given_rows<S>(v, rows, g, "signal_to_noise_contrastive") : matrix<S>(g.template cast<S>());
  return r;
}

}}  // namespace foil
