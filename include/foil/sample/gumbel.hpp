// SPDX-License-Identifier: BSD-3-Clause
// Gumbel top-k: successive sampling without replacement in proportion to weights, by one key an item.
#pragma once

#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// A standard Gumbel number from a uniform one in (0, 1).
inline double gumbel(double u) { return -fixed_bits::log(-fixed_bits::log(u)); }

/// What `gumbel_top_k` returns.
struct gumbel_draw {
  std::vector<double> keys;   ///< (logit - c) / temperature + gumbel(u), c see below; minus infinity for a weight of zero
  std::vector<idx> selected;  ///< the largest keys in order: the order in which successive sampling draws them
};

/// Draws up to k items, P proportional to exp(logit / temperature) among those left (Plackett-Luce; Gumbel
/// 1954, Kool et al. 2019, arXiv 1903.06059). Equal in law to the exponential race and to the weighted
/// reservoir; *not* the law whose inclusion probabilities are proportional to weights (that is
/// systematic_sample). uniforms: one in (0, 1) an item. NaN and minus infinity have weight zero and are never
/// drawn. Only keys are formed, no exponentials, so logits of any size are safe. c is 0; only where a logit exceeds 10^6
/// temperatures, and the noise would lose its digits, it is the largest logit. Equal keys then rank by logit, by noise and by
/// index. O(n + n log k).
inline gumbel_draw gumbel_top_k(real_span logits, idx k, double temperature, real_span uniforms) {
  require(k >= 0, "gumbel_top_k: argument k must not be negative, got ", k);
  require(temperature > 0 && finite_bits(temperature), "gumbel_top_k: argument temperature must be positive and finite, got ", temperature);
  require(uniforms.size() == logits.size(), "gumbel_top_k: one uniform number for each of the ", logits.size(), " logits is needed, got ",
          uniforms.size());
  gumbel_draw r;
  std::vector<double> noise;
  noise.reserve(std::size_t(logits.size())), r.keys.reserve(std::size_t(logits.size()));
  double top = (std::numeric_limits<double>::lowest)(), largest = 0;
  bool cold = false;
  for (idx j = 0; j < logits.size(); ++j) {
    double const u = uniforms[j];
    require(!nan_bits(u) && u > 0 && u < 1, "gumbel_top_k: argument uniforms must lie in the open interval (0, 1), element ", j, " is ", u);
    noise.push_back(gumbel(u));
    cold = cold || !(finite_bits(logits[j]) || ineligible_bits(logits[j]));
    if (finite_bits(logits[j])) top = (std::max)(top, logits[j]), largest = (std::max)(largest, std::abs(logits[j]));
  }
  cold = cold || largest > 1e6 * temperature;
  for (idx j = 0; j < logits.size(); ++j) {
    double const z = logits[j], g = noise[std::size_t(j)];
    r.keys.push_back(!finite_bits(z) ? (ineligible_bits(z) ? minus_infinity<double>() : z)
                     : cold          ? (std::max)((z - top) / temperature, -1e300) + g
                                     : z / temperature + g);
  }
  if (!cold) {
    r.selected = canonical_order(r.keys, k);
    return r;
  }
  r.selected = canonical_order(r.keys);
  sort_by(r.selected, [&](idx j) { return order_key(noise[std::size_t(j)]); });
  sort_by(r.selected, [&](idx j) { return order_key(logits[j]); });
  sort_by(r.selected, [&](idx j) { return order_key(r.keys[std::size_t(j)]); });
  if (k < idx(r.selected.size())) r.selected.resize(std::size_t(k));
  return r;
}

/// The same with uniforms from a stream: give it one keyed by the row, so that threads and the order of rows
/// do not matter: random_stream(seed, purpose::gumbel, epoch, row).
inline gumbel_draw gumbel_top_k(real_span logits, idx k, double temperature, random_stream draw) {
  std::vector<double> uniforms;
  uniforms.reserve(std::size_t(logits.size()));
  for (idx j = 0; j < logits.size(); ++j) uniforms.push_back(draw.uniform());
  return gumbel_top_k(logits, k, temperature, uniforms);
}

/// Logarithms of plain weights, for the functions of this file; zero becomes minus infinity. Refuses negative
/// and non-finite weights. log w + gumbel(u) is -log of the arrival time -log(u) / w of the exponential race,
/// and neither overflows nor underflows for any weight.
inline std::vector<double> log_weights(real_span weights) {
  largest_weight(weights, "log_weights");
  std::vector<double> logs;
  logs.reserve(std::size_t(weights.size()));
  for (idx j = 0; j < weights.size(); ++j) logs.push_back(weights[j] > 0 ? fixed_bits::log(weights[j]) : minus_infinity<double>());
  return logs;
}

/// P(item is drawn first) = softmax(logits / temperature). O(n).
inline std::vector<double> first_draw_probability(real_span logits, double temperature = 1) {
  return softmax_weights(logits, temperature, "first_draw_probability");
}

/// P(item is among the first k drawn), exact: summed over the sets that the first draws may form. For audits
/// and tests, not for hot code: O(2^m m) time and 8 * 2^m bytes for m items of positive weight, refused for m
/// > 20 (unless k is 0, 1 or at least m).
inline std::vector<double> inclusion_probability(real_span logits, idx k, double temperature = 1) {
  require(k >= 0, "inclusion_probability: argument k must not be negative, got ", k);
  require(temperature > 0 && finite_bits(temperature), "inclusion_probability: argument temperature must be positive and finite, got ",
          temperature);
  std::vector<idx> item;
  for (idx j = 0; j < logits.size(); ++j)
    if (!ineligible_bits(logits[j])) item.push_back(j);
  std::size_t const m = item.size();
  std::vector<double> p(std::size_t(logits.size()), 0.0);
  if (k == 0 || m == 0) return p;
  if (k == 1) return first_draw_probability(logits, temperature);
  if (std::size_t(k) >= m) {
    for (idx j : item) p[std::size_t(j)] = 1;
    return p;
  }
  require(m <= 20, "inclusion_probability: at most 20 items of positive weight can be summed over, got ", idx(m));
  std::vector<double> reached(std::size_t(1) << m, 0.0);  // P(the first draws form this set)
  std::vector<double> left, share;
  reached[0] = 1;
  for (std::size_t set = 0; set < reached.size(); ++set) {
    int const drawn = std::popcount(set);
    if (drawn == int(k)) {
      for (std::size_t i = 0; i < m; ++i)
        if (set >> i & 1) p[std::size_t(item[i])] += reached[set];
    } else if (drawn < int(k)) {
      left.clear();
      for (std::size_t i = 0; i < m; ++i)
        if (!(set >> i & 1)) left.push_back(logits[item[i]]);
      share = softmax_weights(left, temperature);
      std::size_t at = 0;
      for (std::size_t i = 0; i < m; ++i)
        if (!(set >> i & 1)) reached[set | std::size_t(1) << i] += reached[set] * share[at++];
    }
  }
  return p;
}

}}  // namespace foil::mining
