// SPDX-License-Identifier: BSD-3-Clause
// Candidates quantised to whole numbers in the layout of the integer kernels, packed once for all workers and panels of a call.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "foil/engine/scratch.hpp"
#include "foil/simd/integer_pack.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Blocks of consecutive candidates (columns), each packed by the worker that needs it first; only the leading blocks that together fit
/// in `max_bytes` are kept. Nobody waits: a worker that finds its block being packed by another packs a later one and looks again.
/// Memory that nobody packs is never touched. Bits: 8 or 16, of a quantised number. open() is for one thread, the call operator for all;
/// views last until the next open(). A block whose packing threw is not kept, and everyone packs it alone.
template <int Bits>
class packed_candidates {
 public:
  static constexpr idx max_bytes = idx(256) << 20;
  using view = simd::integer_columns<Bits>;
  using tile_limits = typename view::tile;

  bool is_open() const { return kept_ > 0; }  ///< whether any block is kept
  /// `block`: candidates of each block, a multiple of the kernel's tile.
  void open(idx columns, idx dim, idx block, int workers) {
    constexpr idx tile = simd::integer_kernel<Bits>::columns;
    columns_ = columns, block_ = block, groups_ = simd::integer_packed_groups<Bits>(dim), workers_ = workers;
    idx const bytes = block * (4 * groups_ + idx(sizeof(float))) + block / tile * idx(sizeof(tile_limits));
    kept_ = (std::min)((columns + block - 1) / block, max_bytes / bytes);
    states_ = std::make_unique<std::atomic<unsigned char>[]>(std::size_t(kept_));
    packed_ = std::make_unique_for_overwrite<std::int32_t[]>(std::size_t(kept_ * block * groups_));
    engine::ask_for_large_pages(packed_.get(), std::size_t(kept_ * block * groups_) * sizeof(std::int32_t));
    biases_ = std::make_unique_for_overwrite<float[]>(std::size_t(kept_ * block));
    tiles_ = std::make_unique_for_overwrite<tile_limits[]>(std::size_t(kept_ * block / tile));
  }

  /// A view that begins at column `first`, a multiple of the tile, and is packed to the end of its block; pack(first, n, view) packs a
  /// block. Nothing where the block is not kept, or where another worker is still packing it after this one has tried the next blocks,
  /// two for each worker, so that all of them find one to do.
  template <class Pack>
  std::optional<view> operator()(idx first, Pack const& pack) {
    idx const b = first / block_, end = (std::min)(kept_, b + 2 * workers_);
    for (idx at = b; at < end; ++at) {
      unsigned char expected = empty;
      if (states_[std::size_t(at)].load(std::memory_order_relaxed) == empty &&
          states_[std::size_t(at)].compare_exchange_strong(expected, taken, std::memory_order_relaxed)) {
        view to = columns_from(at * block_);
        pack(at * block_, (std::min)(block_, columns_ - at * block_), to);
        states_[std::size_t(at)].store(ready, std::memory_order_release);
      }
      if (states_[std::size_t(b)].load(std::memory_order_acquire) == ready) return columns_from(first);
    }
    return {};
  }

 private:
  enum : unsigned char { empty, taken, ready };
  view columns_from(idx j) const { return view{columns_, groups_, packed_.get(), tiles_.get(), biases_.get()}.from(j); }
  idx columns_ = 0, block_ = 1, groups_ = 0, kept_ = 0;
  int workers_ = 1;
  std::unique_ptr<std::atomic<unsigned char>[]> states_;
  std::unique_ptr<std::int32_t[]> packed_;
  std::unique_ptr<float[]> biases_;
  std::unique_ptr<tile_limits[]> tiles_;
};

}}  // namespace foil::mining
