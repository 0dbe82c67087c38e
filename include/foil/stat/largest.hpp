// The k largest finite numbers of a row, as values only; states of shards merge.
#pragma once

#include <vector>

#include "foil/core/numeric.hpp"

namespace foil::inline FOIL_ABI::stat {

/// Keeps the k largest finite numbers of everything added (fewer if there were fewer). Equal values are
/// interchangeable, so there is no tie to break. O(V) expected time, O(k) memory.
class largest {
 public:
  explicit largest(idx k) : k_(k) { require(k >= 1, "largest: k must be at least 1, got ", k); }

  template <Storage T>
  void add(T const* x, idx n, double scale = 1) {
    for (idx j = 0; j < n; ++j) {
      auto const value = arithmetic<T>(x[j]);
      if (double(value) * scale < bar_ || !finite_bits(value)) continue;
      keep(double(value) * scale);
    }
  }
  void merge(largest const& other) {
    for (double x : other.kept_) keep(x);
  }
  void clear() { kept_.clear(), bar_ = lowest; }
  /// Descending, at most k.
  std::vector<double> values() const {
    std::vector<double> best(kept_);
    std::sort(best.begin(), best.end(), above);
    if (idx(best.size()) > k_) best.resize(std::size_t(k_));
    return best;
  }

 private:
  static constexpr double lowest = -1.7e308;
  static bool above(double a, double b) { return a > b; }
  void keep(double x) {
    kept_.push_back(x);
    if (idx(kept_.size()) < 2 * k_ + 16) return;
    auto const last = kept_.begin() + k_ - 1;
    std::nth_element(kept_.begin(), last, kept_.end(), above);
    bar_ = *last;
    kept_.resize(std::size_t(k_));
  }
  idx k_;
  double bar_ = lowest;  // a number below it is not among the k largest
  std::vector<double> kept_;
};

}  // namespace foil::inline FOIL_ABI::stat
