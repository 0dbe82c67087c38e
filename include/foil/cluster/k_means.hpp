// SPDX-License-Identifier: BSD-3-Clause
// Spherical k-means in mini-batches: clusters of directions, from a seed alone. One file because the
// passes share their batches and their centres.
#pragma once

#include <span>

#include "foil/cluster/nearest_centres.hpp"
#include "foil/core/option.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/execution.hpp"
#include "foil/engine/source_of.hpp"
#include "foil/engine/work_range.hpp"
#include "foil/sample/draw.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `k_means`.
struct k_means_options {
  static constexpr char const* name = "k_means";
  idx clusters = 0;         ///< in 1 .. rows
  idx batch = 4096;         ///< >= 1; rows between two updates of the centres; as many as there are rows: plain k-means
  idx passes = 20;          ///< >= 1; over all rows; fewer once a pass changes nothing
  idx restarts = 1;         ///< >= 1; the best of so many, by the objective
  std::uint64_t seed = 0;   ///< any; of the first centres and of the order of rows
  std::uint32_t epoch = 0;  ///< any; another epoch gives other draws
  static void options(auto list) {
    list("clusters", &k_means_options::clusters, range::at_least(1)), list("batch", &k_means_options::batch, range::at_least(1));
    list("passes", &k_means_options::passes, range::at_least(1)), list("restarts", &k_means_options::restarts, range::at_least(1));
  }
};

/// What `k_means` returns.
template <Scalar S>
struct spherical_clusters {
  std::vector<idx> labels;   ///< the nearest centre of every row; of equally near ones the first
  matrix<S> centres;         ///< [clusters, dim], of unit length
  std::vector<idx> members;  ///< rows of each cluster, in the first also those without a direction; may be 0
  double objective = -2;     ///< mean cosine of a row and its centre
  idx zero_rows = 0;         ///< rows without a direction, which are in cluster 0
};

namespace detail {

/// One run. Centres are the directions of sums over the rows that came to them (Sculley 2010: the rate of a centre is
/// 1 / its rows so far); sums are in double and in the order of rows, so that threads change no bit.
template <Scalar S>
class k_means_run {
 public:
  k_means_run(engine::source<S> const& rows, k_means_options const& o, executor const& on, idx restart)
      : rows_(rows), o_(o), executor_(on), draw_(o.seed, purpose::cluster, o.epoch, (std::uint64_t(1) << 40) + std::uint64_t(restart)) {
    r_.labels.assign(std::size_t(rows.n), -1), nearest_.resize(std::size_t(rows.n));
    r_.centres.resize(o.clusters, rows.dim);
    for (idx i = 0; i < rows.n; ++i)
      if (rows.inverse[std::size_t(i)] > 0) directed_.push_back(i);
    idx c = 0;
    for (idx const t : uniform_subset(idx(directed_.size()), o.clusters, draw_)) place(c++, directed_[std::size_t(t)]);
  }

  spherical_clusters<S> run() {
    idx const n = rows_.n, batch = (std::min)(o_.batch, n);
    sums_ = matrix<double_for<S>>::Zero(o_.clusters, rows_.dim);
    for (idx pass = 0; pass < o_.passes; ++pass) {
      std::vector<idx> const order = batch < n ? permutation(n, draw_) : in_order(n);
      r_.members.assign(std::size_t(o_.clusters), 0);
      bool moved = false;
      for (idx i = 0; i < n; i += batch) {
        std::span<idx const> const some = std::span(order).subspan(std::size_t(i), std::size_t((std::min)(batch, n - i)));
        moved = assign(some) || moved;
        if (batch == n) sums_.setZero();
        update(some);
      }
      if (!moved) break;
      revive(order);
    }
    r_.members.assign(std::size_t(o_.clusters), 0), r_.objective = 0;
    for (idx i = 0; i < n; i += batch) assign(std::span(in_order(n)).subspan(std::size_t(i), std::size_t((std::min)(batch, n - i))));
    for (idx i = 0; i < n; ++i) {
      ++r_.members[std::size_t(r_.labels[std::size_t(i)])];
      r_.objective += double(nearest_[std::size_t(i)]) / double(n);
    }
    return std::move(r_);
  }

