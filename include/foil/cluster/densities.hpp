// SPDX-License-Identifier: BSD-3-Clause
// How dense each cluster is: the temperatures of a prototype term.
#pragma once

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `densities`.
struct density_options {
  static constexpr char const* name = "densities";
  double temperature = 0.4;      ///< > 0; the mean of the densities
  double smoothing = 5;          ///< >= 0; keeps small clusters from looking dense (MEOW's 5; prototypical contrast has 10)
  double low = 0.1, high = 0.9;  ///< in [0, 1], low <= high; quantiles over clusters that densities are clamped to
  static void options(auto list) {
    list("temperature", &density_options::temperature, range::temperature),
        list("smoothing", &density_options::smoothing, range::not_negative);
    list("low", &density_options::low, range::share), list("high", &density_options::high, range::share);
  }
  void check() const { require(low <= high, "densities: low must not exceed high, got ", low, " and ", high); }
};

namespace detail {
/// Linear between the order statistics; x ascending, not empty.
inline double quantile(std::vector<double> const& x, double q) {
  double const at = q * double(x.size() - 1);
  auto const i = std::size_t(at);
  return i + 1 < x.size() ? x[i] + (at - double(i)) * (x[i + 1] - x[i]) : x[i];
}
}  // namespace detail

/// d_b = mean over members of |z_i - c_b| / log(n_b + smoothing), z_i at unit length; clusters of one or none take the
/// largest; clamped to quantiles; scaled to the mean `temperature`. Small where a cluster is tight; 0 only if so many are points
/// that the lower quantile is 0. All d 0: all equal. O(n d); the time goes to one sum of squares a row, number after number.
/// Li et al. 2021 (prototypical contrast), arXiv 2005.04966. MEOW's code puts an inner product in the distance's place.
template <class Z, Scalar S>
std::vector<S> densities(Z const& z, id_list of, view<S> centroids, density_options const& o = {}) {
  auto const x = as_view(z);
  idx const clusters = centroids.rows(), dim = centroids.cols();
  require(x.cols() == dim && x.rows() == of.size(), "densities: z is [", x.rows(), ", ", x.cols(), "], with ", of.size(),
          " cluster numbers and centroids of dim ", dim);
  check_options(o);
  require_finite(centroids, "densities", "centroids");
  if (clusters == 0) return {};
  std::vector<double> d(std::size_t(clusters), 0.0);
  std::vector<idx> members(std::size_t(clusters), 0);
  // Densities are relative to their mean, so huge centroids may be scaled down with the distances to them.
  double const scale = std::ldexp(1.0, (std::min)(0, scaling_exponent_of_rows(centroids)));
  require_finite(x, "densities", "z");
  constexpr idx panel = 256;  // rows whose copies of unit length stay near
  for (idx first = 0; first < x.rows(); first += panel) {
    auto const unit = unit_rows(x.middle(first, (std::min)(panel, x.rows() - first)), "densities", "z");
    for (idx i = first; i < first + unit.rows(); ++i) {
      idx const c = of[i];
      require(c >= 0 && c < clusters, "densities: node ", i, " is in cluster ", c, ", outside 0 .. ", clusters - 1);
      double const* const row = unit.data() + (i - first) * dim;
      S const* const centre = centroids.row(c);
      double square = 0;
      for (idx k = 0; k < dim; ++k) {
        double const off = (row[k] - double(centre[k])) * scale;
        square += off * off;
      }
      d[std::size_t(c)] += std::sqrt(square), ++members[std::size_t(c)];
    }
  }
  double largest = 0, mean = 0;
  for (std::size_t b = 0; b < d.size(); ++b) {
    require(finite_bits(d[b]), "densities: cluster ", b, " is too far from its members to be measured");
    d[b] = members[b] > 1 ? d[b] / double(members[b]) / std::log(double(members[b]) + o.smoothing) : 0;
    largest = (std::max)(largest, d[b]);
  }
  for (std::size_t b = 0; b < d.size(); ++b)
    if (members[b] <= 1) d[b] = largest;
  std::vector<double> sorted = d;
  std::sort(sorted.begin(), sorted.end());
  double const low = detail::quantile(sorted, o.low), high = detail::quantile(sorted, o.high);
  for (double& v : d) v = std::clamp(v, low, high), mean += v / double(clusters);
  std::vector<S> phi;
  for (double v : d) phi.push_back(S(mean > 0 ? o.temperature * v / mean : o.temperature));
  return phi;
}

}}  // namespace foil::mining
