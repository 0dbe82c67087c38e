// SPDX-License-Identifier: BSD-3-Clause
// Reservoirs: a uniform, or a weighted, k-subset of a stream whose length nobody knows.
#pragma once

#include "foil/sample/gumbel.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Algorithm R (Waterman; Vitter 1985): item t >= k replaces slot r = U{0 .. t} if r < k. After n items every
/// k-subset is equally likely, P(included) = min(1, k / n). O(1) an item, O(k) memory; the time goes to a number of
/// the stream for each item.
template <class T>
class reservoir {
 public:
  reservoir(idx k, random_stream draw) : k_(k), draw_(draw) { require(k >= 0, "reservoir: argument k must not be negative, got ", k); }
  void offer(T item) {
    if (seen_ < k_)
      keep(std::move(item), -1);
    else
      keep(std::move(item), draw_.below(seen_ + 1));
  }
  /// The same with the integer given that would be drawn, 0 .. seen(); it is not read before the reservoir is
  /// full.
  void offer(T item, idx drawn) {
    require(seen_ < k_ || (drawn >= 0 && drawn <= seen_), "reservoir: argument drawn must be in 0 .. ", seen_, ", got ", drawn);
    keep(std::move(item), drawn);
  }
  std::vector<T> const& slots() const { return slots_; }
  idx seen() const { return seen_; }
  /// P(an item offered so far is in the reservoir).
  double inclusion_probability() const { return seen_ <= k_ ? 1 : double(k_) / double(seen_); }

 private:
  void keep(T item, idx slot) {
    if (seen_++ < k_)
      slots_.push_back(std::move(item));
    else if (slot < k_)
      slots_[std::size_t(slot)] = std::move(item);
  }
  idx k_, seen_ = 0;
  random_stream draw_;
  std::vector<T> slots_;
};

/// Keeps the k items with the largest log w + gumbel(u) (Efraimidis and Spirakis 2006, in logarithms): the
/// law of gumbel_top_k on log weights, for a stream. Equal keys, as of weights beyond which the noise has no digits, rank by
/// weight, by noise and by order, as there. Weight 0 is never kept. O(log k) an item, O(k) memory.
template <class T>
class weighted_reservoir {
 public:
  struct entry {
    double key;
    idx order;  ///< how many items had been offered before
    T item;
    double log_weight, noise;  ///< the key is their sum
  };
  weighted_reservoir(idx k, random_stream draw) : k_(k), draw_(draw) {
    require(k >= 0, "weighted_reservoir: argument k must not be negative, got ", k);
  }
  void offer(T item, double weight) {
    require(finite_bits(weight) && weight >= 0, "weighted_reservoir: argument weight must be a finite number of at least 0, got ", weight);
    offer_log(std::move(item), weight > 0 ? fixed_bits::log(weight) : minus_infinity<double>(), draw_.uniform());
  }
  /// The same with the logarithm of the weight, and with a uniform number in (0, 1) in place of a draw.
  void offer_log(T item, double log_weight, double u) {
    require(!nan_bits(u) && u > 0 && u < 1, "weighted_reservoir: argument u must lie in the open interval (0, 1), got ", u);
    idx const order = seen_++;
    if (k_ == 0 || ineligible_bits(log_weight)) return;
    double const noise = gumbel(u);
    entry next{log_weight + noise, order, std::move(item), log_weight, noise};
    if (idx(heap_.size()) == k_) {
      if (!first(next, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), first);
      heap_.pop_back();
    }
    heap_.push_back(std::move(next));
    std::push_heap(heap_.begin(), heap_.end(), first);
  }
  /// Largest key first: the order in which successive sampling would draw them. O(k log k).
  std::vector<entry> drawn() const {
    std::vector<entry> all = heap_;
    std::sort(all.begin(), all.end(), first);
    return all;
  }
  idx seen() const { return seen_; }

 private:
  static bool first(entry const& a, entry const& b) {
    if (a.key != b.key) return a.key > b.key;
    if (a.log_weight != b.log_weight) return a.log_weight > b.log_weight;
    return a.noise > b.noise || (a.noise == b.noise && a.order < b.order);
  }
  idx k_, seen_ = 0;
  random_stream draw_;
  std::vector<entry> heap_;  // the smallest key, the latest among equals, in front
};

}}  // namespace foil::mining
