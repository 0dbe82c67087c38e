// CLAN: benign samples attract each other, augmented ones (the anomalies to come) are repelled.
#pragma once

#include "foil/loss/label_field.hpp"

namespace foil::inline FOIL_ABI::loss {

/// The two parts of clan, before alpha weighs them.
struct clan_parts {
  double similar = 0, dissimilar = 0;
};

///   alpha * sum_{i != j} d(z_i, z_j) / #(d > eps) + (1 - alpha) * sum relu(margin - d(z_i, aug_j)) / #(relu > eps)
///   d = (1 - cosine) / 2, in [0, 1]; `squared` squares d and hinge before they are summed and counted
/// Pools: pool::self(z), then pool::trained(pool::bank(z_aug)), under similarity::cosine. A part whose count is 0 is worth 0.
/// Wilkie et al. 2025. O(B (B + M)).
struct clan {
  double margin = 0.5, alpha = 0.5;
  bool squared = false;
  double eps = 1e-6;
  clan_parts* parts = nullptr;  ///< filled if given

  double scale() const { return 1; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    idx const n = u.rows();
    require(u.cols() >= n, "clan: needs pool::self(z) and then the augmented samples, got ", n, " anchors and ", u.cols(), " columns");
    double sum[2] = {0, 0}, count[2] = {0, 0};
    auto const each = [&](auto f) {  // f(index, is augmented, d or hinge)
      for (idx i = 0; i < n; ++i)
        for (idx j = 0; j < u.cols(); ++j) {
          double const d = (1 - double(u(i, j))) / 2;
          if (i != j) f(i * u.cols() + j, j >= n, j >= n ? margin - d : d);
        }
    };
    each([&](idx, bool augmented, double x) {
      double const term = x <= 0 ? 0 : squared ? x * x : x;
      sum[augmented] += term, count[augmented] += term > eps;
    });
    double const share[2] = {count[0] > 0 ? alpha / count[0] : 0, count[1] > 0 ? (1 - alpha) / count[1] : 0};
    each([&](idx at, bool augmented, double x) {  // dd / dscore = -1/2
      if (x > 0) slopes[at] = S((augmented ? 0.5 : -0.5) * share[augmented] * (squared ? 2 * x : 1));
    });
    if (parts) *parts = {count[0] > 0 ? sum[0] / count[0] : 0, count[1] > 0 ? sum[1] / count[1] : 0};
    return S(share[0] * sum[0] + share[1] * sum[1]);
  }
};

}  // namespace foil::inline FOIL_ABI::loss
