// SPDX-License-Identifier: BSD-3-Clause
// The tile registers of x86 (AMX): who may use them, and from when to when.
#pragma once

#include <cstdint>

// Which kernels use them: 0 or 1. clang 14 spells its macros without the second underscore.
#if defined(__linux__) && defined(__LP64__) && defined(__AVX512VNNI__) && (defined(__AMX_INT8__) || defined(__AMXINT8__))
#define FOIL_TILES_INT8 1
#else
#define FOIL_TILES_INT8 0
#endif
#if defined(__linux__) && defined(__LP64__) && defined(__AVX512BF16__) && (defined(__AMX_BF16__) || defined(__AMXBF16__))
#define FOIL_TILES_BF16 1
#else
#define FOIL_TILES_BF16 0
#endif

#if FOIL_TILES_INT8 || FOIL_TILES_BF16
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "foil/core/abi.hpp"

namespace foil::simd { inline namespace FOIL_ABI { namespace detail {

/// Whether this process may use the tile registers: Linux grants them to one that asks. Asked once.
inline bool has_tiles() noexcept {
  static bool const granted = syscall(SYS_arch_prctl, 0x1023 /* ARCH_REQ_XCOMP_PERM */, 18 /* tile data */) == 0;
  return granted;
}

/// What ldtilecfg reads: eight tiles of 16 rows of 64 bytes.
struct alignas(64) tile_shapes {
  std::uint8_t palette = 1, first = 0, none[14] = {};
  std::uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(tile_shapes) == 64);
inline constexpr tile_shapes whole_tiles{};

/// The calling thread uses the tile registers as long as it lives.
struct tile_registers {
  tile_registers() noexcept { _tile_loadconfig(&whole_tiles); }
  tile_registers(tile_registers const&) = delete;
  ~tile_registers() { _tile_release(); }
};

/// No read or write of memory crosses this: compilers do not know that the intrinsics of tiles read and write it.
[[gnu::always_inline]] inline void compiler_barrier() noexcept { asm volatile("" ::: "memory"); }

}}}  // namespace foil::simd::detail

#endif
