// SPDX-License-Identifier: BSD-3-Clause
// SogCLR: contrast against the whole data set's denominator, kept as a moving average per sample.
#pragma once

#include <cmath>
#include <span>
#include <tuple>

#include "foil/core/list_view.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/count.hpp"
#include "foil/stat/log_sum_exp.hpp"
#include "foil/stat/mean.hpp"
#include "foil/stat/softmax_mean.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   v_i = (1 - gamma) u_i + gamma mean_N e^{s / temperature};   L_i = -s_i+ + mean_N p s,  p = e^{s / temperature} / max(v_i, eps)
/// p is a constant for the gradient: L is a surrogate whose gradient is right and whose value is not the objective
/// (temperature log v estimates that). All in logarithms, so that e^{1 / temperature} cannot overflow. gamma 1 makes the
/// gradient temperature times that of loss::decoupled. Yuan et al. 2022, arXiv 2202.12387. foil::sogclr keeps the state.
struct sogclr {
  static constexpr char const* name = "sogclr";
  double temperature = 0.1;     ///< > 0; divisor of similarities
  double gamma = 0.9;           ///< in [0, 1]; weight of this batch in the moving average
  double eps = 1e-8;            ///< in [1e-300, 1e15]; least denominator
  bool first_visit = true;      ///< a sample whose u is 0 (log u = log_zero) takes gamma 1
  list_view<double> log_u{};    ///< log u of each row
  std::span<double> log_sum{};  ///< becomes log(e^{itself} + v): the sum of v over calls if it starts at log_zero

  static void options(auto list) {
    list("temperature", &sogclr::temperature, range::temperature), list("gamma", &sogclr::gamma, range::share);
    list("eps", &sogclr::eps, range::real{1e-300, 1e15});
  }
  double scale() const { return 1 / temperature; }
  void check() const {
    for (double u : log_u) require(finite_bits(u), "sogclr: log u must be a number (drop for u = 0), got ", u);
  }
  auto stats() const {
    return std::tuple{stat::log_sum_exp<over::negatives>{.empty = when_empty::refuse},
                      stat::softmax_mean<over::negatives>{.stop = true, .empty = when_empty::refuse},
                      stat::count<>{.empty = when_empty::refuse}, stat::mean<over::positives>{}};
  }
  template <Scalar S>
  row_loss<S, 4> row_at(idx row, S negatives, S weighted, S count, S positive) const {
    auto const i = std::size_t(row);
    require(i < log_u.size() && i < log_sum.size(), "sogclr: row ", row, " has no state; there are ", log_u.size(), " and ",
            log_sum.size());
    double const seen = double(negatives) - std::log(double(count)), before = log_u[i];
    double const g = first_visit && before < log_zero_limit<double> ? 1 : gamma;
    auto const times = [](double factor, double x) { return factor > 0 ? std::log(factor) + x : log_zero<double>; };
    double const v = log_add(times(1 - g, before), times(g, seen));
    log_sum[i] = log_add(log_sum[i], v);
    S const t = S(temperature), share = S(std::exp(seen - (std::max)(v, std::log(eps)))), value = t * (share * weighted - positive);
    return {value, {0, t * share, 0, -t}, 1, false, -t * value};
  }
};

}}  // namespace foil::loss
