// SPDX-License-Identifier: BSD-3-Clause
// The ranking of a row by canonical scores of all its candidates: where there is no fast pass, or too many ties for it.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "foil/mine/pair_scorer.hpp"
#include "foil/mine/progress.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S>
class full_scan {
 public:
  full_scan(engine::pool_access<S> const& pool, ticker& tick) : pool_(pool), tick_(tick), score_(pool) {}

  /// The ids that a row of a listed pool names, rising, each once.
  void listed(idx row, std::vector<idx>& ids) const {
    ids.clear();
    for (idx j = 0; j < pool_.columns; ++j)
      if (idx const id = pool_.candidate(row, j); id >= 0) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }

  /// What request i asks for, the first `depth`, into row i of `out`; given scores are read as they are. Returns how many of them were
  /// NaN. Nothing once the job is stopped.
  idx operator()(workspace<S>& d, requests<S> const& asked, idx i, idx depth, windows<S>& out) const {
    idx const row = asked.rows[std::size_t(i)].row;
    constexpr idx few = pair_scorer<S>::most_candidates;
    idx const* ids = nullptr;
    idx n = pool_.columns;
    if (pool_.kind == pool::layout::listed) listed(row, d.order), ids = d.order.data(), n = idx(d.order.size());
    require(n < idx(1) << 31, pool_.caller, ": rows whose candidates are all scored may have at most 2^31 - 1 of them, got ", n);
    S* const all = engine::workspace<S>::fit(d.tile, n);
    if (pool_.kind == pool::layout::given) {
      S const* const from = pool_.candidates->open(row, 1, engine::workspace<S>::fit(d.candidates, n)).data;
      std::copy_n(from, n, all);
    } else {
      if (pool_.anchors->is_bad(row)) return {};
      S const* const anchor = pool_.anchors->open(row, 1, engine::workspace<S>::fit(d.u, pool_.candidates->dim)).data;
      idx const first = pool_.shared() ? 0 : row * pool_.columns;
      for (idx j = 0; j < n; j += few) {
        idx const count = (std::min)(few, n - j);
        idx some[std::size_t(few)];
        for (idx k = 0; k < count; ++k) some[k] = ids != nullptr ? ids[j + k] : first + j + k;
        score_(d, row, anchor, some, count, all + j);
        if (j % 1024 == 0 && !tick_.step(0)) return {};
      }
    }
    return finish(d, asked, i, all, n, ids, depth, out);
  }
  /// The same of several requests of a shared pool whose anchors are good: each candidate is opened once for up to 32 of them, of long pools
  /// fewer. Writes nothing more once the job is stopped.
  void together(workspace<S>& d, requests<S> const& asked, std::vector<idx> const& several, idx depth, windows<S>& out) const {
    constexpr idx few = pair_scorer<S>::most_candidates, most = pair_scorer<S>::most_anchors, most_scores = idx(1) << 22;
    idx const n = pool_.columns, dim = pool_.candidates->dim, at_once = std::clamp(most_scores / (std::max)(n, idx(1)), idx(1), most);
    require(n < idx(1) << 31, pool_.caller, ": rows whose candidates are all scored may have at most 2^31 - 1 of them, got ", n);
    std::vector<S> own(std::size_t(at_once * dim));
    for (std::size_t from = 0; from < several.size(); from += std::size_t(at_once)) {
      std::span<idx const> const part = std::span(several).subspan(from, (std::min)(std::size_t(at_once), several.size() - from));
      S* const all = engine::workspace<S>::fit(d.tile, idx(part.size()) * n);
      S const* anchor[std::size_t(most)];
      idx row[std::size_t(most)];
      for (std::size_t r = 0; r < part.size(); ++r)
        row[r] = asked.rows[std::size_t(part[r])].row, anchor[r] = pool_.anchors->open(row[r], 1, own.data() + idx(r) * dim).data;
      for (idx j = 0; j < n; j += few) {
        idx const count = (std::min)(few, n - j);
        idx id[std::size_t(few)];
        S const* c[std::size_t(few)];
        for (idx k = 0; k < count; ++k) id[k] = j + k;
        score_.open(d, id, count, c);
        score_.score(row, anchor, idx(part.size()), id, count, c, all + j, n);
        if (j % 1024 == 0 && !tick_.step(0)) return;
      }
      for (std::size_t r = 0; r < part.size(); ++r) finish(d, asked, part[r], all + idx(r) * n, n, nullptr, depth, out);
    }
  }

 private:
  /// From the n scores of request i to what it asks for; returns how many of them were NaN.
  idx finish(workspace<S>& d, requests<S> const& asked, idx i, S* all, idx n, idx const* ids, idx depth, windows<S>& out) const {
    if (!tick_.step(std::uint64_t(n))) return 0;
    if (asked.has_bounds) leave_out(asked, i, all, n, ids, out);
    taken const t = select_first(d, all, n, (std::clamp)(depth, idx(0), n), ids, out[i]);
    out.count(i) = t.found;
    return t.nan;
  }
  /// Counts, and turns what is not asked for into minus infinity.
  static void leave_out(requests<S> const& asked, idx i, S* all, idx n, idx const* ids, windows<S>& out) {
    out.count_before(i) = out.count_scored(i) = 0;
    for (idx k = 0; k < asked.counted_per_row; ++k) out.count_above(i, k) = 0;
    for (idx j = 0; j < n; ++j) {
      S const score = all[j];
      if (ineligible_bits(score)) continue;
      ++out.count_scored(i);
      for (idx k = 0; k < asked.counted_per_row; ++k) out.count_above(i, k) += asked.score(i, k).holds(score);
      bool const before = asked.is_before(i, score, ids != nullptr ? ids[j] : j);
      out.count_before(i) += before;
      if (before || score < asked.rows[std::size_t(i)].lower) all[j] = minus_infinity<S>();
    }
  }

  engine::pool_access<S> const& pool_;
  ticker& tick_;
  pair_scorer<S> score_;
};

}}  // namespace foil::mining
