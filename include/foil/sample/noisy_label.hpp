// SPDX-License-Identifier: BSD-3-Clause
// How likely an unlabelled item is a true negative when some positives are hidden (NBPO).
#pragma once

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What `noisy_label_of` returns for an item of probability p and a flip probability g.
struct noisy_label {
  double likelihood_unlabelled;  ///< (1 - p) + g p
  double likelihood_labelled;    ///< (1 - g) p
  double true_negative;          ///< posterior (1 - p) / ((1 - p) + g p): a sampling weight, or a filter
  double gradient;               ///< of -log likelihood_unlabelled: (1 - g) p (1 - p) / ((1 - p) + g p)
  double gradient_ratio;         ///< to that of the plain logistic, p
};

/// p = sigmoid(score) is the preference; a positive stays unlabelled with probability `flip` = g. 1 - p is
/// computed as sigmoid(-score), never by subtraction, so no score is too large; without noise the posterior
/// is 1. Parametrised after Yu and Qin 2020, arXiv 2007.07204. O(1).
inline noisy_label noisy_label_of(double score, double flip) {
  check_option("noisy_label_of", "flip", flip, range::share);
  require(!nan_bits(score), "noisy_label_of: argument score is NaN");
  double const p = sigmoid(score), q = sigmoid(-score), unlabelled = q + flip * p;
  double const posterior = unlabelled > 0 ? q / unlabelled : 1;
  return {unlabelled, (1 - flip) * p, posterior, (1 - flip) * p * posterior, (1 - flip) * posterior};
}

}}  // namespace foil::mining
