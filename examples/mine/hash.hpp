// SPDX-License-Identifier: BSD-3-Clause
// Fingerprints of files and blocks: XXH3, at the speed of memory (Debian: libxxhash-dev).
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <xxhash.h>

namespace miner {

inline std::string hash_of(std::string_view bytes) {
  XXH128_hash_t const h = XXH3_128bits(bytes.data(), bytes.size());
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(h.high64), static_cast<unsigned long long>(h.low64));
  return text;
}

}  // namespace miner
