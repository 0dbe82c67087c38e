// SPDX-License-Identifier: BSD-3-Clause
// Masks of one byte an element, and the length of what may be left out.
#pragma once

#include <span>

#include "foil/core/error.hpp"
#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// One byte an element, 0 = off. An empty mask means that everything is on.
using byte_mask = std::span<unsigned char const>;
inline bool is_on(byte_mask m, idx i) { return m.empty() || m[std::size_t(i)] != 0; }

/// Refuses a list that is neither empty nor of length n.
inline void require_length(idx got, idx n, char const* where, char const* argument) {
  require(got == 0 || got == n, where, ": ", argument, " must be empty or have one element for each of the ", n, ", got ", got);
}

}}  // namespace foil
