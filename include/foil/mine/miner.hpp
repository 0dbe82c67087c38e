// One mining job: windows of ranked candidates in, filtered and drawn negatives out.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "foil/mine/draw.hpp"
#include "foil/mine/gumbel.hpp"
#include "foil/mine/mined.hpp"
#include "foil/mine/options.hpp"
#include "foil/mine/ranking.hpp"
#include "foil/mine/window.hpp"

namespace foil::inline FOIL_ABI::mining {

template <Scalar S, class P>
class miner {
 public:
  miner(engine::stretch<S> const& stretch, P const& pool, idx rows, mine_options const& options)
      : stretch_(stretch), pool_(pool), rows_(rows), o_(options), rank_(stretch, options.on),
        cuts_(std::size_t((std::max)(1, options.on.workers))) {
    std::apply([&](auto const&... b) { (note(b), ...); }, pool.biases);
  }

  mined<S> run() {
    list_positives();
    bool const deepening = o_.range_max == whole_corpus;
    out_.range_max = o_.range_max != automatic ? o_.range_max
                                               : o_.range_min + o_.negatives * (widen_ ? 10 : 1) + most_positives_;
    out_.per_row = o_.negatives;
    out_.dropped.push_back({"positive", 0});
    std::apply([&](auto const&... b) { (out_.dropped.push_back({b.name, 0}), ...); }, pool_.biases);
    out_.survivor_offsets.push_back(0);
    for (idx r0 = 0; r0 < rows_; r0 += wave) {
      idx const r1 = (std::min)(r0 + wave, rows_);
      score_positives(r0, r1);
      std::vector<idx> todo;
      for (idx i = r0; i < r1; ++i) todo.push_back(i);
      std::vector<std::vector<survivors>> rows(std::size_t(r1 - r0));
      idx depth = deepening ? o_.range_min + o_.negatives + most_positives_ + 16 : sum(out_.range_max, most_positives_);
      while (!todo.empty()) {
        depth = (std::min)(depth, stretch_.columns);
        auto const windows = rank_(todo, depth);
        each_row(idx(todo.size()), [&](int w, idx t) {
          idx const i = todo[std::size_t(t)];
          rows[std::size_t(i - r0)] = filtered(w, i, windows[std::size_t(t)]);
        });
        std::vector<idx> again;
        for (idx i : todo)
          for (survivors const& s : rows[std::size_t(i - r0)])
            if (deepening && depth < stretch_.columns && idx(s.list.size()) < o_.negatives) {
              again.push_back(i);
              break;
            }
        todo = std::move(again);
        depth = sum(depth, 3 * depth);
      }
      for (idx i = r0; i < r1; ++i)
        for (survivors& s : rows[std::size_t(i - r0)]) append(i, s);
      if (!o_.tell(r1, rows_, "mine")) {
        out_.cancelled = r1 < rows_;
        if (out_.cancelled) pad(r1);
        break;
      }
    }
    out_.rows = idx(out_.counts.size());
    out_.exact_rows = rank_.exact_rows, out_.nan = rank_.nan;
    out_.bad_rows = stretch_.candidates->bad_rows + (stretch_.anchors ? stretch_.anchors->bad_rows : 0);
    return std::move(out_);
  }

 private:
  static constexpr idx wave = 4096;  // rows between two calls of the progress callback
  static constexpr std::size_t filters = P::biases_count;

  struct candidate {
    S score;
    idx id, rank;
  };
  /// What is left of one row's window, in order, and what was not.
  struct survivors {
    std::vector<candidate> list{};
    std::array<idx, filters + 1> dropped{};
    idx depth = 0;  ///< ranks inspected
    engine::row_facts<S> facts{};
  };

  static idx sum(idx a, idx b) { return a > whole_corpus - b ? whole_corpus : a + b; }

  template <class B>
  void note([[maybe_unused]] B const& b) {
    widen_ = widen_ || widens_window(b);
    if constexpr (requires { b.positive; }) one_by_one_ = one_by_one_ || b.positive == reference::each;
  }
  /// f(worker, number) for 0 .. n-1.
  template <class F>
  void each_row(idx n, F const& f) {
    int const workers = n < 64 ? 1 : (std::max)(1, o_.on.workers);
    o_.on.run(workers, [&](int w) {
      engine::range const mine = engine::part(0, n, w, workers, 1);
      for (idx t = mine.from; t < mine.to; ++t) f(w, t);
    });
  }

