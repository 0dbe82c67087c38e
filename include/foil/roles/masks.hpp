// SPDX-License-Identifier: BSD-3-Clause
// Explicit masks: 1 marks a positive, 1 marks a negative, neither is absent, both is refused.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "foil/core/list_view.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

/// positive, negative: [rows, columns] of bytes, row-major. The time goes to the search for positives, eight bytes at a time.
class masks {
 public:
  masks(list_view<unsigned char> positive, list_view<unsigned char> negative, idx columns)
      : positive_(positive), negative_(negative), columns_(columns) {}

  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    unsigned char const* const off = negative_.data() + row * columns_ + first;
    for (idx j = 0; j < n; ++j) bias[j] = off[j] ? S(0) : log_zero<S>;
    each_on(positive_.data() + row * columns_ + first, n, [&](idx j) { positives.push_back(j); });
  }
  template <class F>
  void each_positive(idx row, F f) const {
    each_on(positive_.data() + row * columns_, columns_, f);
  }
  void check(idx rows, idx columns, char const* where = "check") const {
    bool const sane = !beyond_memory(rows, columns);
    auto const want = std::size_t(sane ? rows * columns : 0);
    require(sane && columns == columns_ && positive_.size() == want && negative_.size() == want, where, ": roles::masks: ", rows,
            " anchors against ", columns, " columns need masks of ", want, " bytes, got ", positive_.size(), " and ", negative_.size(),
            " with ", columns_, " columns");
    for (std::size_t p = 0; p < want; ++p)
      require(!(positive_[p] && negative_[p]), where, ": roles::masks: pair (", idx(p) / columns, ", ", idx(p) % columns,
              ") is marked positive and negative at once");
  }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return positive_.overlaps(from, to) || negative_.overlaps(from, to); }

 private:
  /// Eight bytes of the mask at a time.
  template <class F>
  static void each_on(unsigned char const* on, idx n, F f) {
    for (idx j = 0; j < n; j += 8) {
      idx const end = (std::min)(j + 8, n);
      std::uint64_t any = 0;
      end - j == 8 ? std::memcpy(&any, on + j, 8) : std::memcpy(&any, on + j, std::size_t(end - j));
      if (any == 0) continue;
      for (idx k = j; k < end; ++k)
        if (on[k]) f(k);
    }
  }
  list_view<unsigned char> positive_, negative_;
  idx columns_;
};

}}  // namespace foil::roles