 private:
  std::vector<idx> const& in_order(idx n) {
    for (idx i = idx(all_.size()); i < n; ++i) all_.push_back(i);
    return all_;
  }
  int workers_for(idx rows) const { return rows * o_.clusters < 1 << 14 ? 1 : (std::max)(1, executor_.workers); }
  void place(idx c, idx row) {
    S* const to = r_.centres.data() + c * rows_.dim;
    S const* const from = rows_.open(row, 1, to).data;
    if (from != to) std::copy_n(from, rows_.dim, to);
  }
  /// Gathers the rows and finds their nearest centres; true if an assignment changed.
  bool assign(std::span<idx const> some) {
    idx const dim = rows_.dim, n = idx(some.size());
    gathered_.resize(n, dim), found_.resize(some.size()), cosine_.resize(some.size());
    nearest_centres<S> const centres(r_.centres.data(), o_.clusters, dim);
    constexpr idx panel = nearest_centres<S>::panel;
    int const workers = workers_for(n);
    executor_.run(workers, [&](int w) {
      engine::range const part = engine::part(0, n, w, workers, 16);
      for (idx i = part.from; i < part.to; ++i) {
        idx const row = some[std::size_t(i)];
        S* const to = gathered_.data() + i * dim;
        S const* const from = rows_.open(row, 1, to).data;
        if (from != to) std::copy_n(from, dim, to);
        found_[std::size_t(i)] = r_.labels[std::size_t(row)];
      }
      typename nearest_centres<S>::searcher search(centres);
      for (idx i = part.from; i < part.to; i += panel)
        search(gathered_.data() + i * dim, (std::min)(panel, part.to - i), found_.data() + i, cosine_.data() + i);
    });
    for (std::size_t i = 0; i < some.size(); ++i) nearest_[std::size_t(some[i])] = cosine_[i];
    bool moved = false;
    for (std::size_t i = 0; i < some.size(); ++i) {
      idx& now = r_.labels[std::size_t(some[i])];
      moved = moved || now != found_[i];
      now = found_[i];
    }
    return moved;
  }
  /// Every worker adds up centres of its own, so that the rows of each come in order.
  void update(std::span<idx const> some) {
    int const workers = workers_for(idx(some.size()));
    executor_.run(workers, [&](int w) {
      engine::range const own = engine::part(0, o_.clusters, w, workers, 1);
      for (std::size_t i = 0; i < some.size(); ++i) {
        idx const c = found_[i];
        if (c < own.from || c >= own.to) continue;
        ++r_.members[std::size_t(c)];
        S const* const x = gathered_.data() + idx(i) * rows_.dim;
        for (idx k = 0; k < rows_.dim; ++k) sums_(c, k) += double(x[k]);
      }
    });
    auto const unit = unit_rows(as_view(sums_), "k_means", "centres");
    for (idx c = 0; c < o_.clusters; ++c)  // a sum of 0 has no direction: the centre stays
      if (!unit.row(c).isZero(0))
        for (idx k = 0; k < rows_.dim; ++k) r_.centres(c, k) = S(unit(c, k));
  }
  /// Centres that no row came to in this pass move to the rows that are worst off.
  void revive(std::span<idx const> order) {
    std::vector<idx> empty;
    for (idx c = 0; c < o_.clusters; ++c)
      if (r_.members[std::size_t(c)] == 0) empty.push_back(c);
    if (empty.empty()) return;
    std::vector<idx> worst;
    for (idx const i : order)
      if (rows_.inverse[std::size_t(i)] > 0) worst.push_back(i);
    std::partial_sort(worst.begin(), worst.begin() + idx(empty.size()), worst.end(), [&](idx a, idx b) {
      S const x = nearest_[std::size_t(a)], y = nearest_[std::size_t(b)];
      return x < y || (x == y && a < b);
    });
    for (std::size_t e = 0; e < empty.size(); ++e) place(empty[e], worst[e]), sums_.row(empty[e]).setZero();
  }

  engine::source<S> const& rows_;
  k_means_options const& o_;
  executor executor_;
  random_stream draw_;
  spherical_clusters<S> r_;
  std::vector<S> nearest_;                   ///< cosine of every row with its centre
  std::vector<idx> found_, all_, directed_;  ///< directed_: rows that are not zero, which alone become centres
  matrix<S> gathered_;
  std::vector<S> cosine_;  ///< of the gathered rows
  matrix<double_for<S>> sums_;
};

}  // namespace detail

/// Clusters the directions of the rows; a zero row belongs to the first cluster, moves nothing and is counted. More clusters than rows
/// that are not zero are refused. A cluster that a pass leaves without rows starts anew at the row whose cosine with its centre is
/// lowest; it may still end empty, where rows have fewer directions than there are clusters or the last pass takes its rows. The same
/// bits for any number of threads. O(passes n clusters dim), memory O((batch + clusters) dim + n).
template <class M>
auto k_means(M const& rows, k_means_options const& o, execution const& how = {}) {
  auto const x = as_view(rows);
  using T = typename decltype(x)::Scalar;
  using S = arithmetic<T>;
  check_options(o), check_options("k_means", how);
  require(o.clusters <= x.rows(), "k_means: argument clusters must be in 1 .. ", x.rows(), " rows, got ", o.clusters);
  require_finite(x, "k_means", "rows");
  engine::source_of<S, T> const unit(x, metric{.unit = true}, false, "k_means", "rows");
  require(o.clusters <= x.rows() - unit.zero_rows, "k_means: argument clusters must be at most the ", x.rows() - unit.zero_rows,
          " rows that are not zero, got ", o.clusters);
  call_executor const started(how.executor);
  spherical_clusters<S> best;
  for (idx restart = 0; restart < o.restarts; ++restart)
    if (spherical_clusters<S> r = detail::k_means_run<S>(unit, o, started.get(), restart).run(); r.objective > best.objective)
      best = std::move(r);
  best.zero_rows = unit.zero_rows;
  return best;
}

}}  // namespace foil::mining
