// SPDX-License-Identifier: BSD-3-Clause
// Repeated random subsets of the examples, one an epoch (RS2).
#pragma once

#include <map>

#include "foil/core/ids.hpp"
#include "foil/sample/draw.hpp"
#include "foil/sample/quota.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// round(n * fraction), half to even; refuses a fraction outside (0, 1] and an n outside 0 .. 2^53.
inline idx subset_size(idx n, double fraction) {
  require(n >= 0 && n <= idx(1) << 53 && fraction > 0 && fraction <= 1,
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
      std::vector<idx> following = fresh();
      require(idx(following.size()) == n_, "random_subsets: a permutation of ", n_, " items is needed, got ", idx(following.size()));
      std::vector<char> is_taken(std::size_t(n_), 0);
      for (idx j : taken) is_taken[std::size_t(j)] = 1;
      // What completes the subset moves to the front: the first m - taken items that are not in it yet.
      idx wanted = m_ - idx(taken.size());
      std::stable_partition(following.begin(), following.end(),
                            [&](idx j) { return !is_taken[std::size_t(j)] && wanted > 0 && wanted-- > 0; });
      idx const completing = m_ - idx(taken.size());
      taken.insert(taken.end(), following.begin(), following.begin() + completing);
      order_ = std::move(following), at_ = completing, ++pass_;
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
  random_stream draw(seed, purpose::shuffle, epoch);
  return uniform_subset(n, m, draw);
}

/// A fresh subset with the classes in their proportions: quotas by largest remainder, uniform within a class,
/// ascending. labels: the class of each item, from 0. O(n).
inline std::vector<idx> stratified_subset(id_list labels, idx m, random_stream draw) {
  require(m >= 0 && m <= labels.size(), "stratified_subset: argument m must be in 0 .. n, got m = ", m, " and n = ", labels.size());
  std::map<idx, std::vector<idx>> members;  // by class, however large their numbers
  for (idx i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0, "stratified_subset: label ", labels[i], " of item ", i, " is negative");
    members[labels[i]].push_back(i);
  }
  std::vector<double> sizes;
  for (auto const& c : members) sizes.push_back(double(c.second.size()));
  std::vector<idx> const quota = largest_remainder(sizes, m);
  std::vector<idx> chosen;
  auto wanted = quota.begin();
  for (auto const& [label, items] : members)
    for (idx place : uniform_subset(idx(items.size()), *wanted++, draw)) chosen.push_back(items[std::size_t(place)]);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}}  // namespace foil::mining
