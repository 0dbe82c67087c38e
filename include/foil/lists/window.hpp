// SPDX-License-Identifier: BSD-3-Clause
// A window of raw ranks, cleared of banned ids, and a uniform draw from it (FlagEmbedding, ANCE, Tevatron).
#pragma once

#include <unordered_map>

#include "foil/core/id_set.hpp"
#include "foil/core/option.hpp"
#include "foil/mine/shortage.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `draw_window`.
struct window_options {
  static constexpr char const* name = "draw_window";
  idx range_min = 10;   ///< >= 0; first rank of the window, counted in the raw list, before any filter
  idx range_max = 210;  ///< > range_min; first rank beyond it
  idx negatives = 15;   ///< >= 1; drawn of each query
  mining::shortage shortage = mining::shortage::fill_random;  ///< what is done where the window holds fewer
  std::uint64_t seed = 0;                                     ///< any; of the draws
  std::uint32_t epoch = 0;                                    ///< any; another epoch gives other draws

  static void options(auto list) {
    list("range_min", &window_options::range_min, range::at_least(0)), list("range_max", &window_options::range_max, range::at_least(0));
    list("negatives", &window_options::negatives, range::at_least(1)), list("shortage", &window_options::shortage, mining::shortage::error);
  }
  void check() const {
    require(range_max > range_min, "draw_window: ranks must satisfy range_min < range_max, got range_min = ", range_min,
            " and range_max = ", range_max);
  }
};

/// The ids of ranks range_min .. range_max-1 that are not banned, in rank order, each once. -1 ends the list. O(range_max log bans); the
/// time goes to a hash table of ids.
inline std::vector<idx> window_pool(id_list ranked, idx range_min, idx range_max, id_set const& banned) {
  require(range_min >= 0 && range_max > range_min,
          "window_pool: ranks must satisfy 0 <= range_min < range_max, got range_min = ", range_min, " and range_max = ", range_max);
  std::vector<idx> pool;
  for (idx r = 0; r < (std::min)(range_min, ranked.size()); ++r)
    if (ranked[r] < 0) return pool;   // the list ended before the window
  std::unordered_map<idx, idx> seen;  // only its keys count; samplers make the same table
  idx const most = (std::max)(idx(0), (std::min)(range_max, ranked.size()) - range_min);
  seen.reserve(std::size_t(most)), pool.reserve(std::size_t(most));
  for (idx r = range_min; r < (std::min)(range_max, ranked.size()) && ranked[r] >= 0; ++r)
    if (idx const id = ranked[r]; !banned.contains(id) && seen.try_emplace(id, id).second) pool.push_back(id);
  return pool;
}

/// P(a member of the pool is drawn) when `negatives` of them are drawn uniformly without replacement.
inline double window_inclusion(idx pool, idx negatives) {
  require(pool >= 0 && negatives >= 0, "window_inclusion: pool and negatives must not be negative, got ", pool, " and ", negatives);
  return pool == 0 ? 0 : (std::min)(1.0, double(negatives) / double(pool));
}

/// At most k of the ids 0 .. columns-1 that are not excluded, uniformly without replacement, in the order
/// drawn. O((k + excluded) log excluded), however large the corpus: no rejection, no scan.
inline std::vector<idx> draw_outside(idx columns, idx k, std::vector<idx> excluded, random_stream draw) {
  require(columns >= 0 && k >= 0, "draw_outside: columns and k must not be negative, got ", columns, " and ", k);
  std::erase_if(excluded, [&](idx id) { return id < 0 || id >= columns; });
  id_set const out(std::move(excluded));
  idx const left = columns - out.size();
  std::vector<idx> ids = uniform_subset(left, (std::min)(k, left), draw);
  for (idx& id : ids) id = out.outside(id);
  return ids;
}

/// What `draw_window` returns.
struct window_draw {
  std::vector<idx> ids;           ///< from the window in rank order, then what the shortage policy added
  idx from_pool = 0, filled = 0;  ///< ids from the window; ids that the shortage policy added
  idx missing = 0;                ///< still wanted after the policy
};

/// Draws `negatives` uniformly without replacement from the window of one query. banned: positives, the
/// query's own id, and any other; back-fill respects them too and never repeats a choice (FlagEmbedding's
/// does not check the latter). fill_random draws from ids 0 .. columns-1, fill_deeper from the ranks at range_max
/// and beyond. The stream is keyed by row. The time goes to the window's hash table of ids.
inline window_draw draw_window(id_list ranked, id_list banned, idx columns, idx row, window_options const& o = {}) {
  check_options(o);
  require(columns >= 0, "draw_window: argument columns must not be negative, got ", columns);
  id_set const bans(banned);
  std::vector<idx> const pool = window_pool(ranked, o.range_min, o.range_max, bans);
  window_draw r;
  r.from_pool = (std::min)(o.negatives, idx(pool.size()));
  random_stream draw(o.seed, purpose::sample, o.epoch, std::uint64_t(row));
  std::vector<idx> places = uniform_subset(idx(pool.size()), r.from_pool, draw);
  std::sort(places.begin(), places.end());
  for (idx p : places) r.ids.push_back(pool[std::size_t(p)]);
  r.filled = apply_shortage_policy(o.shortage, r.ids, o.negatives, "draw_window", row, [&](idx more) {
    random_stream fill(o.seed, purpose::fill, o.epoch, std::uint64_t(row));
    std::vector<idx> taken = r.ids;
    if (o.shortage == shortage::fill_random) {
      for (idx i = 0; i < banned.size(); ++i) taken.push_back(banned[i]);
      return draw_outside(columns, more, std::move(taken), fill);
    }
    std::vector<idx> deeper;
    id_set const chosen(std::move(taken));
    if (o.range_max < ranked.size())
      for (idx id : window_pool(ranked, o.range_max, ranked.size(), bans))
        if (!chosen.contains(id)) deeper.push_back(id);
    std::vector<idx> ids = uniform_subset(idx(deeper.size()), (std::min)(more, idx(deeper.size())), fill);
    for (idx& id : ids) id = deeper[std::size_t(id)];
    return ids;
  });
  r.missing = (std::max)(idx(0), o.negatives - idx(r.ids.size()));
  return r;
}

}}  // namespace foil::mining
