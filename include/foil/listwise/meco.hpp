// SPDX-License-Identifier: BSD-3-Clause
// MECO: maximum likelihood of an unnormalised density, its normaliser a moving average over noise.
#pragma once

#include <algorithm>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/real_span.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Options of `meco`.
struct meco_options {
  static constexpr char const* name = "meco";
  double gamma = 0.9;  ///< in [0, 1]; weight of this batch in the moving average
  double log_u = 0;    ///< a number; log of the average so far; of no effect with gamma 1
  static void options(auto list) {
    list("gamma", &meco_options::gamma, range::share), list("log_u", &meco_options::log_u, range::either_sign);
  }
};

/// What `meco` returns.
template <Scalar S>
struct meco_outcome {
  S value = 0;                 ///< the surrogate: its gradient is right, its value is not the objective
  double log_u = 0;            ///< log of the new average, for the next call
  S nll_estimate = 0;          ///< -mean f_data + log u, the negative log-likelihood
  std::vector<S> data, noise;  ///< d value / d f_data, d value / d f_noise
};

///   u = (1 - gamma) u + gamma mean e^{f - log q} over noise;   L = -mean f over data + mean e^{f - log q} / u over noise
/// u is a constant for the gradient. f: log densities of the model, up to its normaliser; log_q: the noise's own. Both lists need
/// an item. All in logarithms. With gamma 1 the gradient is that of log-mean-exp. Refuses what is
/// not finite, and an item beyond e^709 times u. O(items), in double. After Jiang et al. 2023, arXiv 2306.07485.
template <Scalar S>
meco_outcome<S> meco(std::span<S const> f_data, std::span<S const> f_noise, real_span log_q, meco_options const& o) {
  check_options(o);
  require(!f_data.empty() && !f_noise.empty(), "meco: needs data and noise, got ", f_data.size(), " and ", f_noise.size());
  require(log_q.size() == idx(f_noise.size()), "meco: ", f_noise.size(), " noise items, but ", log_q.size(), " log densities");
  require(first_bad(f_data.data(), idx(f_data.size())) < 0 && first_bad(f_noise.data(), idx(f_noise.size())) < 0,
          "meco: f holds a NaN or an infinity");
  double const n = double(f_data.size()), m = double(f_noise.size());
  double log_mean = (std::numeric_limits<double>::lowest)(), mean = 0, fit = 0;  // log_zero is above densities below -1e30
  std::vector<double> ratio(f_noise.size());
  for (std::size_t k = 0; k < ratio.size(); ++k) {
    require(finite_bits(log_q[idx(k)]), "meco: log_q holds a NaN or an infinity at position ", k);
    ratio[k] = double(f_noise[k]) - log_q[idx(k)];
    log_mean = log_add(log_mean, ratio[k] - std::log(m));
  }
  meco_outcome<S> r{.data = std::vector<S>(f_data.size(), S(-1 / n)), .noise = std::vector<S>(f_noise.size())};
  r.log_u = o.gamma == 1 ? log_mean : o.gamma == 0 ? o.log_u : log_add(std::log1p(-o.gamma) + o.log_u, std::log(o.gamma) + log_mean);
  for (S f : f_data) mean += double(f) / n;
  for (std::size_t k = 0; k < ratio.size(); ++k) {
    double const w = std::exp((std::min)(ratio[k] - r.log_u, 709.0)) / m;
    fit += w, r.noise[k] = S(w);
    require(ratio[k] - r.log_u < 709 && finite_bits(r.noise[k]), "meco: noise item ", k, " is e^", ratio[k] - r.log_u,
            " times the average; raise gamma");
  }
  r.value = S(fit - mean), r.nll_estimate = S(r.log_u - mean);
  require(finite_bits(r.value) && finite_bits(r.nll_estimate), "meco: the loss is beyond what a ", scalar_name<S>, " holds");
  return r;
}

}}  // namespace foil::loss
