// The best few of each row of a panel while scores stream by: everything within a rounding band of the depth-th best.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "foil/simd/kth_key.hpp"

namespace foil::inline FOIL_ABI::mining {

/// Scores are taken into a room of their own per row; when it is full they are cut back to those that may still belong
/// to the first `depth`: not more than `band` below the depth-th best. Places rise, and every cut keeps their order. A
/// row whose band holds more than four times its depth and 4,096 more gives up: sorting everything is cheaper than
/// cutting a wall of ties again and again.
template <Scalar S>
class shortlists {
 public:
  struct row {
    S* value;
    std::uint32_t* place;
    idx count = 0, room = 0, capacity = 0;
    S band = 0;
    bool gave_up = false;
  };

  /// No score is this low; what is not there scores lower.
  static constexpr S nothing = std::numeric_limits<S>::lowest() / 2;

  /// `padded`: rows rounded up to whole tiles. Each has `stride` numbers of room from the start.
  shortlists(idx rows, idx padded, idx depth, idx stride)
      : depth_(depth), stride_(stride), rows_(std::size_t(rows)), threshold_(std::size_t(padded), (std::numeric_limits<S>::max)()),
        values_(new S[std::size_t(padded * stride)]), places_(new std::uint32_t[std::size_t(padded * stride)]) {
    for (idx i = 0; i < rows; ++i) {
      rows_[std::size_t(i)] = {values_.get() + i * stride, places_.get() + i * stride, 0, stride, stride};
      threshold_[std::size_t(i)] = nothing;
    }
  }

  /// Numbers a row takes, for a caller who plans memory.
  static idx bytes(idx stride) { return stride * idx(sizeof(S) + sizeof(std::uint32_t)); }

  row& operator[](idx i) { return rows_[std::size_t(i)]; }
  S const* thresholds() const { return threshold_.data(); }
  S* values() { return values_.get(); }
  idx stride() const { return stride_; }

  void give_up(idx i) {
    (*this)[i].gave_up = true, (*this)[i].count = 0;
    threshold_[std::size_t(i)] = (std::numeric_limits<S>::max)();
  }
  /// The first n scores of row i stand in its room already.
  void take_first(idx i, idx n) {
    row& r = (*this)[i];
    if (r.gave_up) return;
    for (idx j = 0; j < n; ++j) r.place[j] = std::uint32_t(j);
    r.count = n;
    cut(i, depth_ / 8 + 2);
  }
  void take(idx i, idx place, S value) {
    row& r = (*this)[i];
    if (value < threshold_[std::size_t(i)]) return;  // it has risen since the comparison
    r.value[r.count] = value, r.place[r.count++] = std::uint32_t(place);
    if (r.count == r.room) [[unlikely]]
      cut(i, depth_ / 8 + 2);
  }
  /// Leaves what may belong to the first `depth`, and of others at most about `slack`.
  void cut(idx i, idx slack) {
    row& r = (*this)[i];
    S& threshold = threshold_[std::size_t(i)];
    if (r.gave_up) return;
    if (r.count > depth_) {
      auto const padded = std::size_t((r.count + simd::word - 1) / simd::word * simd::word);
      if (keys_.size() < padded) keys_.resize(padded), other_keys_.resize(padded);
      for (idx j = 0; j < r.count; ++j) keys_[std::size_t(j)] = simd::key_of(r.value[j]);
      simd::pad_keys(keys_.data(), r.count, simd::no_key<S>);
      S const best = simd::value_of<S>(
          simd::kth_key<xsimd::default_arch>(keys_.data(), r.count, depth_, slack, other_keys_.data()).threshold);
      if (best > nothing) threshold = (std::max)(threshold, best - r.band);
      idx kept = 0;
      for (idx j = 0; j < r.count; ++j) {
        S const value = r.value[j];
        r.value[kept] = value, r.place[kept] = r.place[j];
        kept += value >= threshold;
      }
      r.count = kept;
      if (kept > 4 * depth_ + 4096) return give_up(i);
    }
    r.room = (std::min)(r.capacity, (std::max)(2 * depth_ + 32, 2 * r.count));
    if (r.count > r.room - r.room / 8) grow(r, 2 * r.room + 64);
  }

 private:
  void grow(row& r, idx room) {
    grown_values_.emplace_back(new S[std::size_t(room)]), grown_places_.emplace_back(new std::uint32_t[std::size_t(room)]);
    std::copy_n(r.value, r.count, grown_values_.back().get()), std::copy_n(r.place, r.count, grown_places_.back().get());
    r.value = grown_values_.back().get(), r.place = grown_places_.back().get(), r.capacity = r.room = room;
  }

  idx depth_, stride_;
  std::vector<row> rows_;
  std::vector<S> threshold_;
  std::unique_ptr<S[]> values_;
  std::unique_ptr<std::uint32_t[]> places_;
  std::vector<std::unique_ptr<S[]>> grown_values_;
  std::vector<std::unique_ptr<std::uint32_t[]>> grown_places_;
  std::vector<simd::key<S>> keys_, other_keys_;
};

}  // namespace foil::inline FOIL_ABI::mining
