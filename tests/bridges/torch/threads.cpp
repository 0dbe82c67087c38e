// SPDX-License-Identifier: BSD-3-Clause
// LibTorch's threads as an executor. Tests bridge/torch_threads.hpp.
#include "torch_catch.hpp"
// After LibTorch, whose macro CHECK would take the place of Catch2's.
#include "../../engine/executor_checks.hpp"
#include "foil/bridge/torch_threads.hpp"

using namespace executors;

TEST_CASE("torch_threads: an executor", "[torch]") {
  int const before = at::get_num_threads();
  at::set_num_threads(3);
  bridge::torch_threads crew;
  CHECK(crew.workers() == 3);
  check_executor(crew);
  at::set_num_threads(before);
}
TEST_CASE("torch_threads: within loops of LibTorch", "[torch]") {
  bridge::torch_threads const crew;
  std::atomic<int> done{0};
  at::parallel_for(0, 8, 1, [&](std::int64_t from, std::int64_t to) {
    for (; from < to; ++from) crew.run(3, [&](int) { ++done; });
  });
  CHECK(done == 24);
}
