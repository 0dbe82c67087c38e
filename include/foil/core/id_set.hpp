// SPDX-License-Identifier: BSD-3-Clause
// A set of ids that answers two questions: is this one in it, and which is the r-th id outside it; and where in a list an id stands.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "foil/core/ids.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Sorted, without repetitions. Building: O(n log n).
class id_set {
 public:
  id_set() = default;
  explicit id_set(std::vector<idx> ids) : ids_(std::move(ids)) {
    std::sort(ids_.begin(), ids_.end());
    ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
  }
  explicit id_set(id_list ids) : id_set(copied(ids)) {}

  idx size() const { return idx(ids_.size()); }
  bool contains(idx id) const { return std::binary_search(ids_.begin(), ids_.end(), id); }
  /// How many ids lie below n; with n the number of columns, and no negative ids, the members among them.
  idx below(idx n) const { return std::lower_bound(ids_.begin(), ids_.end(), n) - ids_.begin(); }
  /// The r-th (from 0) of the ids 0, 1, 2, ... that are not in the set; its ids must not be negative. O(log
  /// n).
  idx outside(idx r) const {
    idx low = 0, high = size();  // members below the answer: those m with ids_[m] - m <= r
    while (low < high) {
      idx const middle = low + (high - low) / 2;
      if (ids_[std::size_t(middle)] - middle <= r)
        low = middle + 1;
      else
        high = middle;
    }
    return r + low;
  }

 private:
  static std::vector<idx> copied(id_list ids) {
    std::vector<idx> all;
    for (idx i = 0; i < ids.size(); ++i) all.push_back(ids[i]);
    return all;
  }
  std::vector<idx> ids_;
};

/// The places of each id in a list. Building: O(n log n).
class id_places {
 public:
  explicit id_places(id_list ids) {
    places_.reserve(std::size_t(ids.size()));
    for (idx i = 0; i < ids.size(); ++i) places_.emplace_back(ids[i], i);
    std::sort(places_.begin(), places_.end());
  }
  /// f(place) of each place where the id stands, ascending. O(log n) and the calls.
  template <class F>
  void each(idx id, F const& f) const {
    auto at = std::lower_bound(places_.begin(), places_.end(), std::pair(id, idx(0)));
    for (; at != places_.end() && at->first == id; ++at) f(at->second);
  }

 private:
  std::vector<std::pair<idx, idx>> places_;
};

}}  // namespace foil::mining
