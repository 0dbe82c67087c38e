// SPDX-License-Identifier: BSD-3-Clause
// Constant weights on pairs; the weight enters the log-sum-exp as its logarithm, 0 removes the pair.
#pragma once

#include <cmath>

#include "foil/core/bias_row.hpp"
#include "foil/core/numeric.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// w: [rows, columns] of the pool, w >= 0. A row whose weights are all 0 is refused. Weights act in sums of exponentials alone: other
/// losses see only whether a pair is left.
/// `on_positives`: the positive's own weight multiplies it inside the log-sum-exp too (AdaMEOW).
template <Scalar T>
class weights {
 public:
  static constexpr char const* name = "weights";
  static constexpr bool drops_few = true, linear_weights = true;
  explicit weights(view<T> w, bool on_positives = false) : w_(w), on_positives_(on_positives) {}
  template <class M>
  requires(!is_view<std::remove_cvref_t<M>> && !std::same_as<std::remove_cvref_t<M>, weights>) explicit weights(M&& w,
                                                                                                                bool on_positives = false)
      : weights(as_view(std::forward<M>(w)), on_positives) {}

  bool weighs_positives() const { return on_positives_; }
  T positive(idx row, idx column) const { return log_of(w_(row, column)); }
  void weigh(bias_row<T> const& r, T* bias) const {
    for (idx j = 0; j < r.size; ++j)
      if (bias[j] > log_zero_limit<T>) {
        T const log_w = log_of(w_(r.row, r.first + j));
        bias[j] = log_w > log_zero_limit<T> ? bias[j] + log_w : log_zero<T>;
      }
  }
  void check(idx rows, idx columns, char const* where = name) const {
    require(w_.rows() == rows && w_.cols() == columns, where, ": ", rows, " anchors and ", columns, " columns, but the weights are [",
            w_.rows(), ", ", w_.cols(), "]");
    for (idx i = 0; i < rows; ++i) {
      bool any = columns == 0;
      for (idx j = 0; j < columns; ++j) {
        require(!nan_bits(w_(i, j)) && w_(i, j) >= 0 && w_(i, j) < T(1e30), where, ": weight (", i, ", ", j,
                ") must be a finite number >= 0, got ", double(w_(i, j)));
        any = any || w_(i, j) > 0;
      }
      require(any, where, ": all weights of row ", i, " are 0");
    }
  }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return w_.overlaps(from, to); }

 private:
  static T log_of(T w) { return w > 0 ? std::log(w) : log_zero<T>; }
  view<T> w_;
  bool on_positives_;
};
template <class M>
weights(M&&, bool = false) -> weights<storage_of<M>>;

}}  // namespace foil::bias
