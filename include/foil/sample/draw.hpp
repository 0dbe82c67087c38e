// SPDX-License-Identifier: BSD-3-Clause
// The elementary draws: a uniform subset, softmax weights, one item in proportion to weights.
#pragma once

#include <unordered_map>

#include "foil/core/canonical_order.hpp"
#include "foil/core/random.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// k of 0 .. n-1, every ordered k-tuple alike (partial Fisher-Yates), in the order drawn. Takes exactly k
/// bounded integers from the stream. O(k) time and memory where k is small against n, else O(n);
/// of few the time goes to a hash table of places.
inline std::vector<idx> uniform_subset(idx n, idx k, random_stream& draw) {
  require(k >= 0 && k <= n, "uniform_subset: argument k must be in 0 .. n, got k = ", k, " and n = ", n);
  check_length("uniform_subset", "argument k", k);
  std::vector<idx> chosen;
  chosen.reserve(std::size_t(k));
  if (k > n / 32) {
    std::vector<idx> order(static_cast<std::size_t>(n));
    for (idx j = 0; j < n; ++j) order[std::size_t(j)] = j;
    for (idx t = 0; t < k; ++t) std::swap(order[std::size_t(t)], order[std::size_t(t + draw.below(n - t))]);
    order.resize(std::size_t(k));
    return order;
  }
  std::unordered_map<idx, idx> moved;  // places of that same array that no longer hold their own number
  auto const at = [&](idx place) {
    auto const found = moved.find(place);
    return found == moved.end() ? place : found->second;
  };
  moved.reserve(std::size_t(k));
  for (idx t = 0; t < k; ++t) {
    idx const j = t + draw.below(n - t);
    idx& there = moved.try_emplace(j, j).first->second;
    chosen.push_back(there);
    there = at(t);
  }
  return chosen;
}

/// All of 0 .. n-1 in uniformly random order. O(n); the time goes to the stream's numbers, Philox's, one for each place.
inline std::vector<idx> permutation(idx n, random_stream& draw) { return uniform_subset(n, n, draw); }

/// w_j = exp((x_j - max x) / T) / sum: temperature 0 is the argmax (ties share), infinity is uniform. A logit
/// that is NaN or minus infinity has weight 0; plus infinity takes all. Refused when no logit is eligible.
/// O(n), in double; the time goes to the C library's exponential, one number after the other.
inline std::vector<double> softmax_weights(real_span logits, double temperature = 1, char const* where = "softmax_weights") {
  require(!nan_bits(temperature) && temperature >= 0, where, ": argument temperature must be at least 0, got ", temperature);
  bool const hot = !finite_bits(temperature);
  std::vector<double> w(std::size_t(logits.size()), 0.0);
  idx best = -1;
  for (idx j = 0; j < logits.size(); ++j)
    if (!ineligible_bits(logits[j]) && (best < 0 || order_key(logits[j]) > order_key(logits[best]))) best = j;
  require(best >= 0, where, ": argument logits must hold a number above minus infinity, has none among ", logits.size());
  double const top = logits[best];
  bool const endless = !finite_bits(top);
  double sum = 0;
  for (idx j = 0; j < logits.size(); ++j) {
    if (ineligible_bits(logits[j])) continue;
    bool const tied = order_key(logits[j]) == order_key(top);
    double x = hot || tied ? 1 : 0;
    if (!hot && !tied && !endless && temperature > 0) x = std::exp((logits[j] - top) / temperature);
    w[std::size_t(j)] = x, sum += x;
  }
  for (double& x : w) x /= sum;
  return w;
}

/// The largest of some weights, which must be finite and not negative.
inline double largest_weight(real_span weights, char const* where) {
  double largest = 0;
  for (idx j = 0; j < weights.size(); ++j) {
    require(finite_bits(weights[j]) && weights[j] >= 0, where, ": argument weights must hold finite numbers of at least 0, element ", j,
            " is not");
    largest = (std::max)(largest, weights[j]);
  }
  return largest;
}

/// Draws with replacement, P(j) = w_j / sum of w. Weights must be finite and not negative; any size is safe.
class weighted_draw {
 public:
  /// O(n).
  explicit weighted_draw(real_span weights) : upto_(std::size_t(weights.size())) {
    double const largest = largest_weight(weights, "weighted_draw");
    if (!(largest > 0)) return;
    double sum = 0;
    for (idx j = 0; j < weights.size(); ++j) {
      if (weights[j] / largest > 0) last_ = j;
      upto_[std::size_t(j)] = sum += weights[j] / largest;  // relative, so that huge weights cannot overflow the sum
    }
  }
  /// The item that u in (0, 1) falls on when the weights are laid end to end; -1 when all are 0. O(log n).
  idx operator()(double u) const {
    if (last_ < 0) return -1;
    auto const at = std::upper_bound(upto_.begin(), upto_.end(), u * upto_.back()) - upto_.begin();
    return (std::min)(idx(at), last_);  // rounding may leave a rest behind the last item
  }
  /// So many independent draws; none when all weights are 0.
  std::vector<idx> operator()(idx draws, random_stream& draw) const {
    check_length("weighted_draw", "argument draws", draws);
    std::vector<idx> chosen;
    for (idx t = 0; t < draws && last_ >= 0; ++t) chosen.push_back((*this)(draw.uniform()));
    return chosen;
  }

 private:
  std::vector<double> upto_;
  idx last_ = -1;
};

}}  // namespace foil::mining
