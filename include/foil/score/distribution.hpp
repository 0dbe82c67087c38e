// SPDX-License-Identifier: BSD-3-Clause
// One row of logits as probabilities, with its tokens in order of probability as far as anybody asks.
#pragma once

#include <numeric>
#include <span>
#include <vector>

#include "foil/core/score_order.hpp"
#include "foil/simd/row.hpp"
#include "foil/simd/top_k.hpp"
#include "foil/stat/vocabulary.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// softmax(z / temperature) in double. Filtered logits (-inf) are left out: size() counts finite ones. An undefined row (NaN,
/// +inf, nothing finite) is empty. O(V) to load, memory is reused; nothing is sorted but what best(n) returns.
class distribution {
 public:
  template <Storage T>
  void load(T const* z, idx n, double scale = 1) {
    // Widened: rules compare sums of probabilities with the entropy to the last digits.
    logit_.resize(std::size_t((n + simd::word - 1) / simd::word * simd::word));
    std::fill(logit_.begin() + n, logit_.end(), minus_infinity<double>());
    sorted_.clear(), moments_ = {}, size_ = n, scale_ = scale;
    for (idx from = 0; from < n; from += stat::vocabulary::chunk) {  // a chunk is in cache when its exponentials are taken
      idx const to = (std::min)(n, from + stat::vocabulary::chunk);
      for (idx j = from; j < to; ++j) logit_[std::size_t(j)] = double(arithmetic<T>(z[j]));
      moments_.add(logit_.data() + from, to - from, scale);
    }
    log_sum_ = std::log(moments_.exp_sum), entropy_ = moments_.entropy();
  }
  bool defined() const { return moments_.defined(); }
  double entropy() const { return entropy_; }
  idx size() const { return defined() ? moments_.finite : 0; }
  /// The largest logit.
  double top() const { return moments_.top; }
  /// The logit of a token, -inf for a filtered one.
  double logit(idx token) const { return logit_[std::size_t(token)]; }
  /// ln p of a token with logit z.
  double log_p_of(double z) const {
    if (ineligible_bits(z)) return minus_infinity<double>();
    return (std::max)((z - moments_.top) * scale_ - log_sum_, (std::numeric_limits<double>::lowest)());
  }
  double log_p(idx token) const { return log_p_of(logit(token)); }
  double p(idx token) const { return std::exp((std::max)(log_p(token), -745.2)); }
  /// Sum of the probabilities of some tokens.
  double mass(std::span<idx const> tokens) const {
    double sum = 0, logits[256];
    for (std::size_t from = 0; from < tokens.size(); from += 256) {
      std::size_t n = (std::min)(tokens.size() - from, std::size_t(256));
      for (std::size_t i = 0; i < n; ++i) logits[i] = logit(tokens[from + i]);
      for (; n % widest != 0; ++n) logits[n] = minus_infinity<double>();
      sum += simd::sum_exp<double>(logits, nullptr, moments_.top, idx(n), scale_);
    }
    return sum / moments_.exp_sum;
  }
  /// p of every token up to the factor total(): exp((logit - largest logit) / temperature), 0 for filtered ones. [V], padded by zeros
  std::vector<double> const& weights() {
    weight_.resize(logit_.size());
    simd::exp_of_sum<double>(weight_.data(), logit_.data(), nullptr, moments_.top, idx(logit_.size()), scale_);
    return weight_;
  }
  double total() const { return moments_.exp_sum; }

  /// f(token) for the tokens of finite logit, by number.
  template <class F>
  void each_token(F const& f) const {
    if (moments_.filtered > 0) return each_from((std::numeric_limits<double>::lowest)(), f);
    for (idx j = 0; j < size_; ++j) f(j);
  }
  /// The tokens whose logit is at least z, by number.
  std::vector<idx> from(double z) const {
    std::vector<idx> tokens;
    each_from(z, [&](idx token) { tokens.push_back(token); });
    return tokens;
  }
  /// The tokens whose ln p is at least `bound`, by number.
  std::vector<idx> likely(double bound) const {
    // ln p never falls as the logit rises: the least logit that is likely enough, by bisection over the order of doubles.
    std::int64_t low = order_key((std::numeric_limits<double>::lowest)()), high = order_key(moments_.top);
    if (!defined() || log_p_of(moments_.top) < bound) return {};
    while (low < high) {
      std::int64_t const middle = std::midpoint(low, high);
      if (log_p_of(score_of_key(middle)) >= bound)
        high = middle;
      else
        low = middle + 1;
    }
    return from(score_of_key(high));
  }
  /// The n most probable tokens (at most size()), descending, ties to the lower index.
  std::span<idx const> best(idx n) {
    n = (std::min)(n, size());
    if (n > idx(sorted_.size())) {
      idx const k = (std::min)(size(), (std::max)({n, 2 * idx(sorted_.size()), idx(64)}));
      sorted_.resize(std::size_t(k)), values_.resize(std::size_t(k));
      work_.resize(std::size_t(simd::top_k_workspace<double>(size_, k)));
      simd::top_k(logit_.data(), size_, simd::top_k_options<double>{.k = k}, values_.data(), sorted_.data(), work_.data());
    }
    return {sorted_.data(), std::size_t(n)};
  }

 private:
  static constexpr std::size_t widest = 8;  // doubles of a register: rows of another length would be filled up with zeros

  template <class F>
  void each_from(double z, F const& f) const {
    for (idx j = 0; j < idx(logit_.size()); j += simd::word)
      for (std::uint64_t bits = simd::compare_word(logit_.data() + j, z, simd::at_least{}); bits != 0; bits &= bits - 1)
        f(j + idx(std::countr_zero(bits)));
  }

  stat::vocabulary moments_;
  double scale_ = 1, log_sum_ = 0, entropy_ = 0;
  idx size_ = 0;
  std::vector<double> logit_, weight_, values_;  ///< logits are padded with filtered ones to whole words
  std::vector<idx> sorted_;
  std::vector<char> work_;
};

}}  // namespace foil::score
