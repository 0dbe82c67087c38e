// SPDX-License-Identifier: BSD-3-Clause
// The ranking of candidates that several processes (ranks) hold in blocks: each ranks its own, and the lists are merged in the total
// order, so that they are those of one process. One file because what is written for another rank is read here.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "foil/bridge/communicator.hpp"
#include "foil/engine/work_range.hpp"
#include "foil/mine/ranking.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Every call but `listed` is collective: all ranks make it with the same arguments, in the same order, from one thread; but scores that are known
/// beforehand may be asked for by any thread. Columns are those of the corpus, of which rank r holds first[r] .. first[r + 1] - 1.
/// own_ranker(ticker): who ranks this rank's candidates, if there are any, which count from 0; `rows`: of the anchors.
template <Scalar S, Communicator C>
class sharded_ranking final : public mining::ranker<S> {
 public:
  template <class OwnRanker>
  sharded_ranking(C& comm, std::vector<idx> first, idx rows, OwnRanker const& own_ranker)
      : comm_(comm), first_(std::move(first)), tick_(quiet_, rows) {
    if (own_columns() > 0) own_ = own_ranker(tick_);
  }

  /// Canonical scores that rows will ask for later from an executor's threads, which may send no messages: wanted(row, ids) appends the ids of
  /// a row, its positives among them. Called once, before any `score`.
  template <class F>
  void score_beforehand(idx rows, F const& wanted) {
    known_.assign(1, 0);
    fingerprint f;
    std::vector<idx> ids;
    std::vector<S> here;  // scores of those that this rank holds, in order
    for (idx i = 0; i < rows; ++i) {
      ids.clear(), wanted(i, ids);
      std::sort(ids.begin(), ids.end());
      ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
      for (idx const id : ids) ids_.push_back(id), f.add(id);
      known_.push_back(idx(ids_.size()));
      f.add(known_.back());
    }
    require_same(comm_, "mine_candidate_shards", "roles: the positives of the rows", f.value());
    here = on_every_rank(comm_, [&] {
      std::vector<S> scores;
      for (idx i = 0; i < rows; ++i)
        for (idx p = known_[std::size_t(i)]; p < known_[std::size_t(i) + 1]; ++p)
          if (holds(comm_.rank(), ids_[std::size_t(p)])) scores.push_back(own_->score(0, i, ids_[std::size_t(p)] - first_of(comm_.rank())));
      return scores;
    });
    std::vector<S> const all = gather_lists(comm_, here);  // by rank; put back into the order of the rows
    std::vector<std::size_t> next(std::size_t(comm_.size()) + 1, 0);
    for (idx const id : ids_) ++next[std::size_t(owner(id)) + 1];
    for (std::size_t r = 1; r < next.size(); ++r) next[r] += next[r - 1];
    for (idx const id : ids_) scores_.push_back(all[next[std::size_t(owner(id))]++]);
  }

  mining::windows<S> operator()(mining::requests<S> const& asked, idx depth) override {
    idx const m = idx(asked.rows.size());
    depth = (std::clamp)(depth, idx(0), first_.back());
    fingerprint f;
    f.add(depth), f.add(asked.has_bounds), f.add(asked.counted_per_row);
    for (mining::request<S> const& r : asked.rows) f.add(r.row), f.add(r.upper), f.add(r.after), f.add(r.lower);
    for (mining::counted_score<S> const& s : asked.scores) f.add(s.above), f.add(s.or_equal);
    require_same(comm_, "mine_candidate_shards", "roles and filters: they would look at other windows", f.value());
    mining::windows<S> const own = on_every_rank(comm_, [&] { return of_block(asked, depth); });
    auto const each_count = [&](auto& rows, idx i, auto const& g) {
      if (!asked.has_bounds) return;
      g(rows.count_before(i)), g(rows.count_scored(i));
      for (idx k = 0; k < asked.counted_per_row; ++k) g(rows.count_above(i, k));
    };
    // Each rank merges its share of the rows, then everyone learns of all.
    std::vector<std::vector<char>> out(std::size_t(comm_.size()), std::vector<char>{});
    for (int r = 0; r < comm_.size(); ++r) {
      engine::range const part = share(m, r);
      std::vector<char>& to = out[std::size_t(r)];
      for (idx i = part.from; i < part.to; ++i) {
        write(to, own[i], own.count(i), first_of(comm_.rank()));
        each_count(own, i, [&](idx n) { put(to, n); });
      }
    }
    std::vector<std::vector<char>> const in = all_to_all_bytes(comm_, std::move(out));
    std::vector<char const*> at;
    for (auto const& bytes : in) at.push_back(bytes.data());
    mining::windows<S> found(m, depth, asked.counted_per_row);
    engine::range const mine = share(m, comm_.rank());
    std::vector<char> merged;
    std::vector<mining::ranked<S>> list, more, both;
    for (idx i = mine.from; i < mine.to; ++i) {
      list.clear();
      for (char const*& from : at) {
        read(from, more);
        each_count(found, i, [&](idx& n) { n += take<idx>(from); });
        both.resize(list.size() + more.size());
        std::merge(list.begin(), list.end(), more.begin(), more.end(), both.begin(), mining::comes_before<S>);
        both.resize((std::min)(both.size(), std::size_t(depth)));
        list.swap(both);
      }
      write(merged, list.data(), idx(list.size()), 0);
      each_count(found, i, [&](idx n) { put(merged, n); });
    }
    gathered_bytes const all = gather_bytes(comm_, merged.data(), merged.size());
    char const* from = all.bytes.data();
    for (idx i = 0; i < m; ++i) {
      read(from, list);
      std::copy(list.begin(), list.end(), found[i]);
      found.count(i) = idx(list.size());
      each_count(found, i, [&](idx& n) { n = take<idx>(from); });
    }
    return found;
  }

