// SPDX-License-Identifier: BSD-3-Clause
// Memory for numbers that outlives a call: what one call gives back the next one takes, so that small problems do not pay
// for fresh pages every time.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "foil/core/types.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Fresh memory is as slow as its pages are many: of large buffers the system is asked for pages of 2 MB. It may decline.
inline void ask_for_large_pages([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (bytes < std::size_t(4) << 20) return;
  auto const page = std::uintptr_t(1) << 16;  // no system's small pages are larger
  auto const from = reinterpret_cast<std::uintptr_t>(data), first = (from + page - 1) & ~(page - 1), last = (from + bytes) & ~(page - 1);
  madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}
/// Whether `ask_for_pages` does anything here.
#if defined(__linux__) && defined(MADV_POPULATE_WRITE)
inline constexpr bool can_ask_for_pages = true;
#else
inline constexpr bool can_ask_for_pages = false;
#endif
/// Asks for the pages of some bytes before they are written, so that many threads can ask for the pages of what one will write. It may
/// be declined. Both ends are moved up to the next 64 KB: ranges that join leave no gap, and the last one may reach beyond its bytes.
inline void ask_for_pages([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_POPULATE_WRITE)
  constexpr auto page = std::uintptr_t(1) << 16;
  auto const next = [](std::uintptr_t at) { return (at + page - 1) & ~(page - 1); };
  auto const from = next(reinterpret_cast<std::uintptr_t>(data)), to = next(reinterpret_cast<std::uintptr_t>(data) + bytes);
  if (to > from) madvise(reinterpret_cast<void*>(from), to - from, MADV_POPULATE_WRITE);
#endif
}

/// A buffer that grows and forgets what it held. Each thread keeps a few megabytes of given-back buffers per scalar.
template <Stored S>
class scratch {
 public:
  scratch() = default;
  scratch(scratch&& other) noexcept : buffer_(std::move(other.buffer_)) {}
  scratch& operator=(scratch&& other) noexcept {
    buffer_.swap(other.buffer_);
    return *this;
  }
  ~scratch() { give_back(); }

  bool empty() const { return buffer_.size == 0; }
  S* data() const { return buffer_.data.get(); }
  /// At least n numbers, of any value.
  S* fit(idx n) { return buffer_.size >= n ? data() : grow(n); }

 private:
  [[gnu::noinline]] S* grow(idx n) {
    give_back();
    buffer* best = nullptr;  // the smallest that will do
    for (buffer& r : own_cache().buffers)
      if (r.size >= n && (!best || r.size < best->size)) best = &r;
    if (best) {
      buffer_.swap(*best);
    } else {
      buffer_.data = std::make_unique_for_overwrite<S[]>(std::size_t(n));
      buffer_.size = n;
      ask_for_large_pages(data(), std::size_t(n) * sizeof(S));
    }
    return data();
  }
  struct buffer {
    std::unique_ptr<S[]> data;
    idx size = 0;
    buffer() = default;
    buffer(buffer&& r) noexcept : data(std::move(r.data)), size(std::exchange(r.size, 0)) {}
    void swap(buffer& r) noexcept { std::swap(data, r.data), std::swap(size, r.size); }
  };
  struct cache {
    buffer buffers[8];
  };
  static cache& own_cache() {
    thread_local cache own;
    return own;
  }
  static constexpr idx cache_limit = (idx(8) << 20) / idx(sizeof(S));  ///< numbers in a cache
  /// In place of the smallest one there, if the cache can hold it.
  [[gnu::noinline]] void give_back() noexcept {
    if (buffer_.size == 0) return;
    idx cached = 0;
    buffer* smallest = own_cache().buffers;
    for (buffer& r : own_cache().buffers) {
      cached += r.size;
      if (r.size < smallest->size) smallest = &r;
    }
    if (buffer_.size > smallest->size && cached - smallest->size + buffer_.size <= cache_limit) buffer_.swap(*smallest);
    buffer_.data.reset(), buffer_.size = 0;
  }
  buffer buffer_;
};

}}  // namespace foil::engine
