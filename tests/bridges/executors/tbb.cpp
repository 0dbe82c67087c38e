// SPDX-License-Identifier: BSD-3-Clause
#include "foil/bridge/tbb.hpp"

#include <oneapi/tbb/global_control.h>

#include "../../engine/executor_checks.hpp"

using namespace executors;

namespace {
/// As many threads as the tests ask for, whatever the machine has.
oneapi::tbb::global_control const threads_wanted(oneapi::tbb::global_control::max_allowed_parallelism, 3);
}  // namespace

TEST_CASE("tbb_threads: an executor", "[bridge]") {
  bridge::tbb_threads three(3);
  CHECK(three.workers() == 3);
  check_executor(three);
  CHECK(bridge::tbb_threads().workers() >= 1);
  CHECK(says(refusal([] { bridge::tbb_threads(-2); }), {"tbb_threads", "1 .. 65536", "-2"}));
  CHECK(says(refusal([] { bridge::tbb_threads(70000); }), {"tbb_threads", "70000"}));
}
TEST_CASE("tbb_threads: in an arena of the caller's, and within loops of oneTBB", "[bridge]") {
  oneapi::tbb::task_arena arena(2);
  bridge::tbb_threads crew(arena);
  CHECK(crew.workers() == 2);
  same_bits_as_one_thread(crew);
  std::atomic<int> done{0};
  arena.execute([&] { oneapi::tbb::parallel_for(0, 8, [&](int) { crew.run(3, [&](int) { ++done; }); }); });
  CHECK(done == 24);
}
TEST_CASE("tbb_threads: a thread that waits for inner parts takes no outer one meanwhile", "[bridge]") {
  bridge::tbb_threads crew(2);
  static thread_local int depth = 0;
  std::atomic<int> deepest{0};
  for (int round = 0; round < 20; ++round)
    crew.run(16, [&](int) {
      if (int const d = ++depth; d > deepest) deepest = d;
      crew.run(4, [](int) { std::this_thread::sleep_for(std::chrono::microseconds(50)); });
      --depth;
    });
  CHECK(deepest == 1);
}
