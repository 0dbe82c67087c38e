// SPDX-License-Identifier: BSD-3-Clause
// How much memory this program may use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <unistd.h>

namespace miner {

/// Bytes: the machine's, or what its control group (Linux, version 1 or 2) or one around it is allowed.
inline std::uint64_t memory_limit() {
  auto least = std::uint64_t(::sysconf(_SC_PHYS_PAGES)) * std::uint64_t(::sysconf(_SC_PAGESIZE));
  std::ifstream groups("/proc/self/cgroup");  // lines of number:controllers:path
  for (std::string line; std::getline(groups, line);) {
    std::size_t const first = line.find(':'), second = line.find(':', first + 1);
    if (second == line.npos) continue;
    std::string const controllers = line.substr(first + 1, second - first - 1);
    bool const unified = controllers.empty();
    if (!unified && controllers.find("memory") == controllers.npos) continue;
    for (std::string path = line.substr(second + 1);; path.resize(path.find_last_of('/'))) {
      if (path == "/") path.clear();
      std::ifstream in("/sys/fs/cgroup" + (unified ? path + "/memory.max" : "/memory" + path + "/memory.limit_in_bytes"));
      if (std::uint64_t limit = 0; in >> limit) least = (std::min)(least, limit);  // "max" is no number
      if (path.find('/') == path.npos) break;
    }
  }
  return least;
}

}  // namespace miner
