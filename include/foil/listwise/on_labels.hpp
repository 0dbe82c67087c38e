// SPDX-License-Identifier: BSD-3-Clause
// A batch against itself as lists: what is relevant to a row is what has its label.
#pragma once

#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// A list loss over each row of a batch scored against the batch, pool::self(z): target 1 for equal labels, else 0; of the row itself
/// `self`, or of a row that is alone in its class `alone`. labels [rows] are viewed. Roles and biases of the pool are not
/// consulted. Memory: three times the scores.
template <ListLoss L>
class on_labels {
 public:
  on_labels(L loss, id_list labels, double self) : on_labels(loss, labels, self, self) {}
  on_labels(L loss, id_list labels, double self, double alone) : loss_(loss), labels_(labels), self_(self), alone_(alone) {}

  double scale() const { return 1; }
  void check() const { check_options(loss_); }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    idx const n = u.rows();
    require(labels_.size() == n && u.cols() == n, L::name, ": ", n, " rows against ", u.cols(), ", but ", labels_.size(), " labels");
    matrix<S> target(n, n);
    for (idx i = 0; i < n; ++i) {
      bool others = false;
      for (idx j = 0; j < n; ++j) target(i, j) = S(labels_[i] == labels_[j]), others = others || (i != j && target(i, j) > 0);
      target(i, i) = S(others ? self_ : alone_);
    }
    return S(sum_lists(loss_, u, as_view(target), {.zero_if_none_counts = true}, slopes, [](idx, double) {}).value);
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return labels_.overlaps(from, to); }

 private:
  L loss_;
  id_list labels_;
  double self_, alone_;
};

}}  // namespace foil::loss
