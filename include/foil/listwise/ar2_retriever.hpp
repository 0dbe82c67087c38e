// SPDX-License-Identifier: BSD-3-Clause
// AR2's retriever step: follow the ranker, and favour what the ranker confuses with the relevant item.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/cross_entropy.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Options of `ar2_retriever`.
struct ar2_options {
  static constexpr char const* name = "ar2_retriever";
  double adv_lambda = 0.5;        ///< in [0, 1]; share of the adversarial part
  double ranker_temperature = 1;  ///< > 0; divisor of the ranker's scores
  idx scale_dim = 0;              ///< >= 0; retriever scores are divided by its square root; 0: not
  bool sum_adversarial = false;   ///< the authors' code: adversarial part summed over lists, distillation averaged
  static void options(auto list) {
    list("adv_lambda", &ar2_options::adv_lambda, range::share);
    list("ranker_temperature", &ar2_options::ranker_temperature, range::temperature);
    list("scale_dim", &ar2_options::scale_dim, range::at_least(0));
  }
};

/// What `ar2_retriever` returns.
template <Scalar S>
struct ar2_outcome {
  S value = 0, adversarial = 0, distill = 0;  ///< the loss; its two parts, before adv_lambda weighs them
  matrix<S> retriever;                        ///< d value / d retriever scores; rows sum to 0
};

///   adv_lambda * sum_j reward_j log p_j + (1 - adv_lambda) * -sum_j softmax(ranker / T)_j log p_j,   p = softmax(retriever)
///   reward_j = log sigmoid(ranker_0 - ranker_j)
/// retriever, ranker [B, L]: scores. Column 0 is the relevant item, the ranker constant. Refuses shapes that differ, lists without an
/// item and what is not finite. O(B L), in double. Zhang et al. 2022, arXiv 2110.03611. Both parts are cross entropies.
/// The published code adds 1e-7 inside its logarithms: its gradients differ by up to 4e-2 where probabilities are that small.
template <class X, class R>
auto ar2_retriever(X const& retriever, R const& ranker, ar2_options const& o = {}) {
  auto const x = as_view(retriever);
  auto const y = as_view(ranker);
  using S = typename decltype(x)::Scalar;
  static_assert(Scalar<S>, "foil: ar2_retriever takes scores as float or as double");
  check_options(o);
  require(x.rows() == y.rows() && x.cols() == y.cols() && x.cols() >= 1, "ar2_retriever: retriever is [", x.rows(), ", ", x.cols(),
          "], ranker [", y.rows(), ", ", y.cols(), "], expected the same with at least one column");
  require_finite(x, "ar2_retriever", "retriever"), require_finite(y, "ar2_retriever", "ranker");
  matrix<double> penalty(y.rows(), y.cols()), teacher(y.rows(), y.cols());
  std::vector<double> row(std::size_t(y.cols()));
  for (idx i = 0; i < y.rows(); ++i) {
    for (idx j = 0; j < y.cols(); ++j) {
      row[std::size_t(j)] = double(y(i, j));
      penalty(i, j) = softplus(double(y(i, j)) - double(y(i, 0)));  // -reward
    }
    auto const log_q = log_softmax(row, 1 / o.ranker_temperature);
    for (idx j = 0; j < y.cols(); ++j) teacher(i, j) = std::exp(log_q[std::size_t(j)]);
  }
  cross_entropy const part{.temperature = o.scale_dim > 0 ? std::sqrt(double(o.scale_dim)) : 1};
  auto const adv = value_and_grad_lists(part, x, penalty, {o.sum_adversarial ? list_reduction::sum : list_reduction::mean});
  auto const distill = value_and_grad_lists(part, x, teacher);
  // sum_j reward_j log p_j = -sum_j penalty_j log p_j is the cross entropy itself
  ar2_outcome<S> r{.adversarial = adv.value, .distill = distill.value, .retriever = matrix<S>(x.rows(), x.cols())};
  S const a = S(o.adv_lambda), b = S(1 - o.adv_lambda);
  r.value = a * adv.value + b * distill.value;
  for (idx k = 0; k < r.retriever.size(); ++k) r.retriever.data()[k] = a * adv.scores.data()[k] + b * distill.scores.data()[k];
  return r;
}

}}  // namespace foil::loss
