// SPDX-License-Identifier: BSD-3-Clause
// Finished rows, appended to the result in their order.
#pragma once

#include <algorithm>

#include "foil/mine/window_filter.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S, std::size_t Filters>
class mined_writer {
  using row = survivors<S, Filters>;

 public:
  /// `caller`: the function that messages name.
  mined_writer(mined<S>& out, idx anchors, mine_options const& o, char const* caller)
      : out_(out), anchors_(anchors), o_(o), caller_(caller) {
    out_.survivor_offsets.push_back(0), out_.positive_offsets.push_back(0);
  }
  /// The rows of anchors from `anchor` on; each(n, f) calls f(i) for every i below n, on any thread. Their memory is given back.
  template <class Each>
  void operator()(idx anchor, std::vector<std::vector<row>>& rows, Each const& each) {
    std::vector<idx> first;  // row of each anchor
    for (std::size_t t = 0; t < rows.size(); ++t) {
      first.push_back(idx(out_.counts.size()));
      for (row& r : rows[t]) count(anchor + idx(t), r);
    }
    auto const slots = out_.counts.size() * std::size_t(out_.per_row), survivors = std::size_t(out_.survivor_offsets.back());
    if (anchor == 0) make_room(slots, survivors, double(anchors_) / double(rows.size()));
    ask_for_pages_of(slots, survivors, each);
    out_.ids.resize(slots, -1), out_.scores.resize(slots, minus_infinity<S>()), out_.ranks.resize(slots, -1);
    out_.survivors.resize(survivors), out_.survivor_scores.resize(survivors);
    each(idx(rows.size()), [&](idx t) {
      idx at = first[std::size_t(t)];
      for (row& r : rows[std::size_t(t)]) {
        auto slot = std::size_t(at * out_.per_row), survivor = std::size_t(out_.survivor_offsets[std::size_t(at++)]);
        for (candidate<S> const& c : r.chosen) out_.ids[slot] = c.id, out_.scores[slot] = c.score, out_.ranks[slot] = c.rank, ++slot;
        for (candidate<S> const& c : r.list) out_.survivors[survivor] = c.id, out_.survivor_scores[survivor] = c.score, ++survivor;
      }
      rows[std::size_t(t)] = {};
    });
  }

 private:
  /// Reserves memory for all rows by what the first ones took: a list that grows would be copied on one thread.
  void make_room(std::size_t slots, std::size_t survivors, double times) {
    auto const reserve = [times](auto& v, std::size_t n) {
      v.reserve(std::size_t(double(n) * times * 1.02));
      engine::ask_for_large_pages(v.data(), v.capacity() * sizeof(v[0]));
    };
    reserve(out_.ids, slots), reserve(out_.scores, slots), reserve(out_.ranks, slots);
    reserve(out_.survivors, survivors), reserve(out_.survivor_scores, survivors);
  }
  /// resize() fills the lists on this thread. Most of its time would go to fresh pages, so all threads ask for those first.
  template <class Each>
  void ask_for_pages_of(std::size_t slots, std::size_t survivors, Each const& each) {
    constexpr std::size_t piece = std::size_t(1) << 16;
    struct growth {
      char* from;
      std::size_t bytes;
      idx pieces() const { return (std::max)(idx(bytes / piece) - 1, idx(0)); }  // the last one may reach a piece further
    };
    auto const growth_of = [](auto& v, std::size_t n) {
      n = (std::min)((std::max)(n, v.size()), v.capacity());
      return growth{reinterpret_cast<char*>(v.data() + v.size()), (n - v.size()) * sizeof(v[0])};
    };
    growth const lists[] = {growth_of(out_.ids, slots), growth_of(out_.scores, slots), growth_of(out_.ranks, slots),
                            growth_of(out_.survivors, survivors), growth_of(out_.survivor_scores, survivors)};
    idx all = 0;
    for (growth const& g : lists) all += g.pieces();
    each(engine::can_ask_for_pages ? all : 0, [&](idx at) {
      for (growth const& g : lists) {
        if (at < g.pieces()) return engine::ask_for_pages(g.from + std::size_t(at) * piece, piece);
        at -= g.pieces();
      }
    });
  }
  void count(idx anchor, row& r) {
    if (r.is_short && o_.shortage == shortage::error)
      apply_shortage_policy(o_.shortage, r.chosen, out_.per_row, caller_, anchor, [](idx) { return std::vector<candidate<S>>{}; });
    for (std::size_t b = 0; b <= Filters; ++b) out_.dropped[b].dropped += r.dropped[b];
    out_.survivor_offsets.push_back(out_.survivor_offsets.back() + idx(r.list.size()));
    out_.short_rows += r.is_short, out_.filled += r.filled;
    out_.anchor.push_back(anchor), out_.counts.push_back(idx(r.chosen.size()));
  }
  mined<S>& out_;
  idx anchors_;  ///< of the job
  mine_options const& o_;
  char const* caller_;
};

}}  // namespace foil::mining
