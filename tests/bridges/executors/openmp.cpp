// SPDX-License-Identifier: BSD-3-Clause
#include "foil/bridge/openmp.hpp"

#include "../../engine/executor_checks.hpp"

using namespace executors;

TEST_CASE("openmp_threads: an executor", "[bridge]") {
  bridge::openmp_threads three(3);
  CHECK(three.workers() == 3);
  check_executor(three);
  CHECK(bridge::openmp_threads().workers() == omp_get_max_threads());
  CHECK(says(refusal([] { bridge::openmp_threads(-1); }), {"openmp_threads", "1 .. 65536", "-1"}));
  CHECK(says(refusal([] { bridge::openmp_threads(70000); }), {"openmp_threads", "70000"}));
}
TEST_CASE("openmp_threads: within a parallel region, and where OpenMP nests them", "[bridge]") {
  bridge::openmp_threads two(2);
  std::atomic<int> done{0};
#pragma omp parallel num_threads(2)
  two.run(3, [&](int) { ++done; });
  CHECK(done == 6);
  int const before = omp_get_max_active_levels();
  omp_set_max_active_levels(2);
  nested_use(two);
  omp_set_max_active_levels(before);
}
