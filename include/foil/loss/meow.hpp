// The options of MEOW: contrast of two views, weighted by how clusterings disagree, and a prototype term.
#pragma once

#include "foil/core/numeric.hpp"

namespace foil::inline FOIL_ABI::loss {

///   L = info + lambda_proto * proto
///   info  = mean_i of -<a_i, z_i> / temperature + log sum_j w_ij e^{<a_i, z_j> / temperature},  w: bias::disagreement
///   proto = mean over clusterings and nodes of the cross entropy of <a_i, c_b> / phi_b with the node's own cluster
/// Since w_ii = 0, the positive is not in the denominator: loss::decoupled. The whole of it is foil::meow. Yu et al. 2022,
/// arXiv 2212.13847; temperature 0.4 on ACM, 0.9 elsewhere.
struct meow {
  double temperature = 0.4, lambda_proto = 1;

  void check() const {
    require(temperature > 0 && finite_bits(1 / temperature), "meow: temperature must be positive, got ", temperature);
    require(lambda_proto >= 0 && lambda_proto < 1e300, "meow: lambda_proto must be a finite number >= 0, got ", lambda_proto);
  }
};

}  // namespace foil::inline FOIL_ABI::loss
