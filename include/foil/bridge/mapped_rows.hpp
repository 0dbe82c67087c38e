// SPDX-License-Identifier: BSD-3-Clause
// Rows of a matrix in a mapped file, fetched from the disk before they are needed. POSIX.
#pragma once

#include <algorithm>
#include <cstdint>
#include <sys/mman.h>
#include <unistd.h>

#include "foil/core/view.hpp"
#include "foil/mine/candidate_blocks.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// A hint to the system, no more: rows that come soon are read while the ones before are worked on, and rows that are done are the first
/// to go when memory is short. It changes no byte.
template <Stored T>
class mapped_rows final : public row_reader {
 public:
  explicit mapped_rows(view<T> x) : x_(x) {}
  void prefetch(idx first, idx n) const override {
    // In pieces, because the system reads no more of a range than it would read ahead by itself.
    each_piece(first, n, std::size_t(1) << 17, [](void* at, std::size_t bytes) { ::madvise(at, bytes, MADV_WILLNEED); });
  }
  void release([[maybe_unused]] idx first, [[maybe_unused]] idx n) const override {
#if defined(MADV_COLD)
    each_piece(first, n, std::size_t(1) << 30, [](void* at, std::size_t bytes) { ::madvise(at, bytes, MADV_COLD); });
#endif
  }

 private:
  template <class F>
  void each_piece(idx first, idx n, std::size_t most, F const& f) const {
    if (n <= 0 || x_.cols() <= 0) return;
    auto const page = std::uintptr_t(::sysconf(_SC_PAGESIZE));
    auto const end = reinterpret_cast<std::uintptr_t>(x_.row(first + n - 1) + x_.cols());
    for (auto at = reinterpret_cast<std::uintptr_t>(x_.row(first)) / page * page; at < end; at += most)
      f(reinterpret_cast<void*>(at), (std::min)(most, std::size_t(end - at)));
  }
  view<T> x_;
};

}}  // namespace foil::bridge
