// SPDX-License-Identifier: BSD-3-Clause
// Masks over the instances of a bag: the easy ones are left out, so that the hard ones train (MHIM).
#pragma once

#include <span>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// ceil(n * ratio), at most n: how many a share is.
inline idx share_of(idx n, double ratio, char const* where) {
  check_option(where, "ratio", ratio, range::share);
  return ceil_of_share(ratio, n);
}

/// The largest class probability of each instance: max_c softmax((scale a_i h_i) . w_c + b_c). features h [n,
/// d], attention a [n], class_weights [classes, d], class_bias [classes]. The official scale is 1; with
/// attention that sums to 1 over thousands of instances that leaves the bias to decide. Refuses finite numbers whose logits
/// are beyond a double. O(n classes d); the time goes to the classes' sums in double, side by side, from a copy of the weights in double,
/// O(d classes) memory.
template <Scalar S>
std::vector<double> instance_scores(view<S> features, real_span attention, view<S> class_weights, real_span class_bias,
                                    double attention_scale = 1) {
  idx const n = features.rows(), d = features.cols(), classes = class_weights.rows();
  require(attention.size() == n, "instance_scores: one attention for each of the ", n, " instances is needed, got ", attention.size());
  require(class_weights.cols() == d && class_bias.size() == classes && classes >= 1, "instance_scores: class_weights must be [classes, ", d,
          "] with one bias a class, got [", classes, ", ", class_weights.cols(), "] and ", class_bias.size());
  auto const not_numbers = [&](idx i) {  // of those the score may be NaN
    bool finite = finite_bits(attention[i]) && finite_bits(attention_scale) && first_bad(features.row(i), d) < 0;
    for (idx c = 0; c < classes; ++c) finite = finite && finite_bits(class_bias[c]) && first_bad(class_weights.row(c), d) < 0;
    return !finite;
  };
  std::vector<double> scores, logits(static_cast<std::size_t>(classes));
  scores.reserve(std::size_t(n));
  matrix<double> weights(d, classes);  // the classes side by side: their sums do not wait for each other
  for (idx c = 0; c < classes; ++c)
    for (idx k = 0; k < d; ++k) weights(k, c) = double(class_weights(c, k));
  for (idx i = 0; i < n; ++i) {
    std::fill(logits.begin(), logits.end(), 0.0);
    for (idx k = 0; k < d; ++k) {
      double const x = double(features(i, k));
      for (idx c = 0; c < classes; ++c) logits[std::size_t(c)] += x * weights(k, c);
    }
    for (idx c = 0; c < classes; ++c) logits[std::size_t(c)] = attention_scale * attention[i] * logits[std::size_t(c)] + class_bias[c];
    double const top = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (double z : logits) sum += std::exp(z - top);
    if (nan_bits(sum)) require(not_numbers(i), "instance_scores: the logits of instance ", i, " are beyond what a double holds");
    scores.push_back(1 / sum);
  }
  return scores;
}

/// What `vote_of_heads` returns.
struct head_votes {
  std::vector<idx> votes;  ///< heads that have the instance among their top share
  std::vector<idx> top;    ///< the share of instances with the most votes, ties to the lower index
};

/// Each head votes for its ceil(n ratio) largest. head_attention: [heads, n]. O(heads n log n).
template <Scalar S>
head_votes vote_of_heads(view<S> head_attention, double ratio) {
  idx const n = head_attention.cols(), keep = share_of(n, ratio, "vote_of_heads");
  head_votes r;
  r.votes.assign(std::size_t(n), 0);
  for (idx h = 0; h < head_attention.rows(); ++h)
    for (idx i : canonical_order(std::span<S const>(head_attention.row(h), std::size_t(n)), keep)) ++r.votes[std::size_t(i)];
  r.top = canonical_order(std::vector<double>(r.votes.begin(), r.votes.end()), keep);
  return r;
}

/// Options of `mask_instances`.
struct mask_options {
  static constexpr char const* name = "mask_instances";
  double high = 0.03;      ///< in [0, 1]; share of the largest scores that is masked
  double low = 0;          ///< in [0, 1]; share of the smallest
  double random = 0;       ///< in [0, 1]; share of all, uniformly (the journal version keeps 0.8 or 0.9 of what is left)
  double high_random = 1;  ///< in (0, 1]; below 1: this share of high / high_random of the largest is drawn; above all, `high` of all
  idx min_keep = 1;        ///< >= 0; at least so many survive: the best of the masked ones come back, those without a score last
  static void options(auto list) {
    list("high", &mask_options::high, range::share), list("low", &mask_options::low, range::share);
    list("random", &mask_options::random, range::share);
    list("high_random", &mask_options::high_random, range::real{0, 1, true});
    list("min_keep", &mask_options::min_keep, range::at_least(0));
  }
};

/// What `mask_instances` returns: instances by their places in the list of scores.
struct instance_masks {
  std::vector<idx> high, low, random;  ///< each in its own order: hardest first, easiest first, ascending
  std::vector<idx> masked, kept;       ///< their union and the rest, ascending
};

/// ceil(n ratio) of each kind. Ties to the lower index; NaN and minus infinity are neither high nor low. With
/// high_random 1 and random 0 the stream is not touched. Tang et al. 2023, arXiv 2307.15254. O(n log n).
inline instance_masks mask_instances(real_span scores, random_stream draw, mask_options const& o = {}) {
  char const* const where = "mask_instances";
  idx const n = scores.size();
  check_options(o);
  idx const low = share_of(n, o.low, where), any = share_of(n, o.random, where);
  share_of(n, o.high, where);
  instance_masks r;
  r.high = canonical_order(scores, share_of(n, (std::min)(1.0, o.high / o.high_random), where));
  if (o.high_random < 1) {
    idx const wide = idx(r.high.size());
    idx const drawn = o.high > o.high_random ? (std::min)(wide, share_of(n, o.high, where)) : share_of(wide, o.high_random, where);
    std::vector<idx> places = uniform_subset(wide, drawn, draw), part;
    std::sort(places.begin(), places.end());
    for (idx p : places) part.push_back(r.high[std::size_t(p)]);
    r.high = std::move(part);
  }
  r.low = ascending_order(scores, low);
  if (any > 0) r.random = uniform_subset(n, any, draw);
  std::sort(r.random.begin(), r.random.end());
  std::vector<char> gone(std::size_t(n), 0);
  for (auto const* list : {&r.high, &r.low, &r.random})
    for (idx i : *list) gone[std::size_t(i)] = 1;
  idx missing = (std::min)(o.min_keep, n) - idx(std::count(gone.begin(), gone.end(), 0));
  auto const bring_back = [&](idx i) {
    if (missing > 0 && gone[std::size_t(i)]) gone[std::size_t(i)] = 0, --missing;
  };
  if (missing > 0)
    for (idx i : canonical_order(scores)) bring_back(i);
  for (idx i = 0; i < n; ++i) bring_back(i);  // those without a score come last
  for (idx i = 0; i < n; ++i) (gone[std::size_t(i)] ? r.masked : r.kept).push_back(i);
  return r;
}

}}  // namespace foil::mining
