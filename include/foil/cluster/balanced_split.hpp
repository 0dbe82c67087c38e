// SPDX-License-Identifier: BSD-3-Clause
// Spherical 2-means whose halves are equally large, and the tree of such splits (NGAME's clusters).
#pragma once

#include <array>

#include "foil/core/id_lists.hpp"
#include "foil/core/option.hpp"
#include "foil/core/random.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"
#include "foil/sample/draw.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What `balanced_split` returns.
struct halves {
  std::vector<idx> first, second;  ///< descending in similarity to centre 0 minus that to centre 1: `second` ends with its surest member
  idx iterations = 0;              ///< rounds that were run
  double objective = 0;            ///< mean similarity of a member to the centre of its half
};

/// Splits the members (ids of rows of `unit`, [n, d], of length 1 or 0): repeatedly order them by similarity to
/// centre 1 minus that to centre 0, the first ceil(n/2) are half 0, centres become unit(mean), until the
/// objective gains less than `tolerance` (the first round always runs). seeds: two members' places to start
/// from. Equal keys keep the members' order. One member is not split. The objective cannot rise for ever, so
/// this ends. O(rounds (n d + n log n)); the time goes to dot products in double, in the canonical order, and to a stable sort.
inline halves balanced_split(view<double> unit, id_argument ids, std::array<idx, 2> seeds, double tolerance = 1e-4) {
  idx const n = ids.size(), d = unit.cols(), half = (n + 1) / 2;
  std::vector<idx> members;
  for (idx i = 0; i < n; ++i) members.push_back(ids[i]);
  check_option("balanced_split", "tolerance", tolerance, range::divisor);
  for (idx m : members) {
    require(m >= 0 && m < unit.rows(), "balanced_split: member ", m, " is outside 0 .. ", unit.rows() - 1);
    double const largest = largest_magnitude(unit.row(m), d);
    require(finite_bits(largest) && largest < 1e100, "balanced_split: row ", m, " must be of length 1 or 0, it is far longer or no number");
  }
  halves r;
  if (n < 2) {
    r.first = members;
    return r;
  }
  require(seeds[0] >= 0 && seeds[0] < n && seeds[1] >= 0 && seeds[1] < n, "balanced_split: seeds must be places in 0 .. ", n - 1, ", got ",
          seeds[0], " and ", seeds[1]);
  matrix<double> centre(idx(2), d);
  for (idx c = 0; c < 2; ++c) std::copy_n(unit.row(members[std::size_t(seeds[std::size_t(c)])]), d, centre.data() + c * d);
  std::vector<idx> order = members;
  auto const similarity = [&](idx member, idx c) { return simd::canonical_dot(unit.row(member), centre.data() + c * d, d); };
  for (;;) {
    double const* const centres[] = {centre.data(), centre.data() + d};
    order = members;
    sort_by(order, [&](idx member) {
      double near[2];
      simd::canonical_dots<2>(unit.row(member), centres, d, near);
      return order_key(near[0] - near[1]);
    });
    std::vector<double> mean(std::size_t(2 * d));
    for (idx i = 0; i < n; ++i)
      for (idx k = 0; k < d; ++k) mean[std::size_t((i >= half) * d + k)] += unit(order[std::size_t(i)], k);
    centre = unit_rows(rows(mean.data(), 2, d), "balanced_split", "centres");
    double objective = 0;
    for (idx i = 0; i < n; ++i) objective += similarity(order[std::size_t(i)], i >= half) / double(n);
    bool const done = r.iterations++ > 0 && objective - r.objective < tolerance;
    r.objective = objective;
    if (done) break;
  }
  r.first.assign(order.begin(), order.begin() + half);
  r.second.assign(order.begin() + half, order.end());
  return r;
}

/// Clusters of about `size` rows: all are split until there are as many as the next power of two of n / size;
/// sizes of a level differ by at most one; rows are never split below one. Seeds are drawn per node of the
/// tree, so nothing else decides. Dahiya et al. 2023 (NGAME), arXiv 2207.04452. O(rounds (n d + n log n)
/// log(n / size)), memory O(n d); the time goes to the rounds, whose number depends on the rows.
template <class M>
id_lists balanced_clusters(M const& rows, idx size, std::uint64_t seed = 0, std::uint32_t epoch = 0, double tolerance = 1e-4) {
  check_option("balanced_clusters", "size", size, range::at_least(1)),
      check_option("balanced_clusters", "tolerance", tolerance, range::divisor);
  auto const unit = unit_rows(as_view(rows), "balanced_clusters", "rows");
  struct node {
    std::uint64_t number;
    std::vector<idx> members;
  };
  std::vector<node> level{{1, {}}};
  for (idx i = 0; i < unit.rows(); ++i) level[0].members.push_back(i);
  idx const wanted = unit.rows() / size + (unit.rows() % size > 0);
  for (idx count = 1; count < wanted; count *= 2) {
    std::vector<node> next;
    for (node& parent : level) {
      auto const n = idx(parent.members.size());
      if (n < 2) {
        next.push_back(std::move(parent));
        continue;
      }
      random_stream draw(seed, purpose::cluster, epoch, parent.number);
      std::vector<idx> const seeds = uniform_subset(n, 2, draw);
      halves h = balanced_split(as_view(unit), parent.members, {seeds[0], seeds[1]}, tolerance);
      next.push_back({2 * parent.number, std::move(h.first)});
      next.push_back({2 * parent.number + 1, std::move(h.second)});
    }
    level = std::move(next);
  }
  id_lists clusters;
  for (node const& leaf : level)
    if (!leaf.members.empty()) clusters.append(leaf.members);
  return clusters;
}

}}  // namespace foil::mining
