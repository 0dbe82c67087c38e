// SPDX-License-Identifier: BSD-3-Clause
// oneTBB's threads as an executor. Link TBB::tbb (Debian: libtbb-dev); oneTBB 2021 or newer.
#pragma once

#include <memory>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include "foil/bridge/first_failure.hpp"
#include "foil/core/executor.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// An arena of n threads (0: as many as oneTBB would take), or one of the caller's, which must outlive it:
///   foil::bridge::tbb_threads team;  foil::execution const how{.executor = foil::executor_of(team)};
/// A thread that waits for parts takes no other work meanwhile (this_task_arena::isolate): a part is never interrupted by another one.
/// All parts end, nothing is cancelled; then the exception of the part of the lowest number is thrown.
class tbb_threads {
 public:
  explicit tbb_threads(int n = 0) : own_(std::make_unique<oneapi::tbb::task_arena>(members(n))), arena_(own_.get()) {}
  explicit tbb_threads(oneapi::tbb::task_arena& arena) : arena_(&arena) {}
  int workers() const { return arena_->max_concurrency(); }

  template <class F>
  void run(int n, F const& part) const {
    first_failure failure;
    auto const guarded = [&](int i) { failure.guard(i, part); };
    auto const all = [&] { oneapi::tbb::parallel_for(0, n, guarded, oneapi::tbb::simple_partitioner()); };
    arena_->execute([&] { oneapi::tbb::this_task_arena::isolate(all); });
    failure.rethrow();
  }

 private:
  static int members(int n) {
    require(n >= 0 && n <= 1 << 16, "tbb_threads: the number of workers must be in 1 .. 65536, or 0 for all, got ", n);
    return n != 0 ? n : int(oneapi::tbb::task_arena::automatic);
  }

  std::unique_ptr<oneapi::tbb::task_arena> own_;
  oneapi::tbb::task_arena* arena_;
};

}}  // namespace foil::bridge
