// SPDX-License-Identifier: BSD-3-Clause
// The executor for programs without threads of their own: they start in a call, stay through its phases and end before it returns.
#pragma once

#include "foil/engine/thread_pool.hpp"

namespace foil { inline namespace FOIL_ABI {

/// n workers (0: as many as the machine has), by a thread_pool that lives as long as a call. Programs that make many short calls
/// keep one themselves, and start no thread twice.
inline executor threads(int n = 0) {
  if (n == 0) n = int((std::max)(1u, std::thread::hardware_concurrency()));
  require(n >= 1 && n <= 1 << 16, "threads: the number of workers must be in 1 .. 65536, got ", n);
  executor e;
  e.workers = n;
  e.launch = [](int tasks, executor::task f, void* work) { thread_pool(tasks).launch(tasks, f, work); };
  e.launch_on = [](void* pool, int tasks, executor::task f, void* work) { static_cast<thread_pool*>(pool)->launch(tasks, f, work); };
  e.start = [](int workers) -> void* { return new thread_pool(workers); };
  e.stop = [](void* pool) { delete static_cast<thread_pool*>(pool); };
  return e;
}

}}  // namespace foil
