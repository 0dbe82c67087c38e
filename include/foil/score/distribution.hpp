// SPDX-License-Identifier: BSD-3-Clause
// One row of logits as probabilities, with its tokens in order of probability as far as anybody asks.
#pragma once

#include <numeric>
#include <span>
#include <vector>

#include "foil/core/mask.hpp"
#include "foil/core/real_span.hpp"
#include "foil/core/score_order.hpp"
#include "foil/stat/vocabulary.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// softmax(z / temperature) in double. Filtered logits (-inf) are left out: size() counts finite ones. An
/// undefined row (NaN, +inf, nothing finite) is empty. O(V) to load, memory is reused; best(n) sorts only
/// what it must.
class distribution {
 public:
  template <Storage T>
  void load(T const* z, idx n, double scale = 1) {
    // Widened first: rules compare sums of probabilities with the entropy to the last digits.
    log_p_.resize(std::size_t(n)), tokens_.clear(), sorted_ = 0, moments_ = {};
    for (idx j = 0; j < n; ++j) log_p_[std::size_t(j)] = double(arithmetic<T>(z[j]));
    moments_.add(log_p_.data(), n, scale);
    if (!moments_.defined()) return;
    for (idx j = 0; j < n; ++j) {
      double& x = log_p_[std::size_t(j)];
      if (finite_bits(x)) tokens_.push_back(j);
      x = moments_.log_prob(x);
    }
  }
  bool defined() const { return moments_.defined(); }
  double entropy() const { return moments_.entropy(); }
  idx size() const { return idx(tokens_.size()); }
  double log_p(idx token) const { return log_p_[std::size_t(token)]; }
  double p(idx token) const { return std::exp((std::max)(log_p(token), -745.2)); }
  /// The tokens of finite logit, in no order.
  std::span<idx const> tokens() const { return tokens_; }
  /// The n most probable tokens (at most size()), descending, ties to the lower index.
  std::span<idx const> best(idx n) {
    n = (std::min)(n, size());
    if (n > sorted_) {
      idx const until = (std::min)(size(), (std::max)({n, 2 * sorted_, idx(64)}));
      std::partial_sort(tokens_.begin() + sorted_, tokens_.begin() + until, tokens_.end(),
                        [&](idx a, idx b) { return log_p(a) != log_p(b) ? log_p(a) > log_p(b) : a < b; });
      sorted_ = until;
    }
    return {tokens_.data(), std::size_t(n)};
  }

 private:
  stat::vocabulary moments_;
  std::vector<double> log_p_;
  std::vector<idx> tokens_;
  idx sorted_ = 0;
};

}}  // namespace foil::score
