// SPDX-License-Identifier: BSD-3-Clause
// Fingerprints of files and blocks: XXH3, at the speed of memory (Debian: libxxhash-dev).
#pragma once

#include <cstdio>
#include <fcntl.h>
#include <foil/core/error.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>
#include <xxhash.h>

namespace miner {

inline std::string text_of(XXH128_hash_t h) {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(h.high64), static_cast<unsigned long long>(h.low64));
  return text;
}
inline std::string hash_of(std::string_view bytes) { return text_of(XXH3_128bits(bytes.data(), bytes.size())); }

/// The same of a file, which need not fit memory.
inline std::string hash_of_file(std::string const& path) {
  int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> const state(XXH3_createState(), XXH3_freeState);
  XXH3_128bits_reset(state.get());
  std::vector<char> some(std::size_t(1) << 20);
  ssize_t n = -1;
  if (file >= 0) {
    ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
    while ((n = ::read(file, some.data(), some.size())) > 0) XXH3_128bits_update(state.get(), some.data(), std::size_t(n));
    ::close(file);
  }
  foil::require(n == 0, path, ": cannot be read to its end");
  return text_of(XXH3_128bits_digest(state.get()));
}

}  // namespace miner
