// SPDX-License-Identifier: BSD-3-Clause
// Room for numbers that outlives a call: what one call gives back the next one takes, so that small problems do not pay
// for fresh pages every time.
#pragma once

#include <memory>
#include <utility>

#include "foil/core/types.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// A buffer that grows and forgets what it held. Each thread keeps a few megabytes of given-back buffers per scalar.
template <Scalar S>
class scratch {
 public:
  scratch() = default;
  scratch(scratch&& other) noexcept : room_(std::move(other.room_)) {}
  scratch& operator=(scratch&& other) noexcept {
    room_.swap(other.room_);
    return *this;
  }
  ~scratch() { give_back(); }

  bool empty() const { return room_.size == 0; }
  S* data() const { return room_.data.get(); }
  /// At least n numbers, of any value.
  S* fit(idx n) {
    if (room_.size >= n) return data();
    give_back();
    room* best = nullptr;  // the smallest that will do
    for (room& r : part_of_worker().rooms)
      if (r.size >= n && (!best || r.size < best->size)) best = &r;
    if (best) {
      room_.swap(*best);
    } else {
      room_.data = std::make_unique_for_overwrite<S[]>(std::size_t(n));
      room_.size = n;
    }
    return data();
  }

 private:
  struct room {
    std::unique_ptr<S[]> data;
    idx size = 0;
    room() = default;
    room(room&& r) noexcept : data(std::move(r.data)), size(std::exchange(r.size, 0)) {}
    void swap(room& r) noexcept { std::swap(data, r.data), std::swap(size, r.size); }
  };
  struct shelf {
    room rooms[8];
  };
  static shelf& part_of_worker() {
    thread_local shelf s;
    return s;
  }
  static constexpr idx most = (idx(8) << 20) / idx(sizeof(S));  ///< numbers on a shelf
  /// In place of the smallest one there, if the shelf can bear it.
  void give_back() noexcept {
    if (room_.size == 0) return;
    idx held = 0;
    room* least = part_of_worker().rooms;
    for (room& r : part_of_worker().rooms) {
      held += r.size;
      if (r.size < least->size) least = &r;
    }
    if (room_.size > least->size && held - least->size + room_.size <= most) room_.swap(*least);
    room_.data.reset(), room_.size = 0;
  }
  room room_;
};

}}  // namespace foil::engine
