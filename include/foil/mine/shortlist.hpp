// SPDX-License-Identifier: BSD-3-Clause
// The best few of each row of a panel while scores stream by: everything within a rounding band of the depth-th best. One file
// because buffers, thresholds and cutoffs are one invariant.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "foil/engine/scratch.hpp"
#include "foil/simd/group_maxima.hpp"
#include "foil/simd/kth_key.hpp"
#include "foil/simd/score_cutoffs.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Scores are taken into a buffer of their own per row; when it is full they are cut back to those that may still belong
/// to the first `depth`: not more than a band below the depth-th best. Places rise, and every such step keeps their order. A
/// row whose band holds more than four times its depth and 4,096 more takes the exact path: sorting everything is cheaper than
/// cutting a long run of ties again and again.
/// With cutoffs (simd/score_cutoffs.hpp) the first `depth` are those below the band of cutoff 0; what lies in a band is kept beside them
/// until its canonical score decides, and what lies above is counted.
template <Scalar S>
class shortlists {
 public:
  struct entry {
    S value;
    std::uint32_t place;
  };
  struct row {
    entry* at;
    std::uint32_t count, capacity;
    entry const* begin() const { return at; }
    entry const* end() const { return at + count; }
  };

  /// Lower limit of real scores; padding and absent candidates hold a number below it.
  static constexpr S lowest_score = std::numeric_limits<S>::lowest() / 2;
  /// Entries after which a row is cut; behind them is space for one word more, and for what each_bit writes beyond it.
  static idx capacity_of(idx depth) { return depth + depth / 2 + 32; }
  static constexpr idx beyond = simd::word + 8;

  /// `padded`: rows rounded up to whole tiles; `cutoffs` of every row.
  shortlists(idx rows, idx padded, idx depth, idx cutoffs = 0)
      : depth_(depth),
        cutoffs_(cutoffs),
        stride_(padded + 32),
        rows_(std::size_t(rows)),
        band_(std::size_t(rows), S(0)),
        gave_up_(std::size_t(rows), 0),
        threshold_(std::size_t(padded), (std::numeric_limits<S>::max)()),
        kept_below_(std::size_t(cutoffs > 0 ? rows : 0), std::numeric_limits<S>::lowest()),
        low_(std::size_t(cutoffs * stride_), (std::numeric_limits<S>::max)()),
        high_(low_),
        above_(low_.size(), 0) {
    idx const stride = capacity_of(depth) + beyond;
    entry* const at = add(rows * stride);
    for (idx i = 0; i < rows; ++i) {
      rows_[std::size_t(i)] = {at + i * stride, 0, std::uint32_t(capacity_of(depth))};
      threshold_[std::size_t(i)] = lowest_score;
    }
  }

  row const& operator[](idx i) const { return rows_[std::size_t(i)]; }
  S const* thresholds() const { return threshold_.data(); }
  S& band(idx i) { return band_[std::size_t(i)]; }
  bool gave_up(idx i) const { return gave_up_[std::size_t(i)] != 0; }
  /// Bands of the cutoffs; those that nobody sets are above every score.
  simd::score_cutoffs<S> cutoffs() { return {cutoffs_, stride_, low_.data(), high_.data(), above_.data()}; }
  void set_cutoff(idx i, idx k, S low, S high) { low_[at(i, k)] = low, high_[at(i, k)] = high; }
  /// Nothing below `least` is taken but in the bands of cutoffs up to `kept_below`, which are never dropped.
  void set_least(idx i, S least, S kept_below) { threshold_[std::size_t(i)] = least, kept_below_[std::size_t(i)] = kept_below; }
  /// What lies below certainly comes behind cutoff 0.
  S certain(idx i) const { return cutoffs_ > 0 ? low_[std::size_t(i)] : (std::numeric_limits<S>::max)(); }
  /// May still belong to the first `depth` where `threshold` is a threshold, or lies in a band.
  bool may_stay(idx i, S value, S threshold) const { return value >= threshold || (cutoffs_ > 0 && value <= kept_below_[std::size_t(i)]); }
  /// Scores that were counted above cutoff k, and whether a score that was taken is one of them.
  idx above(idx i, idx k) const { return above_[at(i, k)]; }
  bool is_counted(idx i, idx k, S value) const { return value > high_[at(i, k)]; }
  void give_up(idx i) {
    gave_up_[std::size_t(i)] = 1, rows_[std::size_t(i)].count = 0;
    threshold_[std::size_t(i)] = (std::numeric_limits<S>::max)();
    for (idx k = 0; k < cutoffs_; ++k) set_cutoff(i, k, (std::numeric_limits<S>::max)(), (std::numeric_limits<S>::max)());
  }

