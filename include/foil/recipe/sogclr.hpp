// SPDX-License-Identifier: BSD-3-Clause
// SogCLR over two views, with the state of a data set.
#pragma once

#include <vector>

#include "foil/core/ids.hpp"
#include "foil/loss/sogclr.hpp"
#include "foil/recipe/two_views.hpp"

namespace foil { inline namespace FOIL_ABI {

/// log u of every sample of a data set; `log_zero` where a sample was not seen yet. The caller owns it (and saves it).
struct sogclr_state {
  std::vector<double> log_u;  ///< [samples] log of the moving average u; log_zero: not seen

  explicit sogclr_state(idx samples) : log_u(std::size_t(samples), log_zero<double>) {
    require(samples >= 0, "sogclr_state: the number of samples must not be negative, got ", samples);
  }
  double u(idx sample) const {
    require(sample >= 0 && sample < idx(log_u.size()), "sogclr_state: sample ", sample, " is outside 0 .. ", idx(log_u.size()) - 1);
    return std::exp(log_u[std::size_t(sample)]);
  }
};

/// samples: the number of row i's sample in the state (of a sample named twice the later row stays). Both directions, each
/// against the other view and the rest of its own; the sum of their means. The state moves to the mean of the
/// directions whose row was used, after everything was computed: of both, or none where bad_rows::skip left the sample out, which
/// keeps its u. A refused call leaves it alone. Results as two_views.
template <class A, class B>
auto sogclr(A const& z1, B const& z2, id_list samples, sogclr_state& state, loss::sogclr options = {}, execution how = {}) {
  require(samples.size() == as_view(z1).rows(), "sogclr: ", as_view(z1).rows(), " rows, but ", samples.size(), " sample numbers");
  auto const at = [&](idx i) -> double& { return state.log_u[std::size_t(samples[i])]; };
  std::vector<double> before, sum(std::size_t(samples.size()), log_zero<double>);
  for (idx i = 0; i < samples.size(); ++i) {
    require(samples[i] >= 0 && samples[i] < idx(state.log_u.size()), "sogclr: the sample of row ", i, " is ", samples[i], ", outside 0 .. ",
            idx(state.log_u.size()) - 1);
    before.push_back(at(i));
  }
  options.log_u = before, options.log_sum = sum;
  auto r = engine::both_views("sogclr", objective(options, similarity::cosine{}, reduce::mean{}, how), z1, z2, 1.0);
  for (idx i = 0; i < samples.size(); ++i) {
    int const directions = (r.used[std::size_t(i)] != 0) + (r.used[std::size_t(samples.size() + i)] != 0);
    if (directions > 0) at(i) = sum[std::size_t(i)] - std::log(double(directions));
  }
  return r;
}

}}  // namespace foil
