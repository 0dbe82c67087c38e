// SPDX-License-Identifier: BSD-3-Clause
// Who is told how far a long job is, and may stop it.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <ctime>
#include <memory>

#include "foil/core/option.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Told how far a long job is: tell(rows done, rows of the job, phase); returning false cancels it. Asked after every few
/// thousand rows (with more than 8 threads, 512 for each), and while the rows are worked on whenever `seconds` have passed (0: at every
/// chance), always on the thread that called. Phases: "positives", "mine", "fill". Views its callable, which must outlive the call.
class progress {
 public:
  progress() = default;
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, progress>) progress(F&& f, double seconds = 0.2) : seconds_(seconds) {
    using callable = std::remove_reference_t<F>;
    constexpr bool fits = std::is_invocable_r_v<bool, callable&, idx, idx, char const*>;
    static_assert(fits,
                  "foil: progress is called as tell(foil::idx done, foil::idx rows, char const* phase) and returns a bool: false cancels");
    if constexpr (fits) {
      object_ = const_cast<void*>(reinterpret_cast<void const volatile*>(std::addressof(f)));  // a function's address too
      call_ = [](void* o, idx done, idx total, char const* phase) -> bool { return (*reinterpret_cast<callable*>(o))(done, total, phase); };
    }
    static_assert(std::is_lvalue_reference_v<F>,
                  "foil: progress views its callable; keep it in a variable: auto watch = [](foil::idx done, foil::idx rows, "
                  "char const* phase) { return true; }; options.progress = foil::progress(watch);");
  }
  bool operator()(idx done, idx total, char const* phase) const { return call_ == nullptr || call_(object_, done, total, phase); }
  bool is_set() const { return call_ != nullptr; }
  double seconds() const { return seconds_; }
  void check(char const* where) const { check_option(where, "seconds", seconds_, range::real{0, 1e9}); }

 private:
  void* object_ = nullptr;
  double seconds_ = 0.2;
  bool (*call_)(void*, idx, idx, char const*) = nullptr;
};

}}  // namespace foil
namespace foil::mining { inline namespace FOIL_ABI {

/// Counts the work of all workers and passes it on to a progress. Only the thread that made it asks the callback.
class ticker {
 public:
  ticker(progress const& tell, idx rows) : tell_(tell), rows_(rows) {}

  /// Rows from .. to are worked on next, `work` units of it.
  void begin(char const* phase, idx from, idx to, std::uint64_t work) { phase_ = phase, from_ = from, to_ = to, work_ = work, done_ = 0; }
  /// Some units are done, by any worker. False: stop.
  bool step(std::uint64_t units) {
    if (!tell_.is_set()) return true;
    if (stop_.load(std::memory_order_relaxed)) return false;
    std::uint64_t const done = done_.fetch_add(units, std::memory_order_relaxed) + units;
    if (this_thread() != caller_) return true;
    double const since = now() - last_;
    if (since >= 0 && since < tell_.seconds()) return true;  // a clock that was set back has waited long enough
    double const share = work_ == 0 ? 0 : double((std::min)(done, work_)) / double(work_);
    return ask((std::min)(from_ + idx(share * double(to_ - from_)), to_ - 1));
  }
  /// All rows before `to` are done; asks whatever the time.
  bool finish(idx to) { return !stopped() && ask(to); }
  bool stopped() const { return stop_; }

 private:
  /// An address that no other running thread has.
  static void const* this_thread() {
    thread_local char here = 0;
    return &here;
  }
  static double now() {
    std::timespec t{};
    std::timespec_get(&t, TIME_UTC);
    return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
  }
  bool ask(idx done) {
    struct guard {  // what is thrown here stops the other workers too
      std::atomic<bool>& stop;
      bool go_on = false;
      ~guard() { stop = !go_on; }
    } g{stop_};
    g.go_on = tell_(done, rows_, phase_);
    last_ = now();
    return g.go_on;
  }
  progress const& tell_;
  idx rows_, from_ = 0, to_ = 0;
  char const* phase_ = "mine";
  std::uint64_t work_ = 0;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<bool> stop_{false};
  void const* const caller_ = this_thread();
  double last_ = now();
};

}}  // namespace foil::mining
