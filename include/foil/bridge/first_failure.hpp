// SPDX-License-Identifier: BSD-3-Clause
// What executors of other libraries do with exceptions of parts, whatever those libraries would do: keep one until all parts ended.
#pragma once

#include <atomic>
#include <exception>
#include <utility>

#include "foil/core/error.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Of the exceptions of parts, that of the lowest number: the same one whichever part ran first.
class first_failure {
 public:
  /// Calls part(i); an exception is kept. From any threads.
  template <class F>
  void guard(int i, F const& part) {
#if FOIL_EXCEPTIONS
    try {
      part(i);
    } catch (...) {
      while (busy_.test_and_set(std::memory_order_acquire)) {
      }
      if (!kept_ || i < lowest_) kept_ = std::current_exception(), lowest_ = i;
      busy_.clear(std::memory_order_release);
    }
#else
    part(i);
#endif
  }
  /// Throws what was kept, once all parts have ended.
  void rethrow() {
#if FOIL_EXCEPTIONS
    if (kept_) std::rethrow_exception(std::exchange(kept_, nullptr));
#endif
  }

 private:
#if FOIL_EXCEPTIONS
  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  std::exception_ptr kept_;
  int lowest_ = 0;
#endif
};

}}  // namespace foil::bridge