  /// The scores at places 0 .. n-1 of a row that has none yet: its first threshold comes from all of them. `values` is
  /// padded to a word with numbers below `lowest_score`.
  void take_first(idx i, S const* values, idx n) {
    if (gave_up(i)) return;
    S const& threshold = threshold_[std::size_t(i)];
    if (n > depth_) {
      idx const padded = (n + simd::word - 1) / simd::word * simd::word;
      if (idx(keys_.size()) < padded) keys_.resize(std::size_t(padded)), other_keys_.resize(std::size_t(padded));
      S const* const scores = values;
      if (cutoffs_ > 0) values = certain_alone(i, values, padded);
      // The maxima of five times as many groups say almost as much as all of the scores, in a fraction of the time.
      idx const groups = (std::min)((5 * depth_ + simd::word - 1) / simd::word * simd::word, padded);
      simd::interleaved_maxima(values, padded, groups, keys_.data());
      raise(i, groups, depth_ / 16 + 1);
      values = scores;
    }
    row& r = rows_[std::size_t(i)];
    for (idx j = 0; j < n; j += simd::word) {
      while (r.count >= r.capacity) grow(r);
      entry* const to = r.at + r.count;
      std::uint64_t in = simd::compare_word(values + j, threshold, simd::at_least{});
      if (cutoffs_ > 0) in = cutoff_word(i, values + j, in);
      r.count += std::uint32_t(simd::each_bit(in, [&](idx slot, idx bit) {
        idx const at = j + (bit & (simd::word - 1));
        to[slot] = {values[at], std::uint32_t(at)};
      }));
    }
    while (r.count >= r.capacity) grow(r);
  }
  /// Takes a score that reaches the row's threshold; returns whether it does. Often it does not, at random: nothing branches on it.
  bool take(idx i, idx place, S value) {
    if (cutoffs_ > 1) return take_counted(i, place, value);
    row& r = rows_[std::size_t(i)];
    r.at[r.count] = {value, std::uint32_t(place)};
    bool in = value >= threshold_[std::size_t(i)];
    if (cutoffs_ == 1) {
      bool const higher = value > high_[std::size_t(i)];
      above_[std::size_t(i)] += higher, in = in && !higher;
    }
    r.count += in;
    if (r.count == r.capacity) [[unlikely]]
      trim(i, depth_ / 8 + 2);
    return in;
  }
  /// Announces that row i may take something soon.
  void prefetch(idx i) const {
    row const& r = rows_[std::size_t(i)];
    __builtin_prefetch(r.at + r.count, 1);
  }

  /// Leaves what may belong to the first `depth`, and of others at most about `slack`.
  void trim(idx i, idx slack) {
    row& r = rows_[std::size_t(i)];
    if (gave_up(i)) return void(r.count = 0);  // products that overflowed reach any threshold
    idx const n = idx(r.count);
    if (n > depth_) {
      auto const padded = std::size_t((n + simd::word - 1) / simd::word * simd::word);
      if (keys_.size() < padded) keys_.resize(padded), other_keys_.resize(padded);
      r.count = std::uint32_t(cutoffs_ > 0 ? keep_near(i, n, slack) : keep_best(i, n, slack));
      if (idx(r.count) > 4 * depth_ + 4096) return give_up(i);
    }
    if (r.count > r.capacity - r.capacity / 8) grow(r);
  }

