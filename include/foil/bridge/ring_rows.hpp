// SPDX-License-Identifier: BSD-3-Clause
// A loss whose candidates come block by block: the statistics of every row run along from block to block, and the slopes are asked
// for once the rows are complete.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "foil/engine/outcome.hpp"
#include "foil/engine/row_states.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// What is known of the rows of a call, over all blocks so far.
template <Scalar S, class L>
class ring_rows {
  using states = engine::row_states<S, L>;

 public:
  ring_rows(L const& loss, idx rows)
      : loss_(loss), states_(loss), seen_(std::size_t(rows), 0), share_(std::size_t(rows), 0), had_negatives_(std::size_t(rows), 0) {
    states_.reset(rows);
  }

  void add(slice<S> const& x) {
    if (complete_) return;
    states_.add(x.row, x);
    if (std::any_of(x.bias, x.bias + x.size, [](S b) { return b > log_zero_limit<S>; })) had_negatives_[std::size_t(x.row)] = 1;
  }
  void slope(slice<S> const& x, S factor, S* out) const {
    if (complete_ && share_[std::size_t(x.row)] != 0) states_.slope(x.row, x, factor, out);
  }
  S origin(idx row) const { return states_.origin(row); }
  /// Notes that the row is not left out as a bad one; returns the factor of its slopes, 0 while rows are incomplete.
  double visit(idx row) {
    seen_[std::size_t(row)] = 1;
    return complete_ && share_[std::size_t(row)] != 0 ? factor_ : 0;
  }

  struct sums {
    double value = 0, weight = 0, scale = 0;
  };
  /// Formulas of the rows, which have seen all blocks; per-row numbers go to `out`. `filtered`: a row without negatives may have lost them
  /// to a filter, and is skipped where it would be refused.
  template <class Reduce>
  sums finish(Reduce const& reduce, bool filtered, outcome<S>& out) {
    sums all;
    idx const n = idx(seen_.size());
    out.rows.assign(seen_.size(), S(0)), out.used.assign(seen_.size(), 0);
    for (idx i = 0; i < n; ++i) {
      if (!seen_[std::size_t(i)]) continue;
      states_.complete(i);
      auto const verdict = states_.judge(i, filtered || had_negatives_[std::size_t(i)]);
      require(verdict != engine::verdict::refused, "objective_over_ranks: row ", i,
              " has no negatives among the candidates of all ranks; this loss needs at least one in every row");
      if (verdict != engine::verdict::used) continue;
      auto const r = formula(i, states_.values(i), std::make_index_sequence<states::N>{});
      double const share = reduce.share(i, double(r.value));
      for (std::size_t k = 0; k < states::N; ++k) states_.partial(i)[k] = double(r.partial[k]) * share;
      share_[std::size_t(i)] = 1;
      all.value += double(r.value) * share, all.weight += double(r.weight) * share, all.scale += double(r.scale) * share;
      out.used[std::size_t(i)] = 1, out.rows[std::size_t(i)] = S(double(r.value) * share);
      ++out.rows_used, out.clamped += r.clamped;
    }
    return all;
  }
  /// All blocks were seen: from now on slope() gives slopes, times `factor`.
  void complete(double factor) { complete_ = true, factor_ = factor; }

 private:
  template <std::size_t... k>
  auto formula([[maybe_unused]] idx row, typename states::numbers const& v, std::index_sequence<k...>) const {
    if constexpr (requires { loss_.row_at(row, v[k]...); })
      return loss_.row_at(row, v[k]...);
    else
      return loss_.row(v[k]...);
  }

  L const& loss_;
  states states_;
  std::vector<char> seen_, share_, had_negatives_;
  bool complete_ = false;
  double factor_ = 0;
};

/// All statistics of a loss as one, whose states lie outside.
template <Scalar S, class L>
struct ring_statistic {
  when_empty empty = when_empty::neutral;
  ring_rows<S, L>* rows = nullptr;

  template <Scalar X>
  struct state {
    idx row = -1;
  };
  template <Scalar X>
  void add(state<X>& s, slice<X> const& x) const {
    s.row = x.row;
    if constexpr (std::same_as<X, S>) rows->add(x);
  }
  template <Scalar X>
  void merge(state<X>&, state<X> const&) const {}
  template <Scalar X>
  bool defined(state<X> const& s) const {
    return s.row >= 0;
  }
  template <Scalar X>
  double value(state<X> const&) const {
    return 0;
  }
  template <Scalar X>
  X origin(state<X> const& s) const {
    if constexpr (std::same_as<X, S>) return rows->origin(s.row);
    return 0;
  }
  template <Scalar X>
  void slope(state<X> const&, X c, slice<X> const& x, X* out) const {
    if constexpr (std::same_as<X, S>) rows->slope(x, c, out);
  }
};

/// The loss as an objective takes it, one block at a time: worth 0 itself.
template <Scalar S, class L>
struct ring_loss {
  L const* loss;
  ring_rows<S, L>* rows;

  double scale() const { return loss->scale(); }
  auto stats() const { return std::tuple{ring_statistic<S, L>{.rows = rows}}; }
  row_loss<double, 1> row_at(idx row, double) const { return {0, {rows->visit(row)}}; }
};

}}  // namespace foil::bridge
