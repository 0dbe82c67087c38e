// SPDX-License-Identifier: BSD-3-Clause
// One row of logits as probabilities, with its tokens in order of probability as far as anybody asks.
#pragma once

#include <numeric>
#include <span>
#include <vector>

#include "foil/core/score_order.hpp"
#include "foil/score/logit_row.hpp"
#include "foil/simd/row.hpp"
#include "foil/simd/top_k.hpp"
#include "foil/stat/vocabulary.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// softmax(z / temperature). Exponentials of logits in float and half types are taken in float, sums are in double: probabilities,
/// masses and the entropy are right to a part in a million, those of double logits to the last digits. Filtered logits (-inf) are
/// left out: size() counts finite ones. An undefined row (NaN, +inf, nothing finite) is empty. O(V) to load, memory is reused;
/// nothing is sorted but what best(n) returns.
class distribution {
 public:
  /// Logits in float or double are not copied: the row must live until the next one is loaded.
  template <Storage T>
  void load(T const* z, idx n, double scale = 1) {
    sorted_.clear(), moments_ = {}, size_ = n, scale_ = scale;
    // The scale must be a number of float, too.
    in_float_ = sizeof(arithmetic<T>) == sizeof(float) && scale > 1e-30 && scale < 1e30;
    auto const read = [&](auto& row) { row.read(z, n, [&](auto const* part, idx count) { moments_.add(part, count, scale); }); };
    in_float_ ? read(single_) : read(double_);
    log_sum_ = std::log(moments_.exp_sum), entropy_ = moments_.entropy();
  }
  bool defined() const { return moments_.defined(); }
  double entropy() const { return entropy_; }
  idx size() const { return defined() ? moments_.finite : 0; }
  /// The largest logit.
  double top() const { return moments_.top; }
  /// The logit of a token, -inf for a filtered one.
  double logit(idx token) const { return in_float_ ? double(single_.data()[token]) : double_.data()[token]; }
  /// ln p of a token with logit z.
  double log_p_of(double z) const {
    if (ineligible_bits(z)) return minus_infinity<double>();
    return (std::max)((z - moments_.top) * scale_ - log_sum_, (std::numeric_limits<double>::lowest)());
  }
  double log_p(idx token) const { return log_p_of(logit(token)); }
  double p(idx token) const { return std::exp((std::max)(log_p(token), -745.2)); }
  /// Sum of the probabilities of some tokens.
  double mass(std::span<idx const> tokens) const {
    double sum = 0;
    on_logits([&]<Scalar S>(S const* z) {
      S some[256];
      for (std::size_t from = 0; from < tokens.size(); from += 256) {
        std::size_t n = (std::min)(tokens.size() - from, std::size_t(256));
        for (std::size_t i = 0; i < n; ++i) some[i] = z[tokens[from + i]];
        for (; n % widest != 0; ++n) some[n] = minus_infinity<S>();
        sum += simd::sum_exp<S>(some, nullptr, S(moments_.top), idx(n), S(scale_));
      }
    });
    return (std::min)(sum / moments_.exp_sum, 1.0);
  }
  /// p of every token up to a factor: exp((logit - largest logit) / temperature), 0 for filtered ones. [V]
  std::vector<double> const& weights() {
    weight_.resize(std::size_t(size_));
    on_logits([&]<Scalar S>(S const* z) {
      constexpr idx chunk = stat::vocabulary::chunk;
      S part[std::size_t(chunk)];
      for (idx from = 0; from < size_; from += chunk) {
        idx const n = (std::min)(chunk, size_ - from);
        simd::exp_of_sum<S>(part, z + from, nullptr, S(moments_.top), n, S(scale_));
        std::copy_n(part, n, weight_.data() + from);
      }
    });
    return weight_;
  }

  /// f(token, logit) for the tokens of finite logit, by number.
  template <class F>
  void each_token(F const& f) const {
    if (moments_.filtered > 0) return each_from((std::numeric_limits<double>::lowest)(), f);
    on_logits([&](auto const* z) {
      for (idx j = 0; j < size_; ++j) f(j, double(z[j]));
    });
  }
  /// The tokens whose logit is at least z, by number.
  std::vector<idx> from(double z) const {
    std::vector<idx> tokens(std::size_t(in_float_ ? single_.count_from(z) : double_.count_from(z)));
    idx* to = tokens.data();
    each_from(z, [&](idx token, double) { *to++ = token; });
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
      sorted_.resize(std::size_t(k));
      on_logits([&]<Scalar S>(S const* z) {
        std::vector<S> values(static_cast<std::size_t>(k));
        work_.resize(std::size_t(simd::top_k_workspace<S>(size_, k)));
        simd::top_k(z, size_, simd::top_k_options<S>{.k = k}, values.data(), sorted_.data(), work_.data());
      });
    }
    return {sorted_.data(), std::size_t(n)};
  }

 private:
  static constexpr std::size_t widest = 16;  // numbers of a register: rows of another length would be filled up with zeros

  template <class F>
  void on_logits(F const& f) const {
    in_float_ ? f(single_.data()) : f(double_.data());
  }
  template <class F>
  void each_from(double z, F const& f) const {
    in_float_ ? single_.each_from(z, f) : double_.each_from(z, f);
  }

  stat::vocabulary moments_;
  double scale_ = 1, log_sum_ = 0, entropy_ = 0;
  idx size_ = 0;
  bool in_float_ = false;  ///< which of the two holds the row
  logit_row<float> single_;
  logit_row<double> double_;
  std::vector<double> weight_;
  std::vector<idx> sorted_;
  std::vector<char> work_;
};

}}  // namespace foil::score
