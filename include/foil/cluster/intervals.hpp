// SPDX-License-Identifier: BSD-3-Clause
// Ordered items cut into contiguous intervals of least cost (interval clustering, ANT).
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `cluster_intervals`, `cluster_timesteps`, `cluster_values` and `cluster_affinities`.
struct interval_options {
  static constexpr char const* name = "cluster_intervals";
  idx intervals = 5;                       ///< in 1 .. n
  idx min_size = 1;                        ///< >= 1; items of an interval, at least
  idx max_size = range::at_least(1).high;  ///< >= min_size; items of an interval, at most
  static void options(auto list) {
    using o = interval_options;
    list("intervals", &o::intervals, range::at_least(1)), list("min_size", &o::min_size, range::at_least(1));
    list("max_size", &o::max_size, range::at_least(1));
  }
  /// Whether n items can be cut that way.
  bool feasible(idx n) const {
    return intervals >= 1 && intervals <= n && min_size <= n / intervals && max_size >= (n + intervals - 1) / intervals;
  }
};

/// What these functions return.
struct interval_clusters {
  std::vector<idx> boundaries;  ///< [intervals + 1] from 0 to n; interval i holds items boundaries[i] .. boundaries[i + 1] - 1
  double cost = 0;              ///< the least sum of the intervals' costs
  double optima = 0;            ///< how many ways reach it, within 1e-12 of it (a count; beyond 2^53 rounded)
};

namespace detail {
template <class F>
interval_clusters cut_into_intervals(char const* where, idx n, F const& distance, interval_options const& o) {
  check_options(where, o);
  require(o.min_size <= o.max_size, where, ": min_size must be at most max_size, got ", o.min_size, " and ", o.max_size);
  check_length(where, "argument n", n);
  require(o.feasible(n), where, ": ", n, " items cannot be cut into ", o.intervals, " intervals of ", o.min_size, " .. ", o.max_size,
          " items");
  idx const k = o.intervals;
  struct best {
    double cost, ways;
    idx from;  // where its last interval starts; -1: no cut
  };
  require(!beyond_memory<best>(k + 1, n + 1), where, ": ", n, " items in ", k, " intervals are more than memory can hold");
  auto const close = [](double x, double least) { return x <= least + 1e-12 * std::abs(least); };
  std::vector<best> table(std::size_t((k + 1) * (n + 1)), best{0, 0, -1});  // of the first `end` items in j intervals
  auto const at = [&](idx j, idx end) -> best& { return table[std::size_t(j * (n + 1) + end)]; };
  at(0, 0) = {0, 1, 0};
  // An interval that ends at r is one that ended at r - 1 around the same centre, and items on both sides: a sum per centre.
  std::vector<double> around(std::size_t(n + 1), 0.0), cost(std::size_t(n + 1));
  auto const add = [&](idx c, idx t) {
    double const x = double(distance(c, t));
    require(finite_bits(x) && finite_bits(around[std::size_t(c)] + x), where, ": the distance of centre ", c, " to item ", t, " is ", x,
            ", beyond what can be summed");
    return around[std::size_t(c)] += x;
  };
  for (idx r = 0; r < n; ++r) {
    for (idx c = (r + 1) / 2; c <= r; ++c) {  // l = 2c - r, then l = 2c - r - 1
      cost[std::size_t(2 * c - r)] = add(c, r);
      if (2 * c - r >= 1) cost[std::size_t(2 * c - r - 1)] = add(c, 2 * c - r - 1);
    }
    idx const first = (std::max)(idx(0), r + 1 - (std::min)(o.max_size, r + 1)), last = r + 1 - o.min_size;
    for (idx j = 1; j <= k; ++j) {
      best& b = at(j, r + 1);
      for (idx s = first; s <= last; ++s)
        if (best const& p = at(j - 1, s); p.from >= 0)
          if (double const x = p.cost + cost[std::size_t(s)]; b.from < 0 || x < b.cost) b.cost = x, b.from = s;
      double const least = b.cost;
      for (idx s = last; b.from >= 0 && s >= first; --s)
        if (best const& p = at(j - 1, s); p.from >= 0 && close(p.cost + cost[std::size_t(s)], least)) b.ways += p.ways, b.from = s;
    }
  }
  interval_clusters out{{n}, at(k, n).cost, at(k, n).ways};
  for (idx j = k, end = n; j > 0; --j) out.boundaries.push_back(end = at(j, end).from);
  std::reverse(out.boundaries.begin(), out.boundaries.end());
  return out;
}

}  // namespace detail

/// The cut of items 0 .. n-1 whose intervals cost least in sum. An interval l .. r has the centre c = (l + r + 1) / 2, rounded
/// down, and costs the sum over its items t of distance(c, t), any finite number. Of equal cuts the one whose last interval
/// starts first, and so on from the end. Go et al. 2023 (NeurIPS), arXiv 2306.00354; unlike the released code, which starts a
/// loop one too late, leading intervals of one item are found. Refuses options that no cut meets. O(intervals n^2) time and
/// O(intervals n) memory, n^2 calls of distance.
template <class F>
interval_clusters cluster_intervals(idx n, F const& distance, interval_options const& o = {}) {
  return detail::cut_into_intervals("cluster_intervals", n, distance, o);
}
/// distance = |c - t|: intervals of similar size (timesteps).
inline interval_clusters cluster_timesteps(idx n, interval_options const& o = {}) {
  return detail::cut_into_intervals(
      "cluster_timesteps", n, [](idx c, idx t) { return double(c > t ? c - t : t - c); }, o);
}
/// distance = |v_c - v_t|: items of similar value, such as the logarithm of a signal-to-noise ratio.
inline interval_clusters cluster_values(real_span values, interval_options const& o = {}) {
  return detail::cut_into_intervals(
      "cluster_values", values.size(), [&](idx c, idx t) { return std::abs(values[c] - values[t]); }, o);
}
/// distance = -affinity(c, t), of a square matrix: items that go together, such as gradients of like direction.
template <class M>
interval_clusters cluster_affinities(M const& affinity, interval_options const& o = {}) {
  auto const a = as_view(affinity);
  require(a.rows() == a.cols(), "cluster_affinities: affinity must be square, got ", a.rows(), " x ", a.cols());
  return detail::cut_into_intervals(
      "cluster_affinities", a.rows(), [&](idx c, idx t) { return -double(a(c, t)); }, o);
}

}}  // namespace foil::mining
