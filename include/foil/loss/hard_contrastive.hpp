// SPDX-License-Identifier: BSD-3-Clause
// Hard contrastive loss: InfoNCE, or its large-temperature limit, against the hardest negatives of each row.
#pragma once

#include <tuple>

#include "foil/core/negative_selection.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/contrast.hpp"
#include "foil/stat/count.hpp"
#include "foil/stat/mean.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

enum class hard_form {
  softmax,  ///< -mean_P u + log(sum_P e^u + sum_H e^u),   u = similarity / temperature
  simple    ///< -mean_P s + lambda sum_H s, no temperature
};

/// H: the negatives whose score reaches the K-th largest of the row, K = max(1, ceil(alpha n)), ties kept; or reaches
/// `threshold`, which may leave none (a softmax row is then worth 0). alpha 1 is InfoNCE; the loss never falls when alpha
/// grows. The row's threshold is found by an earlier pass over the same scores. Wang and Liu 2021, arXiv 2012.09740.
struct hard_contrastive {
  static constexpr char const* name = "hard_contrastive";
  double temperature = 0.3;             ///< > 0; divisor of similarities, of the softmax form
  hard_form form = hard_form::softmax;  ///< which of the two losses
  double alpha = 1;                     ///< in (0, 1]; share of a row's negatives that counts, the hardest
  double threshold = -1e300;            ///< finite; least similarity of a negative that counts
  double lambda = -1;                   ///< a number; factor of the negatives' sum in the simple form; below 0: 1 / size of H
  static void options(auto list) {
    list("temperature", &hard_contrastive::temperature, range::temperature);
    list("form", &hard_contrastive::form, hard_form::simple);
    list("alpha", &hard_contrastive::alpha, range::real{0, 1, true});
    list("threshold", &hard_contrastive::threshold, range::finite);
    list("lambda", &hard_contrastive::lambda, range::either_sign);
  }

  double scale() const { return form == hard_form::softmax ? 1 / temperature : 1; }
  negative_selection selection() const { return {alpha, threshold}; }
  auto stats() const {
    return std::tuple{stat::contrast{}, stat::mean<over::negatives>{.empty = when_empty::neutral}, stat::count<>{},
                      stat::mean<over::positives>{}};
  }
  template <Scalar S>
  row_loss<S, 6> row(S, S over_mean, S, S negative, S count, S positive) const {
    if (form == hard_form::softmax) return {over_mean, {0, 1, 0, 0, 0, 0}};
    S const factor = lambda < 0 ? S(count > 0) : S(lambda) * count;
    return {factor * negative - positive, {0, 0, 0, factor, 0, -1}};
  }
};

}}  // namespace foil::loss
