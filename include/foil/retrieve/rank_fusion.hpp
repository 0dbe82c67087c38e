// SPDX-License-Identifier: BSD-3-Clause
// Several rankings of the same documents made one: reciprocal rank fusion.
#pragma once

#include <span>
#include <unordered_map>
#include <utility>

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"
#include "foil/retrieve/retrieved.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// One retriever's lists: of `retrieved`, `mined` or your own.
struct ranked_ids {
  static constexpr char const* name = "ranked_ids";
  id_list ids{};      ///< [rows * per_row] best first; a row's list ends at -1, a repeated id counts where it stands first
  idx per_row = 1;    ///< >= 1; slots of each row
  double weight = 1;  ///< >= 0; of its votes
  static void options(auto list) {
    list("per_row", &ranked_ids::per_row, range::at_least(1)), list("weight", &ranked_ids::weight, range::not_negative);
  }
};

/// Options of `fuse_ranks`.
struct fusion_options {
  static constexpr char const* name = "fuse_ranks";
  idx k = 100;           ///< >= 0; documents of each row, at most all that are listed
  double constant = 60;  ///< >= 0; how little the first ranks stand out
  static void options(auto list) {
    list("k", &fusion_options::k, range::at_least(0)), list("constant", &fusion_options::constant, range::not_negative);
  }
};

/// score(document) = sum over rankings that list it of weight / (constant + rank), ranks from 1; score descending, ties to the
/// lower id. Only ranks count, so a BM25 score and a cosine need no common scale. Cormack et al. 2009. Refuses rankings of
/// unequal numbers of rows. O(listed ids log k); the time goes to a hash table of ids.
inline retrieved fuse_ranks(std::span<ranked_ids const> rankings, fusion_options const& o = {}) {
  check_options(o);
  idx rows = -1, widest = 0;
  for (ranked_ids const& r : rankings) {
    check_options("fuse_ranks", r);
    require(r.ids.size() % r.per_row == 0, "fuse_ranks: ", r.ids.size(), " ids are no whole rows of ", r.per_row);
    idx const n = r.ids.size() / r.per_row;
    require(rows < 0 || n == rows, "fuse_ranks: rankings must have equally many rows, got ", rows, " and ", n);
    rows = n, widest = r.per_row < o.k - widest ? widest + r.per_row : o.k;
  }
  retrieved out((std::max)(rows, idx(0)), widest);
  std::vector<double> score;   // of each document that the row's rankings list
  std::vector<idx> last, ids;  // the ranking that voted last for it; its id
  std::vector<keyed_place> best;
  std::unordered_map<idx, idx> place;
  for (idx row = 0; row < rows; ++row) {
    score.clear(), last.clear(), ids.clear(), place.clear();
    for (std::size_t i = 0; i < rankings.size(); ++i)
      for (idx slot = 0; slot < rankings[i].per_row; ++slot) {
        idx const id = rankings[i].ids[row * rankings[i].per_row + slot];
        if (id < 0) break;
        idx const next = idx(ids.size());
        auto const [at, first] = place.try_emplace(id, next);
        if (first) score.push_back(0), last.push_back(-1), ids.push_back(id);
        auto const e = std::size_t(at->second);
        if (std::exchange(last[e], idx(i)) == idx(i)) continue;
        score[e] += rankings[i].weight / (o.constant + double(slot + 1));
      }
    best.clear();
    for (std::size_t e = 0; e < ids.size(); ++e) best.push_back({order_key(score[e]), ids[e]});
    keep_first(best, out.per_row), sort_keyed(best);
    for (keyed_place const& b : best) out.append(row, b.at, score_of_key(b.key));
  }
  return out;
}
/// The same of rankings in braces.
inline retrieved fuse_ranks(std::initializer_list<ranked_ids> rankings, fusion_options const& o = {}) {
  return fuse_ranks(std::span<ranked_ids const>(rankings.begin(), rankings.size()), o);
}

}}  // namespace foil::mining
