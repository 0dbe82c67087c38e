// SPDX-License-Identifier: BSD-3-Clause
// One number for the bits of many results: what a build compares with every other build.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

class bit_hash {
 public:
  template <class T>
  void add(T x) {
    if constexpr (sizeof(T) == 4)
      mix(std::bit_cast<std::uint32_t>(x));
    else
      mix(std::bit_cast<std::uint64_t>(x));
  }
  template <class T>
  void add(std::vector<T> const& all) {
    mix(all.size());
    for (T const x : all) add(x);
  }
  std::uint64_t value() const { return h_; }

 private:
  void mix(std::uint64_t bits) { h_ = (h_ ^ bits) * 1099511628211u; }

  std::uint64_t h_ = 1469598103934665603u;
};
