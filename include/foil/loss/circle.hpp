// Circle loss: pairs far from their optimum pull harder.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/loss/label_field.hpp"

namespace foil::inline FOIL_ABI::loss {

///   L_i = softplus( lse_P(-gamma a_p (s - 1 + m)) + lse_N(gamma a_n (s - m)) ),  a_p = relu(1 + m - s), a_n = relu(s + m)
/// a_p, a_n are constants for the gradient. Rows without a positive or a negative are 0; mean over the rows above zero.
/// Sun et al. 2020, arXiv 2002.10857; for faces m 0.25, gamma 256. Runs on objective with pool::self, cosine. O(B^2).
struct circle {
  id_list labels;
  double m = 0.4, gamma = 80;

  double scale() const { return 1; }
  void check() const {
    require(finite_bits(m) && gamma > 0 && finite_bits(gamma), "circle: m must be a number and gamma positive, got ", m, " and ", gamma);
  }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    require_labelled(u, labels, "circle");
    idx const n = u.rows();
    double sum = 0, counted = 0;
    for (idx i = 0; i < n; ++i) {
      auto const weight = [&](idx j, bool same) {  // d logit / d score
        double const s = double(u(i, j));
        return same ? -gamma * (std::max)(1 + m - s, 0.0) : gamma * (std::max)(s + m, 0.0);
      };
      auto const logit = [&](idx j, bool same) { return weight(j, same) * (double(u(i, j)) - (same ? 1 - m : m)); };
      double top[2] = {-1e300, -1e300}, mass[2] = {0, 0};
      auto const others = [&](auto f) {
        for (idx j = 0; j < n; ++j)
          if (j != i) f(j, labels[i] == labels[j]);
      };
      others([&](idx j, bool same) { top[same] = (std::max)(top[same], logit(j, same)); });
      others([&](idx j, bool same) { mass[same] += std::exp(logit(j, same) - top[same]); });
      if (mass[0] == 0 || mass[1] == 0) continue;
      double const x = top[0] + std::log(mass[0]) + top[1] + std::log(mass[1]);
      double const value = softplus(x);
      sum += value, counted += value > 0;
      others([&](idx j, bool same) {
        slopes[i * n + j] = S(sigmoid(x) * std::exp(logit(j, same) - top[same]) / mass[same] * weight(j, same));
      });
    }
    if (counted == 0) return 0;
    for (idx k = 0; k < n * n; ++k) slopes[k] = S(double(slopes[k]) / counted);
    return S(sum / counted);
  }
};

}  // namespace foil::inline FOIL_ABI::loss
