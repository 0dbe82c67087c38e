// SPDX-License-Identifier: BSD-3-Clause
// The options of MEOW: contrast of two views, weighted by how clusterings disagree, and a prototype term.
#pragma once

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   L = info + lambda_proto * proto
///   info  = mean_i of -<a_i, z_i> / temperature + log sum_j w_ij e^{<a_i, z_j> / temperature},  w: bias::disagreement
///   proto = mean over clusterings and nodes of the cross entropy of <a_i, c_b> / phi_b with the node's own cluster
/// Since w_ii = 0, the positive is not in the denominator: loss::decoupled. The whole of it is foil::meow. Yu et al. 2022,
/// arXiv 2212.13847; temperature 0.4 on ACM, 0.9 elsewhere.
struct meow {
  static constexpr char const* name = "meow";
  double temperature = 0.4;  ///< > 0; divisor of dot products
  double lambda_proto = 1;   ///< >= 0; weight of the prototypes' part
  static void options(auto list) {
    list("temperature", &meow::temperature, range::temperature);
    list("lambda_proto", &meow::lambda_proto, range::not_negative);
  }
};

}}  // namespace foil::loss
