// SPDX-License-Identifier: BSD-3-Clause
// Audits of mined lists: hubs, copies of positives, identical passages. They report; nothing is deleted.
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/id_lists.hpp"
#include "foil/core/ids.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

struct hub_report {
  std::vector<idx> occurrence;  ///< how often each passage stands in the mined lists
  idx largest = 0;              ///< occurrences of the most mentioned passage
  double top_share = 0;         ///< of all mentions, those of the most mentioned 1 % of passages (at least one)
  double skewness = 0;          ///< population third standardised moment of the occurrences; 0 when all are equal
};

/// Passages mined by very many unrelated queries (hubs, or poison) deserve a look: retrieval backdoors live
/// on hard negatives (arXiv 2402.13532). -1 is padding. O(mentions + C log C).
inline hub_report audit_hubs(id_list mined, idx passages, char const* where = "audit_hubs") {
  check_length(where, "argument passages", passages);
  hub_report r;
  r.occurrence.assign(std::size_t(passages), 0);
  double mentions = 0;
  for (idx p = 0; p < mined.size(); ++p) {
    require(mined[p] < passages, where, ": mined id ", mined[p], " is outside 0 .. ", passages - 1);
    if (mined[p] >= 0) ++r.occurrence[std::size_t(mined[p])], ++mentions;
  }
  if (!(mentions > 0)) return r;
  std::vector<double> const counts(r.occurrence.begin(), r.occurrence.end());
  for (idx d : canonical_order(counts, (passages + 99) / 100)) {
    r.largest = (std::max)(r.largest, r.occurrence[std::size_t(d)]);
    r.top_share += counts[std::size_t(d)] / mentions;
  }
  double const n = double(passages), mean = mentions / n;
  double second = 0, third = 0;
  for (double c : counts) second += (c - mean) * (c - mean) / n, third += (c - mean) * (c - mean) * (c - mean) / n;
  if (second > 0) r.skewness = third / (second * std::sqrt(second));
  return r;
}

/// For each row of positives the passages whose cosine to any of them is >= cosine (1e-9 slack), ascending,
/// without the positives themselves: bans for mining. embeddings: [C, d]. A cosine above 1 bans nothing. O(C
/// P d), memory O(C d).
template <class M>
id_lists duplicates_of_positives(M const& embeddings, ragged positives, double cosine = 0.98) {
  auto const unit = unit_rows(as_view(embeddings), "duplicates_of_positives", "embeddings");
  check_lists(positives, "duplicates_of_positives", unit.rows());
  idx const d = unit.cols();
  id_lists bans;
  std::vector<idx> row;
  for (idx q = 0; q < positives.rows(); ++q) {
    row.clear();
    for (idx c = 0; c < unit.rows(); ++c) {
      bool banned = false;
      for (idx p = positives.begin(q); p < positives.end(q) && !banned; ++p)
        banned = simd::canonical_dot(unit.data() + c * d, unit.data() + positives.ids[p] * d, d) >= cosine - 1e-9;
      if (banned && !positives.contains(q, c)) row.push_back(c);
    }
    bans.append(row);
  }
  return bans;
}

/// The first passage that each is identical to (cosine >= cosine, or both zero): filter by these ids, and
/// every copy of a positive goes with it. Compared with representatives only, so a representative represents
/// itself. O(C R d) for R of them, at most O(C^2 d); memory O(C d).
template <class M>
std::vector<idx> representatives(M const& embeddings, double cosine = 1 - 1e-6) {
  auto const unit = unit_rows(as_view(embeddings), "representatives", "embeddings");
  idx const d = unit.cols();
  auto const is_zero = [&](idx i) { return simd::canonical_sum_of_squares(unit.data() + i * d, d) == 0; };
  std::vector<idx> of, first;
  for (idx i = 0; i < unit.rows(); ++i) {
    bool const zero = is_zero(i);
    idx found = i;
    for (idx r : first)
      if (zero ? is_zero(r) : simd::canonical_dot(unit.data() + i * d, unit.data() + r * d, d) >= cosine) {
        found = r;
        break;
      }
    if (found == i) first.push_back(i);
    of.push_back(found);
  }
  return of;
}

}}  // namespace foil::mining
