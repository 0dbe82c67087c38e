// SPDX-License-Identifier: BSD-3-Clause
// Threads that wait for work between the phases of a call, and between calls.
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "foil/core/executor.hpp"

namespace foil { inline namespace FOIL_ABI {

/// An Executor of n workers (0: as many as the machine has).
///   foil::thread_pool team(8);  foil::execution const how{.executor = foil::executor_of(team)};
/// The thread that calls run() works too, so n - 1 threads are started, at the first run() of several parts. If the system does not let
/// one start, the pool goes on with fewer, where the build has exceptions. Parts run in no promised order and must not wait for
/// each other. A thread without work polls 64 times, the last 48 with a yield, then sleeps until there is some. All parts end; then
/// the exception of the part of the lowest number is thrown again on the caller. Calls from several threads at once, and from within
/// a part, are allowed: one uses the threads, the others run all of their parts on their callers.
class thread_pool {
 public:
  explicit thread_pool(int n = 0) : workers_(n != 0 ? n : int((std::max)(1u, std::thread::hardware_concurrency()))) {
    require(workers_ >= 1 && workers_ <= 1 << 16, "thread_pool: the number of workers must be in 1 .. 65536, got ", n);
  }
  ~thread_pool() {
    stop_ = true;
    publish(0);
    for (std::thread& t : threads_) t.join();
  }
  thread_pool(thread_pool const&) = delete;

  int workers() const { return workers_; }
  template <class F>
  void run(int n, F const& part) {
    launch(
        n, [](void* f, int i) { (*static_cast<F const*>(f))(i); }, const_cast<F*>(std::addressof(part)));
  }
  /// f(work, i) for i in 0 .. n - 1, each once.
  void launch(int n, executor::task f, void* work) {
    if (n <= 1 || busy_.test_and_set(std::memory_order_acquire)) return run_here(n, f, work);
    busy_until_end const guard{busy_};
    start();
    task_ = f, work_ = work;
#if FOIL_EXCEPTIONS
    failed_.assign(std::size_t(n), nullptr);
#endif
    unfinished_.store(std::uint32_t(n), std::memory_order_relaxed);
    publish(n);
    take_parts();
    for (std::uint32_t left; (left = unfinished_.load(std::memory_order_acquire)) != 0;) wait_for_change(unfinished_, left);
#if FOIL_EXCEPTIONS
    for (std::exception_ptr& e : failed_)
      if (e) std::rethrow_exception(std::exchange(e, nullptr));
#endif
  }

 private:
  struct busy_until_end {
    std::atomic_flag& busy;
    ~busy_until_end() { busy.clear(std::memory_order_release); }
  };
  static void run_here(int n, executor::task f, void* work) {
#if FOIL_EXCEPTIONS
    std::exception_ptr first;
    for (int i = 0; i < n; ++i) try {
        f(work, i);
      } catch (...) {
        if (!first) first = std::current_exception();
      }
    if (first) std::rethrow_exception(first);
#else
    for (int i = 0; i < n; ++i) f(work, i);
#endif
  }
  using counter = std::atomic<std::uint32_t>;

  void start() {
    if (!threads_.empty() || tried_) return;
    tried_ = true;
#if FOIL_EXCEPTIONS
    try {
#endif
      threads_.reserve(std::size_t(workers_));
      for (int i = 1; i < workers_; ++i) threads_.emplace_back([this] { work_until_stopped(); });
#if FOIL_EXCEPTIONS
    } catch (...) {
    }
#endif
  }
  /// Starts a round of n parts. open_parts_ holds the round's number and how many parts are open: a late thread sees another round.
  void publish(int n) {
    std::uint32_t const round = round_.load(std::memory_order_relaxed) + 1;
    open_parts_.store(std::uint64_t(round) << 32 | std::uint32_t(n), std::memory_order_release);
    round_.store(round);
    round_.notify_all();
  }
  void take_parts() {
    std::uint64_t open = open_parts_.load(std::memory_order_acquire);
    while (std::uint32_t(open) != 0) {
      if (!open_parts_.compare_exchange_weak(open, open - 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      do_part(int(std::uint32_t(open)) - 1);
      if (unfinished_.fetch_sub(1) == 1) unfinished_.notify_one();
      open = open_parts_.load(std::memory_order_acquire);
    }
  }
  void do_part(int i) {
#if FOIL_EXCEPTIONS
    try {
      task_(work_, i);
    } catch (...) {
      failed_[std::size_t(i)] = std::current_exception();
    }
#else
    task_(work_, i);
#endif
  }
  void work_until_stopped() {
    for (std::uint32_t seen = 0; !stop_;) {
      wait_for_change(round_, seen);
      seen = round_.load(std::memory_order_acquire);
      take_parts();
    }
  }
  /// Returns once x differs from `old`.
  static void wait_for_change(counter const& x, std::uint32_t old) {
    for (int look = 0; look < 64; ++look) {
      if (x.load(std::memory_order_acquire) != old) return;
      if (look >= 16) std::this_thread::yield();
    }
    x.wait(old, std::memory_order_acquire);
  }

  int workers_;
  bool tried_ = false;
  std::atomic<bool> stop_{false};
  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  counter round_{0}, unfinished_{0};
  std::atomic<std::uint64_t> open_parts_{0};
  executor::task task_ = nullptr;
  void* work_ = nullptr;
  std::vector<std::thread> threads_;
#if FOIL_EXCEPTIONS
  std::vector<std::exception_ptr> failed_;
#endif
};

}}  // namespace foil
