// SPDX-License-Identifier: BSD-3-Clause
// Class prototypes, how hard each is to tell from the others, and features drawn around them (Happy).
// One file because a draw needs prototypes, their radius and their hardness together.
#pragma once

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What `prototypes` returns: one direction for each class.
template <Scalar S>
struct class_prototypes {
  matrix<S> rows;           ///< [classes, d], of unit length
  std::vector<idx> counts;  ///< features a class had
  double radius = 0;        ///< sqrt of the mean over classes of trace(biased covariance) / d, over classes with features
};

/// prototype_c = unit(mean of the features of class c); features [n, d] are taken as they are (the paper's
/// are of unit length). A class without features is refused, unless `fallback` [classes, d] has a row for it
/// (the classifier's). Labels outside 0 .. classes-1 are refused. Ma et al. 2024 (NeurIPS), arXiv 2410.06535.
/// O(n d); the time goes to the radius: for each number an addition that waits for the one before.
template <Scalar S>
class_prototypes<S> prototypes(view<S> features, id_list labels, idx classes, view<S> fallback = {}) {
  idx const d = features.cols();
  require(classes >= 1, "prototypes: argument classes must be at least 1, got ", classes);
  require(labels.size() == features.rows(), "prototypes: one label for each of the ", features.rows(), " features is needed, got ",
          labels.size());
  require(fallback.rows() == 0 || (fallback.rows() == classes && fallback.cols() == d), "prototypes: fallback must be [", classes, ", ", d,
          "], got [", fallback.rows(), ", ", fallback.cols(), "]");
  require(fallback.rows() > 0 || classes <= features.rows(), "prototypes: ", features.rows(), " features cannot fill ", classes,
          " classes, and there is no fallback");
  require_finite(features, "prototypes", "features"), require_finite(fallback, "prototypes", "fallback");
  class_prototypes<S> r;
  r.counts.assign(std::size_t(classes), 0);
  int const exponent = scaling_exponent_of_rows(features);  // exact: or sums and squares of huge or tiny features would be lost
  double const unit = std::ldexp(1.0, exponent);
  matrix<double_for<S>> mean = matrix<double_for<S>>::Zero(classes, d);
  for (idx i = 0; i < features.rows(); ++i) {
    require(labels[i] >= 0 && labels[i] < classes, "prototypes: label ", labels[i], " of row ", i, " is outside 0 .. ", classes - 1);
    idx const c = labels[i];
    ++r.counts[std::size_t(c)];
    double* const sum = mean.data() + c * d;
    for (idx k = 0; k < d; ++k) sum[k] += double(features(i, k)) * unit;
  }
  idx filled = 0;
  for (idx c = 0; c < classes; ++c) {
    idx const count = r.counts[std::size_t(c)];
    require(count > 0 || fallback.rows() > 0, "prototypes: class ", c, " has no features and no fallback");
    filled += count > 0;
    for (idx k = 0; k < d; ++k) mean(c, k) = count > 0 ? mean(c, k) / double(count) : double(fallback(c, k));
  }
  double spread = 0;
  std::vector<double> part(static_cast<std::size_t>(d));
  for (idx i = 0; i < features.rows(); ++i) {
    idx const c = labels[i];
    double const *const centre = mean.data() + c * d, numbers = double(r.counts[std::size_t(c)]) * double(d);
    for (idx k = 0; k < d; ++k) {
      double const off = double(features(i, k)) * unit - centre[k];
      part[std::size_t(k)] = off * off / numbers;  // apart from the sum, which has an order: the loop vectorises
    }
    for (double x : part) spread += x;
  }
  r.radius = filled > 0 ? std::ldexp(std::sqrt(spread / double(filled)), -exponent) : 0;
  r.rows.resize(classes, d);
  for (idx c = 0; c < classes; ++c) {
    matrix<double> const row = rescaled_rows(as_view(mean).middle(c, 1), scaling_exponent_of_rows(as_view(mean).middle(c, 1)));
    double const norm = std::sqrt(simd::canonical_sum_of_squares(row.data(), d));
    for (idx k = 0; k < d; ++k) r.rows(c, k) = S(norm > 0 ? row(0, k) / norm : 0);
  }
  return r;
}

