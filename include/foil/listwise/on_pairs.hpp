// SPDX-License-Identifier: BSD-3-Clause
// Labelled pairs of embeddings: their scores are one list, for losses of pairs that know their labels.
#pragma once

#include "foil/core/list_view.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// A list loss over all scores of a call: the pairs of a batch, row i of the anchors with row i of the pool, and a label each.
///   objective(loss::on_pairs(loss::cosent{}, labels)).value_and_grad(x, pool::positives(y))
/// labels [pairs] are viewed. Roles and biases of the pools are not consulted. Memory: twice the scores.
template <ListLoss L>
class on_pairs {
 public:
  on_pairs(L loss, list_view<double> labels) : loss_(loss), labels_(labels) {}

  double scale() const { return 1; }
  void check() const { check_options(loss_); }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    idx const n = u.rows() * u.cols();
    require(idx(labels_.size()) == n, L::name, ": ", n, " pairs, but ", labels_.size(), " labels");
    if (n == 0) return 0;
    return S(sum_lists(loss_, view<S>{u.data(), 1, n, n}, view<double>{labels_.data(), 1, n, n}, {}, slopes, [](idx, double) {}).value);
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return labels_.overlaps(from, to); }

 private:
  L loss_;
  list_view<double> labels_;
};

}}  // namespace foil::loss
