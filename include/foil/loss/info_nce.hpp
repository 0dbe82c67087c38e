// SPDX-License-Identifier: BSD-3-Clause
// InfoNCE: log of the positive's share of the row, in four forms for several positives.
#pragma once

#include <cmath>
#include <tuple>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/contrast.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What several positives P of a row, beside its negatives N, are worth.
enum class multi_positive {
  out,          ///< -mean_P u + lse_{P+N} u      (SupCon's better form)
  in,           ///< -lse_P u + log|P| + lse_{P+N} u
  sum,          ///< -lse_P u + lse_{P+N} u
  per_positive  ///< mean over p of -u_p + log(e^{u_p} + sum_N e^u): the other positives leave the denominator
};

///   L_i = -u_i+ + log sum_{positives and negatives} e^u,   u = similarity / temperature
/// van den Oord et al. 2018, arXiv 1807.03748; in batch: Henderson et al. 2017, arXiv 1705.00652. Rows without a positive
/// leave the mean; rows without negatives are worth exactly 0 (one positive). Rows whose positives all have weight 0 are refused by `in`
/// and `sum`. Never negative for one positive and `sum`.
struct info_nce {
  static constexpr char const* name = "info_nce";
  double temperature = 0.05;                       ///< > 0; divisor of similarities
  multi_positive positives = multi_positive::out;  ///< what several positives of a row are worth; for one, the first three are the same
  static void options(auto list) {
    list("temperature", &info_nce::temperature, range::temperature);
    list("positives", &info_nce::positives, multi_positive::per_positive);
  }

  double scale() const { return 1 / temperature; }
  bool one_by_one() const { return positives == multi_positive::per_positive; }
  // A positive of weight 0 leaves both sums and still is in the mean: only its role decides who has a positive.
  auto stats() const { return std::tuple{stat::contrast{}}; }
  template <Scalar S>
  row_loss<S, 3> row(S over_sum, S over_mean, S count) const {
    check_share(name, over_sum);
    if (positives == multi_positive::in) return {over_sum + std::log(count), {1, 0, 0}};
    if (positives == multi_positive::sum) return {over_sum, {1, 0, 0}};
    return {over_mean, {0, 1, 0}};
  }
  /// Refuses a row of `in` or `sum` whose positives all have weight 0: these forms take the logarithm of their weighted sum.
  template <Scalar S>
  void check_share(char const* where, S over_sum) const {
    bool const takes_it = positives == multi_positive::in || positives == multi_positive::sum;
    require(!takes_it || over_sum < -log_zero_limit<S>, where,
            ": all positives of a row have weight 0, which positives = in and sum cannot take; give one a weight above 0, or use out");
  }
};

}}  // namespace foil::loss
