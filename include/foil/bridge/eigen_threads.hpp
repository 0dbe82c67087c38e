// SPDX-License-Identifier: BSD-3-Clause
// Eigen::ThreadPool as an executor.
#pragma once

#if __has_include(<Eigen/ThreadPool>)
#include <Eigen/ThreadPool>
#else
#include <unsupported/Eigen/CXX11/ThreadPool>
#endif

#include "foil/bridge/task_threads.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// As many workers as the pool has threads, the caller being one of them; the pool must outlive the executor:
///   Eigen::ThreadPool pool(8);
///   foil::bridge::eigen_threads team(pool);  foil::execution const how{.executor = foil::executor_of(team)};
/// Exceptions, nested use and busy pools: see task_threads.
class eigen_threads {
 public:
  explicit eigen_threads(Eigen::ThreadPoolInterface& pool) : tasks_(pool.NumThreads(), submit{&pool}) {}
  int workers() const { return tasks_.workers(); }
  template <class F>
  void run(int n, F const& part) {
    tasks_.run(n, part);
  }

 private:
  struct submit {
    Eigen::ThreadPoolInterface* pool;
    template <class Task>
    void operator()(Task task) const {
      pool->Schedule(std::move(task));
    }
  };
  task_threads<submit> tasks_;
};

}}  // namespace foil::bridge
