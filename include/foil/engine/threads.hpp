// SPDX-License-Identifier: BSD-3-Clause
// The default executor with more than one worker: std::thread, started for a call and joined before it returns.
#pragma once

#include <exception>
#include <thread>
#include <vector>

#include "foil/engine/execution.hpp"

namespace foil { inline namespace FOIL_ABI {

/// n workers (0: as many as the machine has). The caller works too, so n - 1 threads are started; the work of those that
/// the system does not let start (too many threads, too little memory) is done by the caller, where the build has
/// exceptions. The first exception of a task is thrown again on the caller after all workers stopped.
inline executor threads(int n = 0) {
  if (n == 0) n = int((std::max)(1u, std::thread::hardware_concurrency()));
  require(n >= 1 && n <= 1 << 16, "threads: the number of workers must be in 1 .. 65536, got ", n);
  return {n, [](int tasks, executor::task f, void* work) {
#if FOIL_EXCEPTIONS
            std::vector<std::exception_ptr> failed{std::size_t(tasks)};
            auto guarded = [&](int i) {
              try {
                f(work, i);
              } catch (...) {
                failed[std::size_t(i)] = std::current_exception();
              }
            };
#else
            auto guarded = [&](int i) { f(work, i); };
#endif
            std::vector<std::thread> crew;
            crew.reserve(std::size_t(tasks));
            int started = 1;
#if FOIL_EXCEPTIONS
            try {
#endif
              for (; started < tasks; ++started) crew.emplace_back([&guarded, i = started] { guarded(i); });
#if FOIL_EXCEPTIONS
            } catch (...) {
            }
#endif
            guarded(0);
            for (int i = started; i < tasks; ++i) guarded(i);
            for (std::thread& t : crew) t.join();
#if FOIL_EXCEPTIONS
            for (std::exception_ptr const& e : failed)
              if (e) std::rethrow_exception(e);
#endif
          }};
}

}}  // namespace foil
