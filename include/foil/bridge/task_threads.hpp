// SPDX-License-Identifier: BSD-3-Clause
// Any pool of threads that takes closures as an executor: asio's, a game engine's, a queue of yours.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "foil/bridge/first_failure.hpp"
#include "foil/core/executor.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// n workers, in 1 .. 65536: the caller of a call and up to n - 1 closures at a time, each given to submit(closure), which has a thread
/// of the pool run it once, soon or late:
///   auto submit = [&](auto task) { asio::post(pool, task); };
///   foil::bridge::task_threads team(8, submit);  foil::execution const how{.executor = foil::executor_of(team)};
/// Closures are copyable and call nothing but parts. Whoever is free takes the next part; the caller takes parts too and waits for those
/// that others have begun, never for a thread: a pool that is busy, calls from within a part and from threads of the pool cannot lock.
/// A closure that comes too late does nothing. If submit throws, fewer threads work. All parts end, then the exception of the part of
/// the lowest number is thrown.
template <class Submit>
class task_threads {
 public:
  task_threads(int n, Submit submit) : workers_(n), submit_(std::move(submit)) {
    require(n >= 1 && n <= 1 << 16, "task_threads: the number of workers must be in 1 .. 65536, got ", n);
  }
  int workers() const { return workers_; }

  template <class F>
  void run(int n, F const& part) {
    auto const all = std::make_shared<shared_call<F>>(n, part);
    int const helpers = (n < workers_ ? n : workers_) - 1;
#if FOIL_EXCEPTIONS
    try {
#endif
      for (int i = 0; i < helpers; ++i) submit_([all] { all->take_parts(); });
#if FOIL_EXCEPTIONS
    } catch (...) {
    }
#endif
    all->take_parts();
    all->finish();
  }

 private:
  template <class F>
  class shared_call {
   public:
    shared_call(int n, F const& part) : n_(n), part_(&part), left_(n) {}
    void take_parts() {
      for (int i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < n_;) {  // below n: the caller still waits, and the part is there
        failure_.guard(i, *part_);
        if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_all();
      }
    }
    void finish() {
      for (int left; (left = left_.load(std::memory_order_acquire)) > 0;) left_.wait(left, std::memory_order_acquire);
      failure_.rethrow();
    }

   private:
    int n_;
    F const* part_;
    std::atomic<int> next_{0}, left_;
    first_failure failure_;
  };

  int workers_;
  Submit submit_;
};

}}  // namespace foil::bridge
