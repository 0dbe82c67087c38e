// SPDX-License-Identifier: BSD-3-Clause
// Sequence aggregates: from the tokens of one answer to its score, one token at a time.
#pragma once

#include "foil/core/option.hpp"
#include "foil/score/window.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// A state that takes token values in order and has a value at any time (quiet NaN: undefined).
// clang-format off
template <class A>
concept Aggregate = requires(A a, A const c) { a.add(1.0); { c.value() } -> std::convertible_to<double>; };
// clang-format on

/// Undefined without tokens or with an undefined token. Merges.
struct mean {
  void add(double token) { sum_.add(token), ++n_; }
  void merge(mean const& o) { sum_.merge(o.sum_), n_ += o.n_; }
  double value() const { return sum_.over(double(n_)); }

 private:
  guarded_sum sum_;
  idx n_ = 0;
};

/// 0 without tokens. Merges.
struct sum {
  void add(double token) { sum_.add(token); }
  void merge(sum const& o) { sum_.merge(o.sum_); }
  double value() const { return sum_.value(); }

 private:
  guarded_sum sum_;
};

/// exp(-mean): the perplexity of token log-probabilities; low = confident. +inf after an impossible token, undefined
/// without tokens. Merges.
struct mean_perplexity {
  void add(double token) { mean_.add(token); }
  void merge(mean_perplexity const& o) { mean_.merge(o.mean_); }
  double value() const {
    double const m = mean_.value();
    return finite_bits(m) ? std::exp(-m) : nan_bits(m) ? m : m < 0 ? infinity<double>() : 0;
  }

 private:
  mean mean_;
};

/// The latest token; undefined without tokens.
struct last {
  void add(double token) { token_ = token; }
  double value() const { return token_; }

 private:
  double token_ = quiet_nan<double>();
};

/// The lowest token; an undefined one is lower than all. Merges.
struct lowest {
  void add(double token) {
    if (!any_ || order_key(token) < order_key(token_)) token_ = token, any_ = true;
  }
  void merge(lowest const& o) {
    if (o.any_) add(o.token_);
  }
  double value() const { return token_; }

 private:
  double token_ = quiet_nan<double>();
  bool any_ = false;
};

/// Mean of the last `size` tokens, or of all if there are fewer. The time goes to the two sums that each token enters.
struct tail_mean {
  explicit tail_mean(idx size = 2048) : window_(size, "tail_mean") {}
  void add(double token) { window_.add(token); }
  double value() const { return window_.mean(); }

 private:
  window window_;
};

/// Lowest mean of `size` successive tokens; of all tokens if there are fewer. The time goes to the two sums that each token enters.
struct lowest_window {
  explicit lowest_window(idx size = 2048) : window_(size, "lowest_window") {}
  void add(double token) {
    window_.add(token);
    if (window_.full()) least_.add(window_.mean());
  }
  double value() const { return window_.full() ? least_.value() : window_.mean(); }

 private:
  window window_;
  lowest least_;
};

/// Mean of the max(1, floor(fraction * windows)) lowest window means; of all tokens if no window is full.
/// O(T) memory, value() sorts. The time goes to the two sums that each token enters, and to the sort.
struct bottom_windows {
  explicit bottom_windows(idx size = 2048, double fraction = 0.1) : window_(size, "bottom_windows"), fraction_(fraction) {
    check_option("bottom_windows", "fraction", fraction, range::share);
  }
  void add(double token) {
    window_.add(token);
    if (window_.full()) means_.push_back(window_.mean());
  }
  double value() const {
    if (means_.empty()) return window_.mean();
    auto const worst = places_by(means_.size(), [&](std::size_t i) { return ~order_key(means_[i]); });
    // Products such as 0.29 * 100 fall short of the whole number that was meant.
    idx const n = (std::max)(idx(1), idx(std::floor(fraction_ * double(worst.size()) + 1e-9)));
    guarded_sum sum;
    for (idx i = 0; i < n; ++i) sum.add(means_[worst[std::size_t(i)]]);
    return sum.over(double(n));
  }

 private:
  window window_;
  double fraction_;
  std::vector<double> means_;
};

}}  // namespace foil::score
