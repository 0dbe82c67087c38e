// SPDX-License-Identifier: BSD-3-Clause
// ColloSSL: one device's windows against the same moments on other devices, and other moments on devices that weigh less the farther.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/bias/weights.hpp"
#include "foil/core/list_view.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/pool/listed.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `collossl`.
struct collossl_options {
  static constexpr char const* name = "collossl";
  double temperature = 0.1;  ///< > 0; divisor of cosines
  static void options(auto list) { list("temperature", &collossl_options::temperature, range::temperature); }
};

///   L_i = -log sum_p e^{u_ip} + log( sum_p e^{u_ip} + sum_q w_q e^{u_iq} ),   u = cosine / temperature, mean over rows
/// anchor [B, dim]; positives [P * B, dim], device after device, row i of each a positive of anchor i; negatives [Q * B, dim] likewise;
/// weights [Q] in (0, 1e30), one a device. Result: anchors d/danchor, pools[0] d/dpositives, pools[1] d/dnegatives. Never negative.
/// The time goes to the rows, which are gathered and opened for one product each.
/// Jain et al. 2022, arXiv 2202.00758 (the formula; the published code takes minus the cosine).
template <class A, class P, class N>
auto collossl(A const& anchor, P const& positives, N const& negatives, list_view<double> weights, collossl_options const& options = {},
              execution how = {}) {
  using S = arithmetic<typename A::Scalar>;
  check_options(options);
  idx const n = anchor.rows(), q = idx(weights.size()), p = n > 0 ? positives.rows() / n : 1;
  require(p >= 1 && positives.rows() == p * n && negatives.rows() == q * n, "collossl: ", n, " anchors and ", q,
          " weights need whole devices of ", n, " positives and ", q * n, " negatives, got ", positives.rows(), " and ", negatives.rows());
  matrix<S> w(n, q);
  for (idx k = 0; k < q; ++k) {
    double const x = weights[std::size_t(k)];
    require(!nan_bits(x) && x > 0 && x < 1e30 && S(x) > 0, "collossl: a weight must be a positive number below 1e30, got ", x,
            " for device ", k);
    w.col(k).setConstant(S(x));
  }
  auto const device_major = [n](idx devices) {
    std::vector<idx> ids;
    for (idx i = 0; i < n; ++i)
      for (idx k = 0; k < devices; ++k) ids.push_back(k * n + i);
    return ids;
  };
  auto const near = device_major(p), far = device_major(q);
  loss::info_nce const contrast{options.temperature, loss::multi_positive::sum};
  return objective(contrast, similarity::cosine{}, reduce::mean{}, how)
      .named("collossl")
      .value_and_grad(anchor, pool::listed(positives, near, p, roles::all_positive{}),
                      pool::optional(q > 0, pool::listed(negatives, far, (std::max)(q, idx(1)), roles::all_negative{}, bias::weights(w))));
}

}}  // namespace foil
