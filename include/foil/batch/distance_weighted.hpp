// SPDX-License-Identifier: BSD-3-Clause
// Negatives drawn so that all distances are alike: in proportion to one over the density of distances on the sphere.
#pragma once

#include "foil/batch/batch.hpp"
#include "foil/batch/index_tuples.hpp"
#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

struct distance_weighted_options {
  static constexpr char const* name = "distance_weighted_miner";
  double cutoff = 0.5;          ///< in (0, 2); distances below count as this
  double nonzero_cutoff = 1.4;  ///< above cutoff; negatives at least this far are never drawn
  idx dim = 0;                  ///< >= 0; D; 0: that of the embeddings (given distances have none)
  idx per_anchor = 0;           ///< in 0 .. 2^32; triplets an anchor; 0: as many as its class has columns
  std::uint64_t seed = 0;       ///< any; of the draws
  std::uint32_t epoch = 0;      ///< any; another epoch gives other draws

  void check(idx batch_dim, bool distance) const {
    require(distance, "distance_weighted_miner: needs Euclidean distances of unit vectors, the batch holds similarities");
    check_options(*this);
    require(nonzero_cutoff > cutoff, "distance_weighted_miner: nonzero_cutoff must be above cutoff, got ", nonzero_cutoff, " and ", cutoff);
    require((dim > 0 ? dim : batch_dim) >= 1, "distance_weighted_miner: dim must be at least 1, got ", dim,
            " (given distances do not tell)");
  }
  static void options(auto list) {
    list("cutoff", &distance_weighted_options::cutoff, range::real{0, 2, true, true});
    list("nonzero_cutoff", &distance_weighted_options::nonzero_cutoff, range::divisor);
    list("dim", &distance_weighted_options::dim, range::at_least(0));
    list("per_anchor", &distance_weighted_options::per_anchor, range::whole{0, longest_list});
  }
};

/// P(negative) of one row, over all columns; all 0 where no negative is admissible.
///   log w = (2 - D) log d - (D - 3)/2 log(1 - d^2/4), d >= cutoff; 0 from nonzero_cutoff or 2 on
/// Shifted by the row's own maximum, so that no row underflows as a whole in high dimension.
template <Scalar S>
std::vector<double> distance_weights(batch_row<S> const& r, idx dim, distance_weighted_options const& o) {
  std::vector<double> logs(std::size_t(r.negatives.places), minus_infinity<double>());
  bool any = false;
  for (idx j = 0; j < r.negatives.places; ++j) {
    double const d = (std::max)(-double(r.negatives.number[j]), o.cutoff);
    if (!(d < o.nonzero_cutoff && d < 2)) continue;
    logs[std::size_t(j)] = double(2 - dim) * std::log(d) - double(dim - 3) / 2 * std::log1p(-d * d / 4);
    any = true;
  }
  return any ? softmax_weights(logs) : std::vector<double>(logs.size(), 0.0);
}

/// [n, m] P(negative of the anchor). Rows sum to 1, or to 0.
template <Scalar S>
matrix<double> negative_probabilities(labelled_batch<S> const& b, distance_weighted_options const& o = {}) {
  o.check(b.dim, b.distance);
  matrix<double> p(b.rows(), b.columns());
  each_row(b, scoring::exact, [&](batch_row<S> const& r) {
    auto const w = distance_weights(r, o.dim > 0 ? o.dim : b.dim, o);
    std::copy_n(w.begin(), b.columns(), p.data() + r.anchor * b.columns());
  });
  return p;
}

/// Per anchor that has a positive and an admissible negative: pairs of a uniform positive and a negative drawn by the
/// weights, with replacement. Wu et al. 2017, arXiv 1706.07567. For unit vectors and similarity::neg_l2. The stream is keyed
/// by row. O(n m) and the draws.
template <Scalar S>
index_triplets distance_weighted_miner(labelled_batch<S> const& b, distance_weighted_options const& o = {}) {
  o.check(b.dim, b.distance);
  index_triplets out;
  std::vector<std::pair<idx, idx>> drawn;
  each_row(b, scoring::exact, [&](batch_row<S> const& r) {
    auto const positives = r.positives.columns;
    if (positives.empty()) return;
    weighted_draw const negative(distance_weights(r, o.dim > 0 ? o.dim : b.dim, o));
    random_stream draw(o.seed, purpose::sample, o.epoch, std::uint64_t(r.anchor));
    idx const count = o.per_anchor > 0 ? o.per_anchor : idx(positives.size()) + b.same;
    drawn.clear();
    for (idx t = 0; t < count; ++t) {
      idx const p = positives[std::size_t(draw.below(idx(positives.size())))], n = negative(draw.uniform());
      if (n >= 0) drawn.push_back({p, n});
    }
    std::sort(drawn.begin(), drawn.end());
    for (auto const& [p, n] : drawn) out.add(r.anchor, p, n);
  });
  return out;
}

}}  // namespace foil::mining
