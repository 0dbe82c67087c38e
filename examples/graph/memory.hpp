// SPDX-License-Identifier: BSD-3-Clause
// The most memory that a phase takes on top of what was there, as Linux counts it.
#pragma once

#include <cstdlib>
#include <fstream>
#include <malloc.h>
#include <string>

namespace network {

class peak_memory {
 public:
  /// From here on. Writing 5 resets the kernel's high-water mark; where it may not be written, megabytes() is too high.
  peak_memory() {
    malloc_trim(0);  // what was freed before and not yet returned is not there
    std::ofstream("/proc/self/clear_refs") << 5;
    before_ = read("VmRSS:");
  }
  double megabytes() const { return (read("VmHWM:") - before_) / 1024; }

 private:
  static double read(std::string const& key) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
      if (word == key && status >> word) return std::atof(word.c_str());
    return 0;
  }
  double before_;
};

}  // namespace network