 private:
  /// Moves what stays of the n entries of a row to its front, and returns how many.
  idx keep_best(idx i, idx n, idx slack) {
    entry* const at = rows_[std::size_t(i)].at;
    for (idx j = 0; j < n; ++j) keys_[std::size_t(j)] = simd::key_of(at[j].value);
    raise(i, n, slack);
    S const threshold = threshold_[std::size_t(i)];
    auto const lowest = simd::key<S>(simd::key_of(threshold) - (threshold == 0));  // a zero of either sign reaches a zero
    idx kept = 0;
    for (idx j = 0; j < n; j += simd::word) {
      std::uint64_t const in = simd::compare_word(keys_.data() + j, lowest, simd::at_least{});
      if constexpr (sizeof(entry) == 8)
        kept += simd::put_keys(in, at + j, at + kept);
      else
        kept += simd::each_bit(in, [&](idx slot, idx bit) { at[kept + slot] = at[j + (bit & (simd::word - 1))]; });
    }
    return kept;
  }
  /// The same of a row with cutoffs.
  idx keep_near(idx i, idx n, idx slack) {
    entry* const at = rows_[std::size_t(i)].at;
    S const most = certain(i);
    idx count = 0;
    for (idx j = 0; j < n; ++j) {
      keys_[std::size_t(count)] = simd::key_of(at[j].value);
      count += at[j].value <= most;
    }
    if (count > depth_) raise(i, count, slack);
    S const threshold = threshold_[std::size_t(i)];
    idx kept = 0;
    for (idx j = 0; j < n; ++j) {
      entry const e = at[j];
      at[kept] = e;
      kept += may_stay(i, e.value, threshold);
    }
    return kept;
  }
  std::size_t at(idx i, idx k) const { return std::size_t(k * stride_ + i); }
  /// `take` of a row with cutoffs, of a score that reaches the threshold or lies in a band, as far as its maker can tell.
  [[gnu::noinline]] bool take_counted(idx i, idx place, S value) {
    row& r = rows_[std::size_t(i)];
    r.at[r.count] = {value, std::uint32_t(place)};
    bool in = value >= threshold_[std::size_t(i)] && value <= high_[at(i, 0)];
    for (idx k = 0; k < cutoffs_; ++k) {
      in = in || (k > 0 && value >= low_[at(i, k)] && value <= high_[at(i, k)]);
      above_[at(i, k)] += value > high_[at(i, k)];
    }
    r.count += in;
    if (r.count == r.capacity) [[unlikely]]
      trim(i, depth_ / 8 + 2);
    return in;
  }
  /// Counts what lies above the cutoffs among the scores of a word, and returns the bits of those to take; `in` reach the threshold.
  std::uint64_t cutoff_word(idx i, S const* values, std::uint64_t in) {
    for (idx k = 0; k < cutoffs_; ++k) {
      std::uint64_t const higher = simd::compare_word(values, high_[at(i, k)], simd::greater{});
      above_[at(i, k)] += std::uint32_t(std::popcount(higher));
      in = k == 0 ? in & ~higher : in | (simd::compare_word(values, low_[at(i, k)], simd::at_least{}) & ~higher);
    }
    return in;
  }
  /// A copy of n scores, whole words, that lacks those which are not certainly behind cutoff 0.
  S const* certain_alone(idx i, S const* values, idx n) {
    if (idx(certain_.size()) < n) certain_.resize(std::size_t(n));
    S const most = certain(i);
    for (idx j = 0; j < n; ++j) certain_[std::size_t(j)] = values[j] <= most ? values[j] : std::numeric_limits<S>::lowest();
    return certain_.data();
  }
  /// Raises the threshold of row i to the depth-th of n keys, less the band.
  void raise(idx i, idx n, idx slack) {
    simd::pad_keys(keys_.data(), n, simd::no_key<S>);
    S const best = simd::value_of<S>(simd::kth_key(keys_.data(), n, depth_, slack, other_keys_.data()).threshold);
    S& threshold = threshold_[std::size_t(i)];
    if (best > lowest_score) threshold = (std::max)(threshold, best - band_[std::size_t(i)]);
  }
  entry* add(idx n) {
    entries_.emplace_back();
    return reinterpret_cast<entry*>(entries_.back().fit(n * idx(sizeof(entry))));
  }
  void grow(row& r) {
    entry* const at = add(2 * idx(r.capacity) + beyond);
    std::copy_n(r.at, r.count, at);
    r.at = at, r.capacity *= 2;
  }

  idx depth_, cutoffs_, stride_;
  std::vector<row> rows_;
  std::vector<S> band_;
  std::vector<char> gave_up_;
  std::vector<S> threshold_, kept_below_, low_, high_;
  std::vector<std::uint32_t> above_;
  std::vector<engine::scratch<std::int8_t>> entries_;  ///< memory that a thread keeps between panels and calls
  std::vector<simd::key<S>> keys_, other_keys_;
  std::vector<S> certain_;
};

}}  // namespace foil::mining
