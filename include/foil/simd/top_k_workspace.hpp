// The memory a selection works in, carved from one block of bytes that the caller keeps.
#pragma once

#include <algorithm>

#include "foil/simd/score_blocks.hpp"
#include "foil/simd/tally.hpp"

namespace foil::inline FOIL_ABI::simd {

/// Blocks folded into one super-group at most: a pass over the super-groups then costs nothing.
inline constexpr idx widest_fold = 32;
/// Super-groups per selected score: the k-th largest of their maxima passes about k (1 + 1/12) scores.
inline constexpr idx groups_per_score = 6;

/// Candidates gathered before they are cut back to k. Sixteen a score: what an ascending row of scores puts above the
/// k-th largest group maximum.
inline idx candidate_room(idx n, idx k) noexcept {
  return (std::min)(n, k <= 4096 ? 16 * k + 2048 : 4 * k + 51200) + block_size<float>;
}

template <Scalar S>
struct top_k_arrays {
  std::uint32_t *position, *other_position;
  key<S> *keys, *other_keys, *group, *super;
};

/// Lays the arrays out from `at` (64-byte aligned), or measures them when it is null.
template <Scalar S>
idx lay_out(char* at, idx n, idx k, top_k_arrays<S>* arrays) noexcept {
  constexpr idx widest = 64 / idx(sizeof(S));  // lanes of the widest register there is
  idx const room = candidate_room(n, k) + 2 * word;
  idx const groups = (n / block_size<S> + 2) * widest + word;
  // Folded to groups_per_score * k super-groups or by widest_fold, and not stored when there is nothing to fold.
  idx const supers = (std::min)(groups, groups / widest_fold + 2 * groups_per_score * k + 2 * widest + word);
  idx used = 0;
  auto const take = [&](auto*& p, idx count) {
    p = reinterpret_cast<std::remove_reference_t<decltype(p)>>(at + used);
    used += (count * idx(sizeof(*p)) + 63) / 64 * 64;
  };
  top_k_arrays<S> a;
  take(a.position, room), take(a.other_position, room);
  take(a.keys, room), take(a.other_keys, (std::max)(room, supers));
  take(a.group, groups), take(a.super, supers);
  if (arrays) *arrays = a;
  return used;
}

/// Bytes that top_k(n, k) needs, on any instruction set; growing in n and k. Any alignment will do.
template <Scalar S>
idx top_k_workspace(idx n, idx k) noexcept {
  idx const m = (std::max)(n, idx(0));
  return lay_out<S>(nullptr, m, (std::clamp)(k, idx(0), m), nullptr) + 64;
}

}  // namespace foil::inline FOIL_ABI::simd