  /// Known if it was scored beforehand; else a collective call in which the rank that holds the column tells all.
  S score(int, idx row, idx column) override {
    auto const begin = ids_.begin() + known_[std::size_t(row)], end = ids_.begin() + known_[std::size_t(row) + 1];
    auto const at = std::lower_bound(begin, end, column);
    if (at != end && *at == column) return scores_[std::size_t(at - ids_.begin())];
    int const holder = owner(column);
    S const mine = on_every_rank(comm_, [&] { return holder == comm_.rank() ? own_->score(0, row, column - first_of(holder)) : S(0); });
    return gather_values(comm_, mine)[std::size_t(holder)];
  }
  void listed(idx, std::vector<idx>& ids) const override { ids.clear(); }
  idx exact_rows() const override {
    idx sum = 0;
    for (idx const n : gather_values(comm_, own_ ? own_->exact_rows() : idx(0))) sum += n;
    return sum;
  }
  screening seen() const override {
    screening sum;
    for (screening const& s : gather_values(comm_, own_ ? own_->seen() : screening{})) sum += s;
    return sum;
  }

 private:
  idx first_of(int rank) const { return first_[std::size_t(rank)]; }
  idx own_columns() const { return first_of(comm_.rank() + 1) - first_of(comm_.rank()); }
  bool holds(int rank, idx id) const { return id >= first_of(rank) && id < first_of(rank + 1); }
  int owner(idx id) const { return int(std::upper_bound(first_.begin(), first_.end(), id) - first_.begin()) - 1; }
  engine::range share(idx rows, int rank) const { return engine::part(0, rows, rank, comm_.size(), 1); }

  /// What this rank's candidates answer; they count from 0.
  mining::windows<S> of_block(mining::requests<S> const& asked, idx depth) {
    if (!own_) return mining::windows<S>(idx(asked.rows.size()), 0, asked.counted_per_row);
    return (*own_)(asked.of_columns(first_of(comm_.rank()), own_columns()), (std::min)(depth, own_columns()));
  }

  template <class T>
  static void put(std::vector<char>& to, T const& x) {
    to.insert(to.end(), reinterpret_cast<char const*>(&x), reinterpret_cast<char const*>(&x + 1));
  }
  template <class T>
  static T take(char const*& from) {
    T x;
    std::memcpy(&x, from, sizeof x), from += sizeof x;
    return x;
  }
  /// A list as bytes: how many, then scores and ids.
  static void write(std::vector<char>& to, mining::ranked<S> const* list, idx n, idx first) {
    put(to, n);
    for (idx k = 0; k < n; ++k) put(to, list[k].score), put(to, list[k].id + first);
  }
  static void read(char const*& from, std::vector<mining::ranked<S>>& list) {
    list.resize(std::size_t(take<idx>(from)));
    for (mining::ranked<S>& e : list) e.score = take<S>(from), e.id = take<idx>(from);
  }

  C& comm_;
  std::vector<idx> first_;
  foil::progress quiet_;
  mining::ticker tick_;
  std::unique_ptr<mining::ranker<S>> own_;  ///< null where this rank has no candidates
  std::vector<idx> known_{0}, ids_;         ///< ids that were scored beforehand, ascending by row; row i's are known_[i] .. known_[i + 1]
  std::vector<S> scores_;
};

}}  // namespace foil::bridge
