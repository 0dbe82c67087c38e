// The clipped surrogate of proximal policy optimisation.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/option.hpp"
#include "foil/loss/policy.hpp"

namespace foil::inline FOIL_ABI::loss {

///   -mean min(rho A, clip(rho, 1 - low, 1 + high) A),   rho = e^{logp - logold}
/// Schulman et al. 2017, arXiv 1707.06347; high 0.28 with low 0.2 is DAPO's. Ties count as unclipped.
struct ppo_clip {
  static constexpr char const* name = "ppo_clip";
  double low = 0.2;   ///< in [0, 1]
  double high = 0.2;  ///< >= 0
  static void options(auto list) {
    list("low", &ppo_clip::low, range::share);
    list("high", &ppo_clip::high, range::not_negative);
  }
};

/// Mean over the tokens that are on, any shape laid flat: logp, logold, advantage [n]. rho beyond e^700 counts as e^700. No
/// token: 0. Refuses NaN, +inf, a logold or an advantage that is not finite, and unequal lengths. O(n).
template <Scalar S>
policy_outcome<S> value_and_grad(ppo_clip const& o, std::span<S const> logp, std::span<S const> logold,
                                 std::span<S const> advantage, token_mask mask = {}) {
  std::size_t const n = logp.size();
  check_options(o);
  require_size(logold.size(), n, "ppo_clip", "logold"), require_size(advantage.size(), n, "ppo_clip", "advantage");
  if (!mask.empty()) require_size(mask.size(), n, "ppo_clip", "mask");
  require_logp(logp, false, "ppo_clip", "logp"), require_logp(logold, true, "ppo_clip", "logold");
  require_logp(advantage, true, "ppo_clip", "advantage");
  policy_outcome<S> r{.rows = std::vector<S>(n), .gradient = std::vector<S>(n)};
  double count = 0, sum = 0;
  for (std::size_t i = 0; i < n; ++i) count += is_on(mask, idx(i));
  for (std::size_t i = 0; i < n; ++i) {
    if (!is_on(mask, idx(i))) continue;
    double const rho = std::exp((std::min)(log_probability(logp[i]) - double(logold[i]), 700.0)), a = double(advantage[i]);
    double const plain = rho * a, clipped = std::clamp(rho, 1 - o.low, 1 + o.high) * a;
    double const loss = -(std::min)(plain, clipped);
    sum += loss, r.rows[i] = narrow<S>(loss);
    r.gradient[i] = plain <= clipped ? narrow<S>(-plain / count) : S(0);
  }
  r.value = count > 0 ? narrow<S>(sum / count) : S(0);
  return r;
}

}  // namespace foil::inline FOIL_ABI::loss
