// SPDX-License-Identifier: BSD-3-Clause
// Candidates of a panel of anchors found by inner products of quantised rows: 8 bits, 16 where 8 let too many through, else left to float.
// One file because the search and the choice of bits count the same pairs.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/mine/candidate_block.hpp"
#include "foil/mine/packed_candidates.hpp"
#include "foil/mine/screening.hpp"
#include "foil/mine/shortlist.hpp"
#include "foil/simd/integer_product.hpp"
#include "foil/simd/thresholded_product.hpp"
#include "foil/similarity/integer_panel.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// One per worker; the number of bits that it chose serves the panels that follow.
template <Scalar S>
class integer_screen {
  static constexpr bool has_8 = simd::integer_kernel<8>::exists, has_16 = simd::integer_kernel<16>::exists;

 public:
  /// Lengths of rows within which scales and thresholds are far from the ends of a float.
  static constexpr double longest_allowed = 1e12;

  static constexpr idx min_rows = 32;  ///< of a panel that pays
  static bool suits_8_bits(idx dim) { return has_8 && dim >= 32 && dim <= simd::max_integer_dim<8>; }

  screening seen;  ///< pairs so far, by pass

  /// A panel of anchors [m, dim], of length 1 where the similarity says so. Rows whose lists gave up must be all zeros: they find nothing.
  void begin(S const* rows, idx m, idx dim, bool distance, shortlists<S>& lists) {
    rows_ = rows, m_ = m, dim_ = dim, distance_ = distance;
    if (bits_ == 8 && dim > simd::max_integer_dim<8>) bits_ = has_16 ? 16 : 0;
    pays_ = m >= min_rows && dim >= 32 && dim <= simd::max_integer_dim<16>;
    lists_ = &lists;
    panel_8_.has_rows = panel_16_.has_rows = false;
    threshold_.assign(std::size_t(m + simd::integer_rows_beyond), most);
    set_cutoffs();
    pays_ = pays_ && cutoffs_.count <= simd::max_integer_cutoffs;
    through_ = taken_ = pairs_ = 0;
  }
  void stop() { pays_ = false; }
  bool pays() const { return pays_ && bits_ > 0; }
  /// Candidates searched at a time: in up to 1,536 dimensions their rows stay in the second-level cache.
  static idx block(idx dim) { return (std::clamp)((idx(384) << 10) / idx(sizeof(S)) / dim / 32 * 32, idx(64), idx(1536)); }

  /// Searches the panel's rows in some candidates, within a block of the grid, whose first is number `place` to the lists; what is added
  /// to their products is 0 of similarities that are no distances, or the lowest number for an absent candidate. Those packed in
  /// `shared` are read there. `scratch` holds a tile of them. Returns the first row that it left to the float pass, m where it left none.
  idx search(candidate_block<S> const& columns, idx place, packed_candidates<8>& shared, S* scratch) {
    shared_ = &shared, scratch_ = scratch;
    idx i = 0;
    if (bits_ == 16 && was_8_ && pairs_ > 0 && !wastes(8, double(taken_) * (through_per_taken_ - 1), 1.5))
      bits_ = 8, through_ = taken_ = pairs_ = 0;
    through_ /= 2, taken_ /= 2, pairs_ /= 2;  // earlier blocks count less and less
    if constexpr (has_8)
      if (bits_ == 8) i = pass<8>(panel_8_, 0, columns, place);
    if constexpr (has_16)
      if (bits_ == 16 && i < m_) i = pass<16>(panel_16_, i, columns, place);
    return i;
  }

 private:
  static constexpr float most = 1e38f;
  static constexpr idx few = 4;     ///< pairs that are scored together
  static constexpr idx ahead = 12;  ///< pairs whose rows are announced

