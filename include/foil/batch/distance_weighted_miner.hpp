// SPDX-License-Identifier: BSD-3-Clause
// Negatives drawn so that all distances are alike: in proportion to one over the density of distances on the sphere. One file
// because the fast draw must agree with the exact weights.
#pragma once

#include <optional>

#include "foil/batch/batch.hpp"
#include "foil/batch/index_tuples.hpp"
#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"
#include "foil/simd/compress.hpp"
#include "foil/simd/sphere_weights.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `distance_weighted_miner` and `negative_probabilities`.
struct distance_weighted_options {
  static constexpr char const* name = "distance_weighted_miner";
  double cutoff = 0.5;          ///< in (0, 2); distances below count as this
  double nonzero_cutoff = 1.4;  ///< > 0, above cutoff; negatives at least this far are never drawn
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
    double const d = (std::max)(-double(r.negatives.value[j]), o.cutoff);
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
  each_row<no_tuples>(b, scoring::exact, [&](no_tuples&) {
    return [&](batch_row<S> const& r) {
      auto const w = distance_weights(r, o.dim > 0 ? o.dim : b.dim, o);
      std::copy_n(w.begin(), b.columns(), p.data() + r.anchor * b.columns());
    };
  });
  return p;
}

/// The draws of weighted_draw(distance_weights(row)), by weights that are nearly those; by those themselves where a draw falls
/// so close to the edge of an item that they might disagree.
template <Scalar S>
class distance_draw {
 public:
  distance_draw(idx dim, bool embedded, distance_weighted_options const& o)
      : o_(o), dim_(dim), embedded_(embedded), end_((std::min)(o.nonzero_cutoff, 2.0)), beyond_(S(-end_)) {
    if (double(beyond_) > -end_) beyond_ = std::nextafter(beyond_, S(-4));
  }

  void set(batch_row<S> const& r) {
    batch_side<S> const& from = r.negatives;
    row_ = &r, exact_.reset(), in_.clear(), upto_.clear(), kept_ = 0;
    near_.resize(std::size_t(from.places + simd::word)), weights_.resize(near_.size()), upto_.resize(near_.size() / simd::word);
    for (idx j = 0; j < from.places; j += simd::word) {
      in_.push_back(simd::compare_word(from.value + j, beyond_, simd::greater{}));
      kept_ += simd::put_keys(in_.back(), from.value + j, near_.data() + kept_);
    }
    if (kept_ == 0 || !embedded_) return;
    double const first = distance(simd::extreme_inside<true>(from.value, from.places, beyond_, (std::numeric_limits<S>::max)())),
                 last = distance(simd::extreme_inside<false>(from.value, from.places, beyond_, (std::numeric_limits<S>::max)()));
    double const top = (std::max)(log_weight(first), log_weight(last));
    std::fill_n(near_.begin() + kept_, simd::word, S(-1));
    simd::sphere_weights(near_.data(), kept_, o_.cutoff, double(dim_ - 3) / 2, top, weights_.data(), upto_.data());
    upto_.resize(std::size_t((kept_ + simd::word - 1) / simd::word));
    for (std::size_t i = 1; i < upto_.size(); ++i) upto_[i] += upto_[i - 1];
    tolerance_ = 0x1p-50 * double(kept_) + 0x1p-47 * double(dim_) * (4 - std::log(o_.cutoff / 2) - std::log1p(-last * last / 4));
  }
  /// The column that u in (0, 1) falls on; -1 where no negative is admissible.
  idx operator()(double u) {
    if (kept_ == 0) return -1;
    if (embedded_) {
      double const t = u * upto_.back(), near = tolerance_ * upto_.back();
      auto const word = std::upper_bound(upto_.begin(), upto_.end(), t) - upto_.begin();
      double low = word > 0 ? upto_[std::size_t(word - 1)] : 0;
      idx k = word * simd::word;
      for (; k < kept_ && low + weights_[std::size_t(k)] <= t; ++k) low += weights_[std::size_t(k)];
      if (k < kept_ && t - low > near && low + weights_[std::size_t(k)] - t > near) return column(k);
    }
    if (!exact_) exact_.emplace(distance_weights(*row_, dim_, o_));
    return (*exact_)(u);
  }

 private:
  double distance(S near) const { return (std::max)(-double(near), o_.cutoff); }
  double log_weight(double d) const { return double(2 - dim_) * std::log(d) - double(dim_ - 3) / 2 * std::log1p(-d * d / 4); }
  /// Of the k-th negative that is admissible.
  idx column(idx k) const {
    std::size_t i = 0;
    for (; k >= std::popcount(in_[i]); ++i) k -= std::popcount(in_[i]);
    std::uint64_t bits = in_[i];
    for (; k > 0; --k) bits &= bits - 1;
    return idx(i) * simd::word + std::countr_zero(bits);
  }

  distance_weighted_options const& o_;
  idx dim_;
  bool embedded_;  ///< given distances may be infinite
  double end_, tolerance_ = 0;
  S beyond_;  ///< what is not nearer is never drawn
  batch_row<S> const* row_ = nullptr;
  std::optional<weighted_draw> exact_;
  idx kept_ = 0;
  std::vector<std::uint64_t> in_;  ///< admissible negatives, as bits
  std::vector<S> near_;            ///< theirs
  std::vector<double> weights_, upto_;
};

/// Per anchor that has a positive and an admissible negative: pairs of a uniform positive and a negative drawn by the
/// weights, with replacement. Wu et al. 2017, arXiv 1706.07567. For unit vectors and similarity::neg_l2. The stream is keyed
/// by row. Two products of rows and columns, in double, an exponential and a logarithm for each admissible pair, and the draws.
template <Scalar S>
index_triplets distance_weighted_miner(labelled_batch<S> const& b, distance_weighted_options const& o = {}) {
  o.check(b.dim, b.distance);
  auto const in_row = [&](batch_row<S> const& r, distance_draw<S>& negative, std::vector<std::pair<idx, idx>>& drawn, index_triplets& out) {
    auto const positives = r.positives.columns;
    if (positives.empty()) return;
    negative.set(r);
    random_stream draw(o.seed, purpose::sample, o.epoch, std::uint64_t(r.anchor));
    idx const count = o.per_anchor > 0 ? o.per_anchor : idx(positives.size()) + b.same;
    drawn.clear();
    for (idx t = 0; t < count; ++t) {
      idx const p = positives[std::size_t(draw.below(idx(positives.size())))], n = negative(draw.uniform());
      if (n >= 0) drawn.push_back({p, n});
    }
    std::sort(drawn.begin(), drawn.end());
    for (auto const& [p, n] : drawn) out.add(r.anchor, p, n);
  };
  return each_row<index_triplets>(b, scoring::exact, [&](index_triplets& out) {
    return [&, negative = distance_draw<S>(o.dim > 0 ? o.dim : b.dim, b.dim > 0, o),
            drawn = std::vector<std::pair<idx, idx>>()](batch_row<S> const& r) mutable { in_row(r, negative, drawn, out); };
  });
}

}}  // namespace foil::mining
