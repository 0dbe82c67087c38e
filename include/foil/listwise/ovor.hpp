// SPDX-License-Identifier: BSD-3-Clause
// OVOR: low energy for samples of the task, high energy for outliers.
#pragma once

#include <algorithm>

#include "foil/core/option.hpp"
#include "foil/listwise/cross_entropy.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Options of `ovor`.
struct ovor_options {
  static constexpr char const* name = "ovor";
  double lambda = 0.1;                            ///< a number; weight of the whole
  double threshold_id = -15, threshold_ood = -3;  ///< numbers, energies: samples should lie below the first, outliers above the second
  static void options(auto list) {
    list("lambda", &ovor_options::lambda, range::either_sign);
    list("threshold_id", &ovor_options::threshold_id, range::either_sign),
        list("threshold_ood", &ovor_options::threshold_ood, range::either_sign);
  }
};

/// What `ovor` returns.
template <Scalar S>
struct ovor_outcome {
  S value = 0, id_score = 0, ood_score = 0;  ///< the loss; mean energy of samples and of outliers
  matrix<S> id, ood;                         ///< d value / d logits
};

///   lambda (mean h(E - threshold_id) over samples + mean h(threshold_ood - E) over outliers),   E = -log sum_c e^{z_c}
/// h(x): 0 below 0, x^2 / 2 up to 1, x - 1/2 beyond. id_logits, ood_logits: [N, C], [M, C]; a side without rows is worth 0.
/// Refuses unequal numbers of classes and what is not finite. O((N + M) C), in double. Huang et al. 2024 (OVOR, ICLR).
template <class X, class Y>
auto ovor(X const& id_logits, Y const& ood_logits, ovor_options const& o = {}) {
  auto const id = as_view(id_logits);
  auto const ood = as_view(ood_logits);
  using S = typename decltype(id)::Scalar;
  static_assert(Scalar<S>, "foil: ovor takes logits as float or as double");
  check_options(o);
  require(id.cols() == ood.cols() && id.cols() > 0, "ovor: samples have ", id.cols(), " logits, outliers ", ood.cols());
  require_finite(id, "ovor", "id_logits"), require_finite(ood, "ovor", "ood_logits");
  ovor_outcome<S> r{0, 0, 0, matrix<S>(id.rows(), id.cols()), matrix<S>(ood.rows(), ood.cols())};
  double value = 0;
  auto const side = [&](auto const& z, double sign, double threshold, matrix<S>& gradient) {
    double const n = double(z.rows());
    double mean = 0;
    std::vector<double> row(std::size_t(z.cols()));
    for (idx i = 0; i < z.rows(); ++i) {
      for (std::size_t c = 0; c < row.size(); ++c) row[c] = double(z(i, idx(c)));
      auto const log_p = log_softmax(row);
      auto const best = std::size_t(std::max_element(row.begin(), row.end()) - row.begin());  // of it nothing cancels
      double const energy = log_p[best] - row[best], x = (std::max)(sign * (energy - threshold), 0.0), slope = (std::min)(x, 1.0);
      mean += energy / n, value += o.lambda * (x > 1 ? x - 0.5 : x * x / 2) / n;
      for (idx c = 0; c < z.cols(); ++c)
        gradient(i, c) = S(-o.lambda * sign * slope / n * std::exp((std::max)(log_p[std::size_t(c)], -745.2)));
    }
    return S(mean);
  };
  r.id_score = side(id, 1, o.threshold_id, r.id), r.ood_score = side(ood, -1, o.threshold_ood, r.ood), r.value = S(value);
  require(finite_bits(r.value) && finite_bits(r.id_score) && finite_bits(r.ood_score), "ovor: the loss is beyond what a ", scalar_name<S>,
          " holds");
  return r;
}

}}  // namespace foil::loss
