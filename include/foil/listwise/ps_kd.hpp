// SPDX-License-Identifier: BSD-3-Clause
// PS-KD: a model learns from its own predictions of the epoch before, more and more.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/cross_entropy.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Options of `ps_kd`.
struct ps_kd_options {
  static constexpr char const* name = "ps_kd";
  double alpha_final = 0.8;     ///< in [0, 1]; share of the past predictions in the last epoch's targets
  idx epoch = 1, epochs = 300;  ///< >= 1; epoch counts from 1 to epochs
  bool first_is_hard = false;   ///< epoch 1 has no past: its targets are the labels
  static void options(auto list) {
    list("alpha_final", &ps_kd_options::alpha_final, range::share);
    list("epoch", &ps_kd_options::epoch, range::at_least(1)), list("epochs", &ps_kd_options::epochs, range::at_least(1));
  }
  void check() const { require(epoch <= epochs, "ps_kd: epoch must be in 1 .. epochs, got ", epoch, " of ", epochs); }
};

/// What `ps_kd` returns.
template <Scalar S>
struct ps_kd_outcome {
  S value = 0;       ///< mean over rows
  matrix<S> logits;  ///< d value / d logits: (softmax - target) / B
  matrix<S> target;  ///< (1 - alpha) one-hot + alpha past
  double alpha = 0;  ///< alpha_final * epoch / epochs
};

/// Cross entropy of logits [B, C] against (1 - alpha) one-hot + alpha past_probs, alpha = alpha_final epoch / epochs; the past
/// probabilities [B, C] are constants. Refuses shapes that differ, labels outside 0 .. C - 1 and what is not finite. O(B C), in double.
/// Kim et al. 2021, arXiv 2006.12000.
template <class X, class P>
auto ps_kd(X const& logits, id_list labels, P const& past_probs, ps_kd_options const& o = {}) {
  auto const x = as_view(logits);
  auto const past = as_view(past_probs);
  using S = typename decltype(x)::Scalar;
  static_assert(Scalar<S>, "foil: ps_kd takes logits as float or as double");
  check_options(o);
  require(labels.size() == x.rows() && past.rows() == x.rows() && past.cols() == x.cols(), "ps_kd: logits are [", x.rows(), ", ", x.cols(),
          "], labels ", labels.size(), ", past_probs [", past.rows(), ", ", past.cols(), "]");
  require_finite(x, "ps_kd", "logits"), require_finite(past, "ps_kd", "past_probs");
  double const alpha = o.alpha_final * double(o.epoch) / double(o.epochs), used = o.first_is_hard && o.epoch == 1 ? 0 : alpha;
  matrix<S> target = one_hot<S>(labels, x.cols(), "ps_kd");
  for (idx i = 0; i < x.rows(); ++i)
    for (idx j = 0; j < x.cols(); ++j) target(i, j) = S((1 - used) * double(target(i, j)) + used * double(past(i, j)));
  auto r = value_and_grad_lists(cross_entropy{}, x, target);
  return ps_kd_outcome<S>{r.value, std::move(r.scores), std::move(target), alpha};
}

}}  // namespace foil::loss
