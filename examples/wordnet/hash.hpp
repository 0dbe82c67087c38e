// SPDX-License-Identifier: BSD-3-Clause
// A hash of texts that is the same on every machine, for features and for splitting sentences.
#pragma once

#include <cstdint>
#include <string_view>

namespace wordnet {

/// 64-bit FNV-1a, finished by the mixer of splitmix64 so that all its bits are usable.
inline std::uint64_t hash(std::string_view s, std::uint64_t seed = 0) {
  std::uint64_t h = 0xcbf29ce484222325u ^ seed;
  for (char const c : s) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
  return h ^ (h >> 31);
}

}  // namespace wordnet