  void list_positives() {
    out_.positive_offsets.push_back(0);
    engine::cutting<S>& cut = cuts_[0];
    for (idx i = 0; i < rows_; ++i) {
      if constexpr (requires { pool_.relation.each_positive(i, [](idx) {}); }) {
        pool_.relation.each_positive(i, [&](idx c) { out_.positives.push_back(c); });
      } else {
        for (idx j = 0; j < stretch_.columns; j += engine::quantum) {
          cut.positives.clear();
          pool_.relation.cut(i, j, (std::min)(engine::quantum, stretch_.columns - j), cut.bias.data(), cut.positives);
          for (idx c : cut.positives) out_.positives.push_back(j + c);
        }
      }
      out_.positive_offsets.push_back(idx(out_.positives.size()));
      idx const count = out_.positive_offsets.back() - out_.positive_offsets[std::size_t(i)];
      most_positives_ = (std::max)(most_positives_, count);
      out_.without_positive += count == 0;
    }
    out_.positive_scores.resize(out_.positives.size());
  }
  void score_positives(idx r0, idx r1) {
    each_row(r1 - r0, [&](int w, idx t) {
      for (idx p = out_.positive_offsets[std::size_t(r0 + t)]; p < out_.positive_offsets[std::size_t(r0 + t) + 1]; ++p)
        out_.positive_scores[std::size_t(p)] = rank_.score(w, r0 + t, out_.positives[std::size_t(p)]);
    });
  }

  /// The rows of one anchor: one, or one per positive where a margin refers to each.
  std::vector<survivors> filtered(int w, idx i, std::vector<ranked<S>> const& window) {
    idx const p0 = out_.positive_offsets[std::size_t(i)], p1 = out_.positive_offsets[std::size_t(i) + 1];
    std::vector<survivors> result;
    engine::row_facts<S> all;
    for (idx p = p0; p < p1; ++p) {
      S const s = out_.positive_scores[std::size_t(p)];
      if (ineligible_bits(s)) continue;  // a positive that was never scored sets no margin
      if (one_by_one_) result.push_back({.facts = {true, s, s}});
      if (!all.has_positive) all = {true, s, s};
      all.lowest = (std::min)(all.lowest, s), all.highest = (std::max)(all.highest, s);
    }
    if (result.empty()) result.push_back({.facts = all});
    for (survivors& r : result) {
      r.depth = idx(window.size());
      bool const raw = o_.stage == range_stage::before_filter;
      for (idx k = 0; k < r.depth; ++k) {
        candidate const c{window[std::size_t(k)].score, window[std::size_t(k)].id, k};
        if (raw && (k < o_.range_min || k >= out_.range_max)) {
          if (is_positive(w, i, c.id)) ++r.dropped[0];
          continue;
        }
        if (int const by = judged(w, i, c, r.facts); by >= 0)
          ++r.dropped[std::size_t(by)];
        else if (by == kept)
          r.list.push_back(c);
      }
      if (raw) continue;
      if (idx(r.list.size()) > out_.range_max) r.list.resize(std::size_t(out_.range_max));
      r.list.erase(r.list.begin(), r.list.begin() + (std::min)(o_.range_min, idx(r.list.size())));
    }
    return result;
  }

  static constexpr int kept = -1, absent = -2;
  /// 0: a positive; 1 + b: bias b dropped it; kept; absent: not a candidate of this row.
  int judged(int w, idx i, candidate const& c, engine::row_facts<S> const& facts) {
    engine::cutting<S>& cut = cuts_[std::size_t(w)];
    if (is_positive(w, i, c.id)) return o_.include_positives ? kept : 0;
    if (cut.bias[0] < dropped_below<S>) return absent;
    bias_row<S> r{i, c.id, 1, &c.score, nullptr, facts.has_positive, facts.lowest, facts.highest};
    int at = 0, by = kept;
    auto ask = [&](auto const& b) {
      ++at;
      if (by != kept) return;
      if constexpr (needs_guide<std::remove_cvref_t<decltype(b)>>) {
        b.second_opinion(r.row, r.first, 1, cut.guide.data(), [](S const* x, S const* y, idx n) { return S(simd::canonical_dot(x, y, n)); });
        r.guide = cut.guide.data();
      }
      b.weigh(r, cut.bias.data());
      if (cut.bias[0] < dropped_below<S>) by = at;
    };
    std::apply([&](auto const&... b) { (ask(b), ...); }, pool_.biases);
    return by;
  }
  bool is_positive(int w, idx i, idx id) {
    engine::cutting<S>& cut = cuts_[std::size_t(w)];
    cut.positives.clear();
    pool_.relation.cut(i, id, 1, cut.bias.data(), cut.positives);
    return !cut.positives.empty();
  }

