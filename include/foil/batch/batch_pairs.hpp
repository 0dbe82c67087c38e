// SPDX-License-Identifier: BSD-3-Clause
// Miners over all pairs of a batch at once: the hardest share of them, and the same number from every range of values.
#pragma once

#include <map>

#include "foil/batch/batch.hpp"
#include "foil/batch/index_tuples.hpp"
#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"
#include "foil/sample/instance_masks.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// All pairs of one kind with their nearness, in (anchor, other) order.
template <Scalar S>
struct scored_pairs {
  index_pairs pairs;    ///< anchor and other of each
  std::vector<S> near;  ///< nearness of each: similarity, or minus the distance

  void append(scored_pairs const& more) { pairs.append(more.pairs), append_list(near, more.near); }
};
/// What `all_pairs` returns: every pair of a batch with its score.
template <Scalar S>
struct batch_pairs {
  scored_pairs<S> positives, negatives;  ///< pairs of equal labels; of different ones

  void append(batch_pairs const& more) { positives.append(more.positives), negatives.append(more.negatives); }
};
/// One product of rows and columns, in double; rows in double are scored pair by pair. Memory O(n m).
template <Scalar S>
batch_pairs<S> all_pairs(labelled_batch<S> const& b) {
  auto const in_row = [](batch_pairs<S>& out, batch_row<S> const& r) {
    auto const take = [&](scored_pairs<S>& to, batch_side<S> const& side) {
      r.each(
          side, {}, [](S) { return true; },
          [&](idx first, std::uint64_t bits) {
            to.pairs.add(r.anchor, first, bits, side.columns.data());
            for (; bits != 0; bits &= bits - 1) to.near.push_back(side.value[first + std::countr_zero(bits)]);
          });
    };
    take(out.positives, r.positives), take(out.negatives, r.negatives);
  };
  return each_row<batch_pairs<S>>(b, scoring::exact, [&](batch_pairs<S>& out) { return [&](batch_row<S> const& r) { in_row(out, r); }; });
}

/// The pairs at these places, in the order of their places.
inline index_pairs at_places(index_pairs const& from, std::vector<idx> places) {
  std::sort(places.begin(), places.end());
  index_pairs out;
  for (idx t : places) out.add(from.anchors[std::size_t(t)], from.others[std::size_t(t)]);
  return out;
}

/// Of all positive pairs the ceil(share * count) farthest, of all negative pairs the ceil(share * count) nearest; over the
/// batch, not per anchor. Ties to the lower (anchor, other). Yuan et al. 2017, arXiv 1611.05720 (HDC). O(n m log);
/// the time goes to the selection among all pairs and the order of those selected.
template <Scalar S>
mined_pairs hdc_miner(labelled_batch<S> const& b, double share = 0.5) {
  share_of(0, share, "hdc_miner");
  auto const all = all_pairs(b);
  auto const part = [&](index_pairs const& p) { return share_of(p.size(), share, "hdc_miner"); };
  return {at_places(all.positives.pairs, ascending_order(all.positives.near, part(all.positives.pairs))),
          at_places(all.negatives.pairs, canonical_order(all.negatives.near, part(all.negatives.pairs)))};
}

/// Bins that doubles can still tell apart.
inline constexpr idx max_bins = idx(1) << 53;

/// The bin of each value: equal widths between the least and the largest, the last bin closed. Values that are all equal
/// fall into the last one. Values are finite. bins in 1 .. 2^53. O(n); the time goes to the bin's edges, a division each.
inline std::vector<idx> equal_bins(real_span values, idx bins) {
  require(bins >= 1 && bins <= max_bins, "equal_bins: bins must be in 1 .. 2^53, got ", bins);
  std::vector<idx> out;
  if (values.empty()) return out;
  out.reserve(std::size_t(values.size()));
  double low = values[0], high = values[0];
  for (idx t = 0; t < values.size(); ++t) {
    require(finite_bits(values[t]), "equal_bins: value ", values[t], " at place ", t, " is not finite");
    low = (std::min)(low, values[t]), high = (std::max)(high, values[t]);
  }
  double const unit = finite_bits(high - low) ? 1 : 0.5;
  low *= unit, high *= unit;
  auto const edge = [&](idx k) { return low + (high - low) * (double(k) / double(bins)); };
  for (idx t = 0; t < values.size(); ++t) {
    double const value = unit * values[t], place = high > low ? (value - low) / (high - low) * double(bins) : double(bins);
    idx k = place < double(bins) ? (std::min)(idx(place), bins - 1) : bins - 1;
    if (k > 0 && value < edge(k)) --k;  // what the quotient rounded over an edge
    if (k + 1 < bins && value >= edge(k + 1)) ++k;
    out.push_back(k);
  }
  return out;
}

/// Options of `uniform_histogram_miner`.
struct uniform_histogram_options {
  static constexpr char const* name = "uniform_histogram_miner";
  idx bins = 100;                                      ///< in 1 .. 2^53
  idx positives_per_bin = 10, negatives_per_bin = 10;  ///< in 0 .. 2^32
  std::uint64_t seed = 0;                              ///< any; of the draws
  std::uint32_t epoch = 0;                             ///< any; another epoch gives other draws
  static void options(auto list) {
    list("bins", &uniform_histogram_options::bins, range::whole{1, max_bins});
    list("positives_per_bin", &uniform_histogram_options::positives_per_bin, range::whole{0, longest_list});
    list("negatives_per_bin", &uniform_histogram_options::negatives_per_bin, range::whole{0, longest_list});
  }
};

/// From every non-empty bin of the positive pairs' values (caller's unit) so many pairs with replacement, and likewise of
/// the negative pairs. O(n m) time and memory; the time goes to the list of the pairs of each bin, found in a tree of bins.
template <Scalar S>
mined_pairs uniform_histogram_miner(labelled_batch<S> const& b, uniform_histogram_options const& o = {}) {
  check_options(o);
  auto all = all_pairs(b);
  auto const drawn = [&](scored_pairs<S>& from, idx each, std::uint64_t kind) {
    for (S& x : from.near) {
      require(finite_bits(x), "uniform_histogram_miner: values must be finite to be cut into bins");
      x = b.distance ? -x : x;
    }
    std::map<idx, std::vector<idx>> members;  // of the bins that have some
    idx place = 0;
    for (idx bin : equal_bins(from.near, o.bins)) members[bin].push_back(place++);
    random_stream draw(o.seed, purpose::sample, o.epoch, kind);
    std::vector<idx> places;
    for (auto const& [bin, m] : members)
      for (idx t = 0; t < each; ++t) places.push_back(m[std::size_t(draw.below(idx(m.size())))]);
    return at_places(from.pairs, std::move(places));
  };
  index_pairs positives = drawn(all.positives, o.positives_per_bin, 0);
  return {std::move(positives), drawn(all.negatives, o.negatives_per_bin, 1)};
}

}}  // namespace foil::mining
