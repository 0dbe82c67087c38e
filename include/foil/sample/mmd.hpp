// SPDX-License-Identifier: BSD-3-Clause
// Groups of samples ordered by how far their distribution is from an anchor's, and who is positive and negative then (ColloSSL).
#pragma once

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"
#include "foil/simd/canonical.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `mmd_to_groups`.
struct mmd_options {
  static constexpr char const* name = "mmd_to_groups";
  /// > 0, at least one; s of the kernels exp(-|x - y|^2 / (2 s)), which are summed.
  std::vector<double> bandwidths{1e-4, 1e-3, 1e-2, 1e-1, 1, 5, 10, 15, 20, 25, 30, 100};
  double floor = 1e-4;  ///< > 0; nothing is nearer, so that 1 / mmd is finite
  static void options(auto list) { list("floor", &mmd_options::floor, range::positive); }
  void check() const {
    require(!bandwidths.empty(), "mmd_to_groups: bandwidths must not be empty");
    for (double s : bandwidths) check_option(name, "bandwidths", s, range::positive);
  }
};

/// What `mmd_to_groups` returns.
struct group_distances {
  std::vector<double> mmd;  ///< [groups] squared maximum mean discrepancy to the anchor, biased, at least the floor
  std::vector<idx> order;   ///< groups by ascending mmd, ties to the lower index
};

/// mean k(a, a') + mean k(x, x') - 2 mean k(a, x) over all pairs, the same one with itself included, of the anchor's samples
/// [n, d] and those of each group: rows offsets[g] .. offsets[g + 1] - 1 of `samples`. Jain et al. 2022, arXiv 2202.00758, whose
/// samples are the norms of acceleration windows. Refuses an empty anchor or group, and what is not finite. In double, in the
/// order of the samples: O((groups + 1) n^2 (d + bandwidths)).
template <Scalar S>
group_distances mmd_to_groups(view<S> anchor, view<S> samples, id_list offsets, mmd_options const& o = {}) {
  check_options(o);
  idx const groups = offsets.size() - 1, dim = anchor.cols();
  require(anchor.rows() >= 1 && groups >= 1, "mmd_to_groups: the anchor needs samples, and offsets at least two numbers, got ",
          anchor.rows(), " and ", offsets.size());
  require(samples.cols() == dim, "mmd_to_groups: samples must have the anchor's dim ", dim, ", got ", samples.cols());
  require(offsets[0] == 0 && offsets[groups] == samples.rows(), "mmd_to_groups: offsets must run from 0 to the ", samples.rows(),
          " samples, got ", offsets[0], " and ", offsets[groups]);
  for (idx g = 0; g < groups; ++g)
    require(offsets[g] < offsets[g + 1], "mmd_to_groups: group ", g, " has no samples: its offsets are ", offsets[g], " and ",
            offsets[g + 1]);
  require_finite(anchor, "mmd_to_groups", "anchor"), require_finite(samples, "mmd_to_groups", "samples");
  auto const mean_kernel = [&](view<S> x, view<S> y) {
    double sum = 0;
    for (idx i = 0; i < x.rows(); ++i)
      for (idx j = 0; j < y.rows(); ++j) {
        double const square = simd::canonical_square_of_difference(x.row(i), y.row(j), dim);
        for (double s : o.bandwidths) sum += std::exp((std::max)(-square / (2 * s), -746.0));  // 0 below, and for an endless square
      }
    return sum / (double(x.rows()) * double(y.rows()));
  };
  group_distances r;
  double const own = mean_kernel(anchor, anchor);
  std::vector<double> nearness;
  for (idx g = 0; g < groups; ++g) {
    auto const x = samples.middle(offsets[g], offsets[g + 1] - offsets[g]);
    r.mmd.push_back((std::max)(o.floor, own + mean_kernel(x, x) - 2 * mean_kernel(anchor, x)));
    nearness.push_back(-r.mmd.back());
  }
  r.order = canonical_order(nearness);
  return r;
}

/// Who becomes positive and negative; the nearest group is always the positive.
enum class group_strategy {
  nearest,   ///< it is the negative as well (the released code's default)
  all,       ///< every group is negative, the nearest among them
  rest,      ///< every other group
  next_two,  ///< the two groups that follow
};

/// What `choose_groups` returns.
struct group_choice {
  idx positive = -1;            ///< the nearest group
  std::vector<idx> negatives;   ///< ascending for `all`, else by ascending mmd; a single group is its own negative
  std::vector<double> weights;  ///< [negatives] 1 / mmd
  double positive_weight = 1;   ///< 1, or what is left of it
};

/// share_of_largest divides all weights, the positive's too, by the largest of them. O(groups); of `all` the time
/// goes to sorting them.
inline group_choice choose_groups(group_distances const& d, group_strategy by = group_strategy::nearest, bool share_of_largest = false) {
  idx const n = idx(d.order.size());
  check_option("choose_groups", "by", idx(by), range::whole{0, idx(group_strategy::next_two)});
  require(n >= 1 && d.mmd.size() == d.order.size(), "choose_groups: distances must hold groups, got ", idx(d.mmd.size()), " and ", n);
  group_choice c;
  c.positive = d.order[0];
  idx const first = n > 1 && (by == group_strategy::rest || by == group_strategy::next_two) ? 1 : 0;
  idx const last = by == group_strategy::nearest ? 1 : by == group_strategy::next_two ? (std::min)(n, idx(3)) : n;
  c.negatives.reserve(std::size_t(last - first)), c.weights.reserve(std::size_t(last - first));
  for (idx i = first; i < last; ++i) c.negatives.push_back(d.order[std::size_t(i)]);
  if (by == group_strategy::all) std::sort(c.negatives.begin(), c.negatives.end());
  double largest = 1;
  for (idx g : c.negatives) {
    require(g >= 0 && g < n && d.mmd[std::size_t(g)] > 0, "choose_groups: group ", g, " of the order has no positive mmd");
    c.weights.push_back(1 / d.mmd[std::size_t(g)]), largest = (std::max)(largest, c.weights.back());
  }
  if (share_of_largest) {
    for (double& w : c.weights) w /= largest;
    c.positive_weight /= largest;
  }
  return c;
}

}}  // namespace foil::mining
