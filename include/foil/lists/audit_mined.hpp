// SPDX-License-Identifier: BSD-3-Clause
// The audit of a mining run: copies of positives, hubs, likely false negatives; and a cap on how often a document serves.
#pragma once

#include <utility>

#include "foil/core/option.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"
#include "foil/lists/audit.hpp"
#include "foil/mine/mined.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `audit`.
struct audit_options {
  static constexpr char const* name = "audit";
  double duplicate_cosine = 0.98;  ///< a number; at least that close to a positive of the row: a copy
  double margin = 0;               ///< a number; score above lowest positive - margin: likely a false negative
  static void options(auto list) {
    list("duplicate_cosine", &audit_options::duplicate_cosine, range::either_sign),
        list("margin", &audit_options::margin, range::either_sign);
  }
};

/// Slots of the mined lists (row * per_row + slot), ascending. It reports; nothing is deleted.
struct negative_audit {
  hub_report hubs;                ///< how often documents stand in the lists
  std::vector<idx> duplicates;    ///< near-copies of one of the row's positives
  std::vector<idx> likely_false;  ///< as close to the anchor as its positives are
  idx mined = 0;                  ///< negatives looked at
  idx rows_affected = 0;          ///< rows with either finding
};

/// documents [C, d]: what was mined from. Back-filled negatives are looked at like any. O(C d + mined positives d), memory O(C d) in
/// double; the time goes to all documents' rows of unit length and to one dot product after the other.
template <Scalar S, class M>
negative_audit audit(mined<S> const& m, M const& documents, audit_options const& o = {}) {
  check_options(o);
  auto const unit = unit_rows(as_view(documents), "audit", "documents");
  idx const d = unit.cols();
  negative_audit r;
  r.hubs = audit_hubs(m.ids, unit.rows(), "audit");
  for (idx row = 0; row < m.rows; ++row) {
    auto const a = std::size_t(m.anchor[std::size_t(row)]);
    idx const p0 = m.positive_offsets[a], p1 = m.positive_offsets[a + 1];
    bool known = false, any = false;
    double lowest = 0;
    for (idx p = p0; p < p1; ++p) {
      require(m.positives[std::size_t(p)] < unit.rows(), "audit: positive ", m.positives[std::size_t(p)], " is outside the ", unit.rows(),
              " documents");
      double const s = double(m.positive_scores[std::size_t(p)]);
      if (ineligible_bits(s)) continue;
      lowest = known ? (std::min)(lowest, s) : s, known = true;
    }
    for (idx slot = row * m.per_row; slot < row * m.per_row + m.count(row); ++slot, ++r.mined) {
      bool copy = false;
      for (idx p = p0; p < p1 && !copy; ++p)
        copy = simd::canonical_dot(unit.data() + m.ids[std::size_t(slot)] * d, unit.data() + m.positives[std::size_t(p)] * d, d) >=
               o.duplicate_cosine - 1e-9;
      bool const doubtful = known && double(m.scores[std::size_t(slot)]) > lowest - o.margin;
      if (copy) r.duplicates.push_back(slot);
      if (doubtful) r.likely_false.push_back(slot);
      any = any || copy || doubtful;
    }
    r.rows_affected += any;
  }
  return r;
}

/// The same lists with no document in more than `max_rows` rows: a document stays where it scores highest (ties to the lower
/// row), as often as the row has it, and a row that lost one takes its next survivors, in order, while those may still serve (rank -1, as
/// back-filled ones have). short_rows and filled are counted anew. O(survivors log survivors).
template <Scalar S>
mined<S> cap_occurrence(mined<S> m, idx max_rows) {
  require(max_rows >= 1, "cap_occurrence: max_rows must be at least 1, got ", max_rows);
  idx corpus = 0;
  for (auto const* ids : {&m.ids, &m.survivors})
    for (idx id : *ids) corpus = (std::max)(corpus, id + 1);
  std::vector<idx> slots, served(std::size_t(corpus), 0), last_row(std::size_t(corpus), -1);
  auto const is_first = [&](idx id, idx row) { return std::exchange(last_row[std::size_t(id)], row) != row; };
  for (idx row = 0; row < m.rows; ++row)
    for (idx k = 0; k < m.count(row); ++k) slots.push_back(row * m.per_row + k);
  sort_by(slots, [&](idx slot) { return order_key(double(m.scores[std::size_t(slot)])); });
  std::vector<char> stays(m.ids.size(), 0), stays_there(std::size_t(corpus), 0);
  for (idx s : slots) {  // a document's slots of one row, repeated ones, score alike and come one after the other
    auto const id = std::size_t(m.ids[std::size_t(s)]);
    if (is_first(idx(id), s / m.per_row)) stays_there[id] = served[id] < max_rows, served[id] += stays_there[id];
    stays[std::size_t(s)] = stays_there[id];
  }
  m.short_rows = m.filled = 0;
  struct entry {
    S score;
    idx id, rank;
  };
  std::vector<entry> row_now;
  std::fill(last_row.begin(), last_row.end(), -1);
  for (idx row = 0; row < m.rows; ++row) {
    idx const from = row * m.per_row, had = m.count(row);
    row_now.clear();
    for (idx k = from; k < from + had; ++k) {
      auto const at = std::size_t(k);
      bool const was_filled = !is_first(m.ids[at], row) || m.ranks[at] < 0;
      if (stays[at]) row_now.push_back({m.scores[at], m.ids[at], m.ranks[at]}), m.filled += was_filled;
    }
    bool const lost = idx(row_now.size()) < had;
    for (idx p = m.survivor_offsets[std::size_t(row)]; p < m.survivor_offsets[std::size_t(row) + 1]; ++p) {
      idx const id = m.survivors[std::size_t(p)];
      if (idx(row_now.size()) >= had) break;
      if (served[std::size_t(id)] >= max_rows || last_row[std::size_t(id)] == row) continue;
      row_now.push_back({m.survivor_scores[std::size_t(p)], id, -1});
      ++served[std::size_t(id)];
    }
    if (lost)
      std::stable_sort(row_now.begin(), row_now.end(),
                       [](entry const& a, entry const& b) { return a.score > b.score || (a.score == b.score && a.id < b.id); });
    m.counts[std::size_t(row)] = idx(row_now.size());
    m.short_rows += idx(row_now.size()) < m.per_row;
    row_now.resize(std::size_t(had), entry{minus_infinity<S>(), -1, -1});
    for (std::size_t k = 0; k < row_now.size(); ++k) {
      auto const to = std::size_t(from) + k;
      m.ids[to] = row_now[k].id, m.scores[to] = row_now[k].score, m.ranks[to] = row_now[k].rank;
    }
  }
  return m;
}

}}  // namespace foil::mining
