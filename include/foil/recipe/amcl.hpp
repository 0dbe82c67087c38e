// SPDX-License-Identifier: BSD-3-Clause
// AMCL: several heads, each pair with a temperature of its own.
#pragma once

#include <cmath>
#include <type_traits>

#include "foil/core/option.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/pool/given.hpp"
#include "foil/roles/target.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `amcl`.
struct amcl_options {
  static constexpr char const* name = "amcl";
  double min_temperature = 1e-5, max_temperature = 2;  ///< > 0, min_temperature <= max_temperature; range of the learned temperatures
  double reg_weight = 0.1;                             ///< a number; weight of the regulariser
  double head_dim = 128;                               ///< > 0; width of one head's embeddings
  static void options(auto list) {
    list("min_temperature", &amcl_options::min_temperature, range::positive),
        list("max_temperature", &amcl_options::max_temperature, range::positive);
    list("reg_weight", &amcl_options::reg_weight, range::either_sign), list("head_dim", &amcl_options::head_dim, range::positive);
  }
  void check() const {
    require(min_temperature <= max_temperature, "amcl: min_temperature must not exceed max_temperature, got ", min_temperature, " and ",
            max_temperature);
  }
};

/// What `amcl` returns.
template <Scalar S>
struct amcl_outcome {
  S value = 0, contrast = 0, regulariser = 0;  ///< the sum; InfoNCE's part; reg_weight times the regulariser
  matrix<S> sim, temp_logit;                   ///< d value / d each, of their shape
};

///   sum_c mean_i InfoNCE(s_ci / tau_ci, target_i) + reg_weight sum_c mean_ij [ (D/2) log tau + 1 / tau ],
///   tau = min_temperature + (max_temperature - min_temperature) sigmoid(temp_logit)
/// Wang et al. 2024, arXiv 2310.05615. sim, temp_logit: [heads B, M], head after head; target: a column per row of one head.
/// Temperatures may be tiny, so logits are computed in double whatever the scores are stored in. Memory: one head.
template <class X, class A>
auto amcl(X const& sim, A const& temp_logit, id_list target, idx heads, amcl_options const& o = {}, execution how = {}) {
  auto const s = as_view(sim);
  auto const a = as_view(temp_logit);
  using S = typename decltype(s)::Scalar;
  static_assert(std::same_as<S, typename decltype(a)::Scalar> && Scalar<S>, "foil: amcl takes two matrices of float, or two of double");
  idx const n = target.size(), m = s.cols();
  require(heads >= 1 && s.rows() == heads * n, "amcl: ", heads, " heads of ", n, " rows need ", heads * n, " rows of similarities, got ",
          s.rows());
  require(a.rows() == s.rows() && a.cols() == m, "amcl: similarities are [", s.rows(), ", ", m, "], temperature logits [", a.rows(), ", ",
          a.cols(), "]");
  check_options(o);
  require_finite(s, "amcl", "sim"), require_finite(a, "amcl", "temp_logit");
  auto const contrast = objective(loss::info_nce{.temperature = 1}, similarity::cosine{}, reduce::mean{}, how).named("amcl");
  amcl_outcome<S> r{0, 0, 0, matrix<S>(s.rows(), m), matrix<S>(s.rows(), m)};
  matrix<double_for<S>> tau(n, m), logit(n, m);
  double sum = 0, price = 0;
  double const per_pair = n * m > 0 ? o.reg_weight / double(n * m) : 0;
  for (idx c = 0; c < heads; ++c) {
    for (idx i = 0; i < n; ++i)
      for (idx j = 0; j < m; ++j) {
        tau(i, j) = o.min_temperature + (o.max_temperature - o.min_temperature) * sigmoid(double(a(c * n + i, j)));
        logit(i, j) = double(s(c * n + i, j)) / tau(i, j);
        price += per_pair * (o.head_dim / 2 * std::log(tau(i, j)) + 1 / tau(i, j));
      }
    auto const head = contrast.value_and_grad(pool::given(logit, roles::target(target)));
    sum += head.value;
    for (idx i = 0; i < n; ++i)
      for (idx j = 0; j < m; ++j) {
        double const t = tau(i, j), g = head.pools[0](i, j), half = sigmoid(double(a(c * n + i, j)));
        double const by_tau = -g * logit(i, j) / t + per_pair * (o.head_dim / 2 - 1 / t) / t;
        r.sim(c * n + i, j) = S(g / t);
        r.temp_logit(c * n + i, j) = S(by_tau * (o.max_temperature - o.min_temperature) * half * (1 - half));
      }
  }
  r.value = S(sum + price), r.contrast = S(sum), r.regulariser = S(price);
  return r;
}

}}  // namespace foil
