// SPDX-License-Identifier: BSD-3-Clause
// A set of ids that answers two questions: is this one in it, and which is the r-th id outside it; and where in a list an id stands.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/sorted_places.hpp"

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
  explicit id_places(id_list ids) : places_(places_by(ids.size(), [&](idx i) { return ~ids[i]; })) {
    for (idx const p : places_) ids_.push_back(ids[p]);
  }
  /// The places where the id stands, ascending; of all ids parts of one list. O(log n).
  std::span<idx const> of(idx id) const {
    auto const from = std::lower_bound(ids_.begin(), ids_.end(), id), to = std::upper_bound(from, ids_.end(), id);
    return {places_.data() + (from - ids_.begin()), std::size_t(to - from)};
  }

 private:
  std::vector<idx> places_, ids_;  ///< in the order of their ids; the ids
};

}}  // namespace foil::mining