  void append(idx i, survivors& row) {
    for (std::size_t b = 0; b <= filters; ++b) out_.dropped[b].dropped += row.dropped[b];
    for (candidate const& c : row.list) out_.survivors.push_back(c.id), out_.survivor_scores.push_back(c.score);
    out_.survivor_offsets.push_back(idx(out_.survivors.size()));
    std::vector<candidate> chosen = drawn(i, row.list);
    auto const k = std::size_t(o_.negatives);
    out_.short_rows += chosen.size() < k;
    out_.filled += relieve(o_.when_short, chosen, o_.negatives, "mine", i,
                           [&](idx missing) { return fill(i, row, chosen, missing); });
    out_.anchor.push_back(i);
    out_.counts.push_back(idx(chosen.size()));
    chosen.resize(k, candidate{minus_infinity<S>(), -1, -1});
    for (candidate const& c : chosen) out_.ids.push_back(c.id), out_.scores.push_back(c.score), out_.ranks.push_back(c.rank);
  }
  void pad(idx from) {
    for (idx i = from; i < rows_; ++i) {
      out_.anchor.push_back(i), out_.counts.push_back(0), out_.survivor_offsets.push_back(idx(out_.survivors.size()));
      out_.ids.insert(out_.ids.end(), std::size_t(o_.negatives), -1);
      out_.ranks.insert(out_.ranks.end(), std::size_t(o_.negatives), -1);
      out_.scores.insert(out_.scores.end(), std::size_t(o_.negatives), minus_infinity<S>());
    }
  }

  /// The stream of a row is keyed by the row, so threads and the order of rows do not matter.
  std::vector<candidate> drawn(idx i, std::vector<candidate> const& from) const {
    idx const n = idx(from.size()), k = (std::min)(o_.negatives, n);
    if (o_.draw == sampling::top || k == n) return {from.begin(), from.begin() + k};
    std::vector<idx> order;
    if (o_.draw == sampling::uniform) {
      random_stream draw(o_.seed, purpose::sample, o_.epoch, std::uint64_t(i));
      order = uniform_subset(n, k, draw);
    } else {
      std::vector<S> scores;
      for (candidate const& c : from) scores.push_back(c.score);
      order = gumbel_top_k(scores, k, o_.temperature, random_stream(o_.seed, purpose::gumbel, o_.epoch, std::uint64_t(i))).selected;
    }
    std::sort(order.begin(), order.end());  // survivors stand hardest first
    std::vector<candidate> chosen;
    for (idx t : order) chosen.push_back(from[std::size_t(t)]);
    return chosen;
  }

  /// Uniform draws from what was neither chosen nor, for fill_deeper, inspected; the filters judge them as any other.
  std::vector<candidate> fill(idx i, survivors const& row, std::vector<candidate> const& chosen, idx missing) {
    std::vector<idx> taken;
    for (candidate const& c : chosen) taken.push_back(c.id);
    if (o_.when_short == shortage::fill_deeper) {
      auto const inspected = rank_({i}, row.depth);
      for (ranked<S> const& r : inspected[0]) taken.push_back(r.id);
    }
    std::vector<candidate> found;
    for (std::uint64_t round = 0; idx(found.size()) < missing; ++round) {
      random_stream const draw(o_.seed, purpose::fill, o_.epoch, std::uint64_t(i), round);
      auto const offered = draw_outside(stretch_.columns, missing - idx(found.size()), taken, draw);
      if (offered.empty()) break;
      for (idx id : offered) {
        taken.push_back(id);
        candidate const c{rank_.score(i, id), id, -1};
        if (!ineligible_bits(c.score) && !is_positive(0, i, id) && judged(0, i, c, row.facts) == kept) found.push_back(c);
      }
    }
    return found;
  }

  engine::stretch<S> const& stretch_;
  P const& pool_;
  idx rows_;
  mine_options const& o_;
  ranking<S> rank_;
  std::vector<engine::cutting<S>> cuts_;
  idx most_positives_ = 0;
  bool widen_ = false, one_by_one_ = false;
  mined<S> out_;
};

}  // namespace foil::inline FOIL_ABI::mining
