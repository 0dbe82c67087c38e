// SPDX-License-Identifier: BSD-3-Clause
// Training rows from mined lists, and the statistics of a mining run.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "foil/mine/mined.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// (anchor, positive, negatives...): the layouts of sentence-transformers. In the order of the mined rows, positives in the caller's order,
/// negatives hardest first; the negatives of a row serve each of its positives.
struct training_row {
  idx anchor, positive;        ///< row of the anchors; id of one of its positives
  std::vector<idx> negatives;  ///< ids, hardest first
};

/// f(place in m.positives) for the positives of a row of `m`: all of its anchor's; of rows that share an anchor, as margins to each
/// positive make them (reference::each), the k-th has the k-th positive that was scored, in O(k
/// and the unscored before it). A row alone has all, scored or not.
template <Scalar S, class F>
void each_positive_of_row(mined<S> const& m, idx row, F const& f) {
  auto const a = std::size_t(m.anchor[std::size_t(row)]);
  auto const same = [&](idx r) { return r >= 0 && r < m.rows && m.anchor[std::size_t(r)] == idx(a); };
  bool const shares = same(row - 1) || same(row + 1);
  idx before = 0;
  while (same(row - before - 1)) ++before;
  for (idx p = m.positive_offsets[a]; p < m.positive_offsets[a + 1]; ++p) {
    if (!shares)
      f(p);
    else if (!ineligible_bits(m.positive_scores[std::size_t(p)]) && before-- == 0)
      return void(f(p));
  }
}

/// One row per positive that has negatives: (a, p, n1 .. nf). `full`: only rows with all per_row negatives (n-tuple).
/// The time goes to the memory of each row's list.
template <Scalar S>
std::vector<training_row> tuples(mined<S> const& m, bool full = false) {
  std::vector<training_row> out;
  out.reserve(m.positives.size());
  for (idx r = 0; r < m.rows; ++r) {
    idx const a = m.anchor[std::size_t(r)], found = m.counts[std::size_t(r)];
    if (found == 0 || (full && found < m.per_row)) continue;
    auto const first = m.ids.begin() + r * m.per_row;
    each_positive_of_row(m, r, [&](idx p) { out.push_back({a, m.positives[std::size_t(p)], {first, first + found}}); });
  }
  return out;
}

/// One row per (a, p, n). The time goes to appending one after the other.
template <Scalar S>
std::vector<std::array<idx, 3>> triplets(mined<S> const& m) {
  std::vector<std::array<idx, 3>> out;
  out.reserve(m.ids.size());
  for (idx r = 0; r < m.rows; ++r) {
    idx const a = m.anchor[std::size_t(r)];
    idx const* const first = m.ids.data() + r * m.per_row;
    each_positive_of_row(m, r, [&](idx p) {
      for (idx const* n = first; n < first + m.counts[std::size_t(r)]; ++n) out.push_back({a, m.positives[std::size_t(p)], *n});
    });
  }
  return out;
}

/// (a, document, label): of each row its positives (each_positive_of_row) with 1, though it has no negatives, then its negatives with 0.
/// The time goes to appending one after the other.
template <Scalar S>
std::vector<std::array<idx, 3>> labelled_pairs(mined<S> const& m) {
  std::vector<std::array<idx, 3>> out;
  out.reserve(m.positives.size() + m.ids.size());
  for (idx r = 0; r < m.rows; ++r) {
    idx const a = m.anchor[std::size_t(r)];
    each_positive_of_row(m, r, [&](idx p) { out.push_back({a, m.positives[std::size_t(p)], 1}); });
    for (idx k = 0; k < m.counts[std::size_t(r)]; ++k) out.push_back({a, m.ids[std::size_t(r * m.per_row + k)], 0});
  }
  return out;
}

/// Mean, unbiased standard deviation, minimum, quartiles (linear interpolation) and maximum; zeros for an empty list.
struct summary {
  double mean = 0, deviation = 0, min = 0, q25 = 0, q50 = 0, q75 = 0, max = 0;
};
inline summary summarise(std::vector<double> x) {
  summary s;
  if (x.empty()) return s;
  std::sort(x.begin(), x.end());
  double const n = double(x.size());
  for (double v : x) s.mean += v / n;
  for (double v : x) s.deviation += (v - s.mean) * (v - s.mean);
  s.deviation = x.size() > 1 ? std::sqrt(s.deviation / (n - 1)) : 0;
  auto quantile = [&](double q) {
    double const at = q * (n - 1);
    auto const low = std::size_t(at), high = (std::min)(low + 1, x.size() - 1);
    return x[low] + (at - double(low)) * (x[high] - x[low]);
  };
  s.min = x.front(), s.q25 = quantile(0.25), s.q50 = quantile(0.5), s.q75 = quantile(0.75), s.max = x.back();
  return s;
}

/// Scores of positives that were scored, one per pair, of negatives, one per triplet of such a positive, and their differences.
struct score_report {
  summary positive, negative, difference;  ///< scores of positives; of negatives; positive minus negative per triplet
};
template <Scalar S>
score_report statistics(mined<S> const& m) {
  std::vector<double> positive, negative, difference;
  for (idx r = 0; r < m.rows; ++r) {
    each_positive_of_row(m, r, [&](idx p) {
      if (ineligible_bits(m.positive_scores[std::size_t(p)])) return;  // never scored
      positive.push_back(double(m.positive_scores[std::size_t(p)]));
      for (idx k = 0; k < m.counts[std::size_t(r)]; ++k) {
        negative.push_back(double(m.scores[std::size_t(r * m.per_row + k)]));
        difference.push_back(positive.back() - negative.back());
      }
    });
  }
  return {summarise(positive), summarise(negative), summarise(difference)};
}

}}  // namespace foil::mining
