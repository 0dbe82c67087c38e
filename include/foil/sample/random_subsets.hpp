// SPDX-License-Identifier: BSD-3-Clause
// Repeated random subsets of the examples, one an epoch (RS2).
#pragma once

#include <unordered_map>
#include <utility>

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"
#include "foil/sample/quota.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// round(n * fraction), half to even; refuses a fraction outside (0, 1] and an n outside 0 .. 2^53.
inline idx subset_size(idx n, double fraction) {
  require(n >= 0 && n <= idx(1) << 53 && !nan_bits(fraction) && fraction > 0 && fraction <= 1,
          "subset_size: arguments must satisfy n in 0 .. 2^53 and fraction in (0, 1], got ", n, " and ", fraction);
  return fraction < 1 ? (std::min)(idx(std::nearbyint(double(n) * fraction)), n) : n;
}

/// What happens to the end of a permutation that is shorter than a subset.
enum class subset_tail {
  drop,  ///< it is left out of this pass; the next permutation starts
  wrap   ///< it is used, the rest comes from the front of the next permutation, whose other items follow
};

/// Subsets of m of 0 .. n-1 without replacement across epochs. P(included in an epoch) = m / n. drop with m |
/// n, and wrap always: exactly once a pass. Okanovic et al. 2024 (arXiv 2305.18424). O(m) an epoch, O(n) a
/// pass.
class random_subsets {
 public:
  random_subsets(idx n, idx m, subset_tail tail = subset_tail::drop, std::uint64_t seed = 0) : n_(n), m_(m), tail_(tail), seed_(seed) {
    require(m >= 1 && m <= n, "random_subsets: argument m must be in 1 .. n, got m = ", m, " and n = ", n);
    check_length("random_subsets", "argument n", n);
    check_option("random_subsets", "tail", idx(tail), range::whole{0, idx(subset_tail::wrap)});
  }

  /// The next epoch's subset.
  std::vector<idx> next() {
    return next([this] {
      random_stream draw(seed_, purpose::shuffle, 0, pass_);
      return permutation(n_, draw);
    });
  }
  /// The same with permutations of 0 .. n-1 from elsewhere: fresh() is called when one is needed.
  template <class Fresh>
  std::vector<idx> next(Fresh&& fresh) {
    auto const left = idx(order_.size()) - at_;
    if (left < m_) {
      std::vector<idx> taken;
      if (tail_ == subset_tail::wrap) taken.assign(order_.begin() + at_, order_.end());
      std::vector<idx> const following = fresh();
      require(idx(following.size()) == n_, "random_subsets: a permutation of ", n_, " items is needed, got ", idx(following.size()));
      std::vector<unsigned char> is_named(std::size_t(n_), 0), is_taken = is_named;
      for (idx j : following) {
        require(j >= 0 && j < n_, "random_subsets: item ", j, " of a permutation is outside 0 .. ", n_ - 1);
        require(!std::exchange(is_named[std::size_t(j)], 1), "random_subsets: a permutation names item ", j, " twice");
      }
      for (idx j : taken) is_taken[std::size_t(j)] = 1;
      // The first items that are not in it yet complete the subset.
      order_.clear(), at_ = 0, ++pass_;
      for (idx j : following) (idx(taken.size()) < m_ && !is_taken[std::size_t(j)] ? taken : order_).push_back(j);
      return taken;
    }
    at_ += m_;
    return {order_.begin() + at_ - m_, order_.begin() + at_};
  }
  std::uint64_t passes() const { return pass_; }  ///< permutations begun

 private:
  idx n_, m_, at_ = 0;
  subset_tail tail_;
  std::uint64_t seed_, pass_ = 0;
  std::vector<idx> order_;
};

/// With replacement across epochs: a fresh uniform subset of m, keyed by the epoch. O(n).
inline std::vector<idx> fresh_subset(idx n, idx m, std::uint64_t seed, std::uint32_t epoch) {
  require(m >= 0 && m <= n, "fresh_subset: argument m must be in 0 .. n, got m = ", m, " and n = ", n);
  check_length("fresh_subset", "argument m", m);
  random_stream draw(seed, purpose::shuffle, epoch);
  return uniform_subset(n, m, draw);
}

/// A fresh subset with the classes in their proportions: quotas by largest remainder, uniform within a class,
/// ascending. labels: the class of each item, from 0. O(n).
inline std::vector<idx> stratified_subset(id_list labels, idx m, random_stream draw) {
  require(m >= 0 && m <= labels.size(), "stratified_subset: argument m must be in 0 .. n, got m = ", m, " and n = ", labels.size());
  std::unordered_map<idx, idx> place_of;  // of a class, however large its number, among those met
  std::vector<idx> met;
  std::vector<std::vector<idx>> members;
  for (idx i = 0; i < labels.size(); ++i) {
    idx const label = labels[i], next = idx(met.size());
    require(label >= 0, "stratified_subset: label ", label, " of item ", i, " is negative");
    auto const [at, is_new] = place_of.try_emplace(label, next);
    if (is_new) met.push_back(label), members.resize(met.size());
    members[std::size_t(at->second)].push_back(i);
  }
  auto const rising = places_by(met.size(), [&](std::size_t c) { return ~met[c]; });
  std::vector<double> sizes;
  for (std::size_t c : rising) sizes.push_back(double(members[c].size()));
  std::vector<idx> const quota = largest_remainder(sizes, m);
  std::vector<idx> chosen;
  auto wanted = quota.begin();
  for (std::size_t c : rising)
    for (idx place : uniform_subset(idx(members[c].size()), *wanted++, draw)) chosen.push_back(members[c][std::size_t(place)]);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}}  // namespace foil::mining
