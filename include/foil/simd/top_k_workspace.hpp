// SPDX-License-Identifier: BSD-3-Clause
// The memory a selection works in, carved from one block of bytes that the caller keeps.
#pragma once

#include <algorithm>

#include "foil/simd/order_keys.hpp"
#include "foil/simd/score_blocks.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Groups whose k-th largest maximum passes about k (1 + 1/12) scores at random, and some more for a small k.
constexpr idx merged_groups(idx k) noexcept { return (std::max)(idx(32), k < 16 ? 3 * k : 6 * k); }

/// Group maxima there are at most.
inline constexpr idx max_grouped = 8192;

/// Candidates gathered before they are cut back to k. Sixteen a score: what an ascending row of scores puts above the
/// k-th largest group maximum.
inline idx candidate_capacity(idx n, idx k) noexcept { return (std::min)(n, k <= 4096 ? 16 * k + 2048 : 4 * k + 51200) + largest_block; }

/// Candidates worth sorting whole instead of cutting them to k first.
constexpr idx sortable(idx k) noexcept { return k + k / 4 + 16; }

template <Scalar S>
struct top_k_arrays {
  std::uint32_t *position, *other_position;
  key<S>*keys, *other_keys;
  S* group;
  ranked_key<key<S>>*ranked, *other_ranked;
};

/// Lays the arrays out from `at` (64-byte aligned), or measures them when it is null.
template <Scalar S>
idx lay_out(char* at, idx n, idx k, top_k_arrays<S>* arrays) noexcept {
  constexpr idx widest = 64 / idx(sizeof(S));                    // lanes of the widest register there is
  idx const all = (std::min)(n / 16, max_grouped) + 2 * widest;  // a group is sixteen scores or more
  // The first keys to select from may be the groups themselves.
  idx const merged = (std::min)(merged_groups(k) + widest, all) + word;
  idx const capacity = candidate_capacity(n, k) + 2 * word, selected = (std::max)(capacity, merged);
  auto const base = reinterpret_cast<std::uintptr_t>(at);
  idx used = 0;
  auto const take = [&](auto*& p, idx count) {
    p = reinterpret_cast<std::remove_reference_t<decltype(p)>>(base + std::uintptr_t(used));
    used += (count * idx(sizeof(*p)) + 63) / 64 * 64;
  };
  top_k_arrays<S> a;
  take(a.position, capacity), take(a.other_position, capacity);
  take(a.keys, selected), take(a.other_keys, selected);
  take(a.group, all);
  take(a.ranked, sortable(k)), take(a.other_ranked, sortable(k));
  if (arrays) *arrays = a;
  return used;
}

/// Bytes that top_k(n, k) needs, on any instruction set; growing in n and k. Any alignment will do.
template <Scalar S>
idx top_k_workspace(idx n, idx k) noexcept {
  idx const m = (std::max)(n, idx(0));
  return lay_out<S>(nullptr, m, (std::clamp)(k, idx(0), m), nullptr) + 64;
}

}}  // namespace foil::simd
