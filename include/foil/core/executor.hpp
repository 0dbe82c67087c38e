// SPDX-License-Identifier: BSD-3-Clause
// The contract of executors: who runs the parts that the work of a call is cut into. Which part runs where changes no result.
//
// An executor is a class, which may hold a pool of threads, with
//   workers() -> int          how many parts may run at the same time, in 1 .. 65536
//   run(int n, part)          calls part(0) .. part(n - 1), each once, in any order, from any threads, and returns when all
//                             have returned; `part` is a small callable, to be copied or not. A part may throw: the exception
//                             must reach the caller of run, after the other parts have ended
// It enters a call by foil::executor_of(it). Programs that have no threads of their own take foil::threads(n), whose threads live as
// long as a call, or a foil::thread_pool, which keeps them between calls.
#pragma once

#include <concepts>
#include <type_traits>

#include "foil/core/option.hpp"

namespace foil { inline namespace FOIL_ABI {

template <class E>
concept Executor = requires(E& e, void (*part)(int)) {
  { e.workers() } -> std::convertible_to<int>;
  e.run(2, part);
};

/// What options hold: a function that launches tasks, or a view of an Executor. The default runs them here, in turn.
struct executor {
  using task = void (*)(void* work, int number);
  int workers = 1;                                      ///< in 1 .. 65536
  void (*launch)(int n, task f, void* work) = nullptr;  ///< runs f(work, 0) .. f(work, n - 1), returns after all ended
  void* own = nullptr;                                  ///< of executor_of or `start`, for the next
  void (*launch_on)(void* own, int n, task f, void* work) = nullptr;
  void* (*start)(int workers) = nullptr;  ///< null, or makes an `own` for launch_on that lives until `stop`
  void (*stop)(void* own) = nullptr;
  static void options(auto list) { list("workers", &executor::workers, range::whole{1, 65536}); }

  template <class F>
  void run(int n, F const& f) const {
    task const one = [](void* work, int i) { (*static_cast<F const*>(work))(i); };
    void* const work = const_cast<F*>(&f);
    bool const alone = n <= 1 || workers <= 1;
    if (!alone && own != nullptr)
      launch_on(own, n, one, work);
    else if (!alone && launch != nullptr)
      launch(n, one, work);
    else
      for (int i = 0; i < n; ++i) f(i);
  }
};

/// The executor of one call: what `start` makes, if there is one, is kept until the call ends.
class call_executor {
 public:
  explicit call_executor(executor const& e) : on_(e), started_(e.start != nullptr && e.workers > 1) {
    if (started_) on_.own = on_.start(on_.workers);
  }
  ~call_executor() {
    if (started_) on_.stop(on_.own);
  }
  call_executor(call_executor const&) = delete;
  executor const& get() const { return on_; }

 private:
  executor on_;
  bool started_;
};

/// A view of an Executor, which must outlive it.
///   my_threads team(4);  foil::execution const how{.executor = foil::executor_of(team)};
template <class E>
executor executor_of(E&& e) {
  using own = std::remove_reference_t<E>;
  static_assert(std::is_lvalue_reference_v<E>,
                "foil: executor_of views an executor; keep it in a variable: my_threads team; foil::executor_of(team)");
  static_assert(Executor<own>,
                "foil: an executor has workers(), how many parts may run at once, and run(n, part), which calls part(0) .. part(n - 1) and "
                "returns after all of them");
  if constexpr (Executor<own>)
    return {int(e.workers()),
            nullptr,
            const_cast<void*>(static_cast<void const*>(&e)),
            [](void* p, int n, executor::task f, void* work) { static_cast<own*>(p)->run(n, [f, work](int i) { f(work, i); }); },
            nullptr,
            nullptr};
  else
    return {};
}

}}  // namespace foil
