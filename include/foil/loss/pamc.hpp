// SPDX-License-Identifier: BSD-3-Clause
// PamC: neighbours attract, meta-nodes repel. The two row formulas of the loss, and its options.
#pragma once

#include <tuple>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/log_sum_exp.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   L = -1/N sum_i log sum_j A_ij e^{kappa s_ij}  +  1/C sum_c log sum_d e^{kappa r_cd}
/// s: cosine of nodes, r: cosine of meta-nodes (sums of clusters), both 0 with oneself. kappa multiplies. The whole of it
/// is foil::pamc. Kulatilleke et al. 2022, arXiv 2209.14067.
struct pamc {
  static constexpr char const* name = "pamc";
  double sharpness = 0.5;            ///< > 0; kappa, factor on cosines
  bool include_self_cluster = true;  ///< the 1 = e^0 that a meta-node has with itself
  static void options(auto list) { list("sharpness", &pamc::sharpness, range::positive); }
};

///   L_i = -log sum_j A_ij e^{kappa s_ij}: the neighbours of a node, its edges' weights as weights of the pairs
struct neighbours {
  static constexpr char const* name = "neighbours";
  double sharpness = 0.5;  ///< > 0; kappa, factor on cosines
  static void options(auto list) { list("sharpness", &neighbours::sharpness, range::positive); }

  double scale() const { return sharpness; }
  auto stats() const { return std::tuple{stat::log_sum_exp<over::negatives>{.empty = when_empty::refuse}}; }
  template <Scalar S>
  row_loss<S, 1> row(S log_sum) const {
    return {-log_sum, {-1}};
  }
};

///   L_c = log( [1 +] sum_{d != c} e^{kappa r_cd} ): the spread of a set of rows among themselves
struct log_spread {
  static constexpr char const* name = "log_spread";
  double sharpness = 0.5;    ///< > 0; kappa, factor on cosines
  bool include_self = true;  ///< the 1 in the sum: the row itself
  static void options(auto list) { list("sharpness", &log_spread::sharpness, range::positive); }

  double scale() const { return sharpness; }
  auto stats() const {
    return std::tuple{stat::log_sum_exp<over::negatives>{.empty = include_self ? when_empty::neutral : when_empty::refuse}};
  }
  template <Scalar S>
  row_loss<S, 1> row(S others) const {
    if (!include_self) return {others, {1}};
    return {softplus(others), {sigmoid(others)}};
  }
};

}}  // namespace foil::loss
