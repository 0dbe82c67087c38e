// SPDX-License-Identifier: BSD-3-Clause
// Lists of ids of unequal length, owned: clusters, batches, bans.
#pragma once

#include <limits>

#include "foil/core/ids.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// List i is values[offsets[i]] .. values[offsets[i + 1] - 1].
struct id_lists {
  std::vector<idx> offsets{0}, values;  ///< [lists + 1]; all ids, list after list

  idx size() const { return idx(offsets.size()) - 1; }
  std::span<idx const> operator[](idx i) const {
    return std::span<idx const>(values).subspan(std::size_t(offsets[std::size_t(i)]),
                                                std::size_t(offsets[std::size_t(i) + 1] - offsets[std::size_t(i)]));
  }
  void append(std::span<idx const> list) {
    values.insert(values.end(), list.begin(), list.end());
    offsets.push_back(idx(values.size()));
  }
  ragged lists() const& { return {offsets, values}; }  ///< as others read it; keep this object alive
  ragged lists() && = delete;
};

/// Refuses lists that would be read outside their ids: offsets must start at 0, not fall, and end at the ids'
/// end; ids must lie in 0 .. columns-1.
inline void check_lists(ragged lists, char const* where, idx columns = (std::numeric_limits<idx>::max)()) {
  require(lists.offsets.size() >= 1, where, ": lists need at least the offset 0");
  lists.check(where, lists.rows(), columns);
}

}}  // namespace foil::mining