/// What `hardness_of` returns: how near each class is to the others, and how often it should be drawn.
struct class_hardness {
  std::vector<double> mean_similarity;  ///< to the prototypes of the other classes; 0 for a single class
  std::vector<double> probabilities;    ///< softmax(mean_similarity / temperature)
};

/// O(classes^2 d); the time goes to dot products in double, in the canonical order.
template <Scalar S>
class_hardness hardness_of(view<S> prototypes, double temperature = 0.1) {
  inverse_temperature(temperature, "hardness_of");
  require(prototypes.rows() >= 1, "hardness_of: argument prototypes must have a row");
  require_finite(prototypes, "hardness_of", "prototypes");
  class_hardness r;
  idx const n = prototypes.rows(), d = prototypes.cols();
  std::vector<double> sums(std::size_t(n), 0.0);  // each pair once: row i's sum has the rows before it when its turn comes
  for (idx i = 0; i < n; ++i) {
    double& sum = sums[std::size_t(i)];
    S const* const row = prototypes.row(i);
    idx j = i + 1;
    auto const add = [&](idx other, double dot) { sum += dot, sums[std::size_t(other)] += dot; };
    for (; j + 4 <= n; j += 4) {
      S const* const others[] = {prototypes.row(j), prototypes.row(j + 1), prototypes.row(j + 2), prototypes.row(j + 3)};
      double dots[4];
      simd::canonical_dots<4>(row, others, d, dots);
      for (idx k = 0; k < 4; ++k) add(j + k, dots[k]);
    }
    for (; j < n; ++j) add(j, simd::canonical_dot(row, prototypes.row(j), d));
    require(finite_bits(sum), "hardness_of: prototype ", i, " is too long for its inner products; prototypes are of unit length");
    r.mean_similarity.push_back(n > 1 ? sum / double(n - 1) : 0);
  }
  r.probabilities = softmax_weights(r.mean_similarity, temperature);
  return r;
}

/// prototype of the label + radius * scale * noise, not normalised again. noise: [draws, d]. O(draws d).
template <Scalar S>
matrix<S> around_prototypes(class_prototypes<S> const& p, id_list labels, view<S> noise, double scale = 1) {
  idx const d = p.rows.cols();
  check_option("around_prototypes", "scale", scale, range::either_sign);
  require(noise.rows() == labels.size() && noise.cols() == d, "around_prototypes: noise must be [", labels.size(), ", ", d, "], got [",
          noise.rows(), ", ", noise.cols(), "]");
  matrix<S> out(labels.size(), d);
  for (idx i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0 && labels[i] < p.rows.rows(), "around_prototypes: label ", labels[i], " is outside 0 .. ", p.rows.rows() - 1);
    S const *const prototype = p.rows.data() + labels[i] * d, *const off = noise.row(i);
    S* const row = out.data() + i * d;
    for (idx k = 0; k < d; ++k) row[k] = S(double(prototype[k]) + p.radius * scale * double(off[k]));
    require(first_bad(row, d) < 0 || first_bad(off, d) >= 0, "around_prototypes: noise row ", i, " leads beyond ", scalar_name<S>);
  }
  return out;
}

/// What `draw_around_prototypes` returns.
template <Scalar S>
struct prototype_draw {
  std::vector<idx> labels;  ///< class of each draw
  matrix<S> features;       ///< [draws, d]
};

/// Classes with replacement in proportion to their hardness, standard normal noise around them. The time goes to the noise, which has
/// the same bits in every build.
template <Scalar S>
prototype_draw<S> draw_around_prototypes(class_prototypes<S> const& p, class_hardness const& h, idx draws, random_stream draw,
                                         double scale = 1) {
  check_length("draw_around_prototypes", "argument draws", draws);
  check_option("draw_around_prototypes", "scale", scale, range::either_sign);
  require(idx(h.probabilities.size()) == p.rows.rows(), "draw_around_prototypes: ", p.rows.rows(), " prototypes, but ",
          idx(h.probabilities.size()), " probabilities");
  prototype_draw<S> r;
  r.labels = weighted_draw(h.probabilities)(draws, draw);
  require(idx(r.labels.size()) == draws, "draw_around_prototypes: no class has a probability above 0");
  matrix<S> noise(draws, p.rows.cols());
  for (idx i = 0; i < noise.size(); ++i) noise.data()[i] = S(draw.normal());
  r.features = around_prototypes(p, r.labels, as_view(noise), scale);
  return r;
}

}}  // namespace foil::mining
