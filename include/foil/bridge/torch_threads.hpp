// SPDX-License-Identifier: BSD-3-Clause
// LibTorch's threads as an executor, so that a program has one pool. LibTorch's own builds take them from OpenMP: the file that
// includes this is compiled with -fopenmp (CMake: OpenMP::OpenMP_CXX), or at::parallel_for would run everything in turn.
#pragma once

#include <ATen/Parallel.h>

#if !defined(INTRA_OP_PARALLEL)
#error "foil: bridge/torch_threads.hpp needs OpenMP: compile with -fopenmp, or link OpenMP::OpenMP_CXX"
#endif

#include "foil/bridge/first_failure.hpp"
#include "foil/core/executor.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// at::parallel_for over at::get_num_threads() threads, which torch::set_num_threads sets:
///   foil::bridge::torch_threads team;  foil::execution const how{.executor = foil::executor_of(team)};
/// Within an at::parallel_for, a backward pass on its threads or another call's part, LibTorch runs all parts in turn. All parts end, then
/// the exception of the part of the lowest number is thrown.
class torch_threads {
 public:
  int workers() const { return at::get_num_threads(); }

  template <class F>
  void run(int n, F const& part) const {
    first_failure failure;
    at::parallel_for(0, n, 1, [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t i = from; i < to; ++i) failure.guard(int(i), part);
    });
    failure.rethrow();
  }
};

}}  // namespace foil::bridge
