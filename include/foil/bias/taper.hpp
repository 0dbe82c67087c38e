// The taper of a likelihood ratio, on negatives: weight clip(rho, a, b), constant for the gradient.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/bias_row.hpp"
#include "foil/core/numeric.hpp"

namespace foil::inline FOIL_ABI::bias {

/// log_ratio: [rows, columns] of log rho (for instance the score now minus the score when the negative was mined, over
/// the temperature). Adds log clip(rho, a, b); a weight of 0 drops the pair. a = b = 1 changes nothing.
/// Defaults (0, 1): negatives that were pushed away since mining fade out, none counts more than once.
/// After tapered off-policy REINFORCE, Le Roux et al. 2025, arXiv 2503.14286.
template <Scalar T>
class taper {
 public:
  static constexpr char const* name = "taper";
  explicit taper(view<T> log_ratio, double a = 0, double b = 1) : log_ratio_(log_ratio), a_(a), b_(b) {}

  void weigh(bias_row<T> const& r, T* bias) const {
    for (idx j = 0; j < r.size; ++j)
      if (bias[j] > dropped_below<T>) {
        T const w = log_weight(log_ratio_(r.row, r.first + j));
        bias[j] = w > dropped_below<T> ? bias[j] + w : drop<T>;
      }
  }
  /// log clip(e^x, a, b), `drop` for a weight of 0.
  T log_weight(T x) const {
    T const low = a_ > 0 ? T(std::log(a_)) : drop<T>, high = b_ > 0 ? T(std::log(b_)) : drop<T>;
    return std::clamp(x, low, high);
  }
  /// clip(e^x, a, b), the weight itself.
  T weight(T x) const {
    T const w = log_weight(x);
    return w > dropped_below<T> ? std::exp(w) : T(0);
  }
  void check(idx rows, idx columns) const {
    require(log_ratio_.rows() == rows && log_ratio_.cols() == columns, "bias::taper: ", rows, " anchors and ", columns,
            " columns, but log_ratio is [", log_ratio_.rows(), ", ", log_ratio_.cols(), "]");
    require(a_ >= 0 && a_ <= b_, "bias::taper: needs 0 <= a <= b, got ", a_, " and ", b_);
    for (idx i = 0; i < rows; ++i)
      for (idx j = 0; j < columns; ++j)
        require(!nan_bits(log_ratio_(i, j)), "bias::taper: log_ratio(", i, ", ", j, ") is NaN");
  }

 private:
  view<T> log_ratio_;
  double a_, b_;
};

}  // namespace foil::inline FOIL_ABI::bias