  template <int Bits>
  idx pass(integer_panel<Bits>& panel, idx from, candidate_block<S> const& columns, idx place) {
    constexpr idx tile = simd::integer_tile_rows<Bits>;
    idx const n = columns.size();
    if (!panel.has_rows) panel.pack_rows(rows_, m_, dim_);
    simd::integer_columns<Bits> const packed = pack(panel, columns);
    if (auto const all = std::size_t(simd::integer_max_hits<Bits>(n)); hits_.size() < all) hits_.resize(all);
    for (idx i = 0; i < m_; ++i) refresh_threshold(i);
    idx done = from;  // on a tile
    auto const before_row = [&](idx i) { lists_->prefetch(i); };
    auto const found = [&](simd::integer_hit const* hit, idx hits) {
      for (idx h = 0; h < (std::min)(ahead, hits); ++h) columns.prefetch(hit[h].column);
      for (idx h = 0; h < hits; h += few) {
        for (idx k = h + ahead; k < (std::min)(hits, h + ahead + few); ++k) columns.prefetch(hit[k].column);
        S number[few];
        S const* a[few];
        idx at[few];
        for (idx k = 0; k < few; ++k) {
          simd::integer_hit const p = hit[(std::min)(h + k, hits - 1)];
          a[k] = rows_ + idx(p.row) * dim_, at[k] = p.column;
        }
        columns.template score<few>(a, at, number);
        for (idx k = 0; k < few && h + k < hits; ++k) taken_ += lists_->take(hit[h + k].row, place + at[k], number[k]);
      }
      through_ += hits, seen.let_through += hits;
    };
    auto const goes_on = [&] {
      done += tile, pairs_ += tile * n;
      double const wasted = double(through_ - taken_);
      // The float pass, which may have to go on, starts on a tile of its own.
      if (wasted < 4096 || done % simd::threshold_rows<S> != 0 || !wastes(Bits, wasted, 1)) return true;
      was_8_ = Bits == 8 && has_16;
      through_per_taken_ = double(through_) / double((std::max)(taken_, idx(1)));
      bits_ = was_8_ ? 16 : 0;
      through_ = taken_ = pairs_ = 0;
      return false;
    };
    idx const end = distance_ ? simd::integer_hits<Bits, true>(panel.rows, done, m_, packed, threshold_.data(), hits_.data(), before_row,
                                                               found, goes_on, cutoffs_)
                              : simd::integer_hits<Bits, false>(panel.rows, done, m_, packed, threshold_.data(), hits_.data(), before_row,
                                                                found, goes_on, cutoffs_);
    (Bits == 8 ? seen.by_8_bits : seen.by_16_bits) += (end - from) * n;
    return end;
  }
  /// The columns as whole numbers: where all workers find them, or in the panel's own memory.
  template <int Bits>
  simd::integer_columns<Bits> pack(integer_panel<Bits>& panel, candidate_block<S> const& columns) {
    auto const tiles_of = [&](candidate_block<S> const& from) {
      return [&](idx n, auto const& f) {
        constexpr idx tile = simd::integer_kernel<Bits>::columns;
        for (idx j = 0; j < n; j += tile) {
          idx const live = (std::min)(tile, n - j);
          S bias[std::size_t(tile)];
          for (idx k = 0; k < live; ++k) bias[k] = from.start_of(j + k);
          engine::dense<S> const x = from.open(j, live, scratch_);
          f(j, live, x.data, x.stride, bias);
        }
      };
    };
    if constexpr (Bits == 8)
      if (shared_->is_open()) {
        auto const whole_block = [&](idx first, idx n, simd::integer_columns<8>& to) {
          panel.pack_columns_to(to, n, dim_, tiles_of(columns.other(first, n)));
        };
        if (auto found = (*shared_)(columns.first(), whole_block)) {
          found->n = columns.size();
          return *found;
        }
      }
    panel.pack_columns(columns.size(), dim_, tiles_of(columns));
    return panel.columns;
  }
  /// The threshold of row i as the integer search wants it: below whatever float product would enter the list.
  void refresh_threshold(idx i) { threshold_[std::size_t(i)] = narrowed(lists_->thresholds()[i] - lists_->band(i)); }
  /// The lists' cutoffs, wider by a band on either side.
  void set_cutoffs() {
    simd::score_cutoffs<S> const from = lists_->cutoffs();
    low_.assign(std::size_t(from.count * from.stride), most), high_ = low_;
    for (idx k = 0; k < from.count; ++k)
      for (idx i = 0; i < m_; ++i) {
        auto const at = std::size_t(k * from.stride + i);
        low_[at] = narrowed(from.low[at] - lists_->band(i)), high_[at] = narrowed(from.high[at] + lists_->band(i));
      }
    cutoffs_ = {from.count, from.stride, low_.data(), high_.data(), from.above};
  }
  static float narrowed(S t) { return t > S(most) ? most : t < S(-most) ? -most : float(t); }
  /// Whether `wasted` pairs that are scored for nothing cost more than the bits save, in multiply-adds of the float pass. Measured on an
  /// Intel processor with AVX-512, D = 64 to 768: to write down, score and drop a pair costs about as much as 600 + 6 dim of them.
  /// Against 16 bits, 8 save 0.45 of dim per pair in tile registers, 0.25 by vpdpbusd (half of 0.5) and 0.15 by vpmaddubsw;
  /// 16 bits save about half of it against float, and 8 bits alone (NEON) three quarters.
  bool wastes(int bits, double wasted, double margin) const {
    constexpr double by_instruction = simd::integer_kernel<8>::row_limit < 127 ? 0.15 : 0.25;
    double const dim = double(dim_), eight = !has_16 ? 0.75 : simd::integer_in_tiles<8>() ? 0.45 : by_instruction;
    return margin * wasted * (600 + 6 * dim) > (bits == 16 ? 0.5 : eight) * dim * double(pairs_);
  }

  S const* rows_ = nullptr;
  idx m_ = 0, dim_ = 0;
  bool distance_ = false, pays_ = false;
  int bits_ = has_8 ? 8 : has_16 ? 16 : 0;
  shortlists<S>* lists_ = nullptr;
  packed_candidates<8>* shared_ = nullptr;
  S* scratch_ = nullptr;
  integer_panel<8> panel_8_;
  integer_panel<16> panel_16_;
  std::vector<float> threshold_, low_, high_;
  simd::score_cutoffs<float> cutoffs_;
  std::vector<simd::integer_hit> hits_;
  idx through_ = 0, taken_ = 0, pairs_ = 0;  ///< of the bits at hand in this panel, the latest block in full
  bool was_8_ = false;                       ///< 8 bits were given up for 16
  double through_per_taken_ = 0;             ///< pairs that they had let through, per pair that a list took
};

}}  // namespace foil::mining
