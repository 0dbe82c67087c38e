// SPDX-License-Identifier: BSD-3-Clause
// OpenMP's threads as an executor. Compile with -fopenmp (CMake: find_package(OpenMP), OpenMP::OpenMP_CXX).
#pragma once

#if !defined(_OPENMP)
#error "foil: bridge/openmp.hpp needs OpenMP: compile with -fopenmp, or link OpenMP::OpenMP_CXX"
#endif
#include <omp.h>

#include "foil/bridge/first_failure.hpp"
#include "foil/core/executor.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// n threads (0: as many as OpenMP would take, omp_get_max_threads() at construction):
///   foil::bridge::openmp_threads team;  foil::execution const how{.executor = foil::executor_of(team)};
/// The runtime keeps its threads between calls. All parts end, then the exception of the part of the lowest number is thrown. Within a
/// parallel region of the caller's, OpenMP gives a call one thread unless omp_set_max_active_levels allows more; so in nested use.
/// ThreadSanitizer does not see the barriers of gcc's and clang's runtimes and reports races that are none.
class openmp_threads {
 public:
  explicit openmp_threads(int n = 0) : workers_(n != 0 ? n : omp_get_max_threads()) {
    require(workers_ >= 1 && workers_ <= 1 << 16, "openmp_threads: the number of workers must be in 1 .. 65536, or 0 for all, got ", n);
  }
  int workers() const { return workers_; }

  template <class F>
  void run(int n, F const& part) const {
    first_failure failure;
    int const members = n < workers_ ? n : workers_;
#pragma omp parallel for schedule(dynamic, 1) num_threads(members) if (members > 1)
    for (int i = 0; i < n; ++i) failure.guard(i, part);
    failure.rethrow();
  }

 private:
  int workers_;
};

}}  // namespace foil::bridge
