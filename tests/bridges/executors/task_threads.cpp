// SPDX-License-Identifier: BSD-3-Clause
// Tests bridge/task_threads.hpp, bridge/eigen_threads.hpp, bridge/first_failure.hpp.
#include "foil/bridge/task_threads.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "../../engine/executor_checks.hpp"
#include "foil/bridge/eigen_threads.hpp"
#include "foil/bridge/first_failure.hpp"

using namespace executors;

namespace {

/// The plainest pool: threads that take closures from a queue.
class closures {
 public:
  explicit closures(int n) {
    for (int i = 0; i < n; ++i) threads_.emplace_back([this] { work(); });
  }
  ~closures() {
    {
      std::lock_guard const lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& t : threads_) t.join();
  }
  void put(std::function<void()> task) {
    {
      std::lock_guard const lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

 private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      auto const task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  bool stop_ = false;
};

}  // namespace

TEST_CASE("task_threads: an executor over whatever takes closures", "[bridge]") {
  closures pool(2);
  bridge::task_threads crew(3, [&](auto task) { pool.put(task); });
  CHECK(crew.workers() == 3);
  check_executor(crew);
  auto const nowhere = [](auto) {};
  CHECK(says(refusal([&] { bridge::task_threads(0, nowhere); }), {"task_threads", "1 .. 65536", "got 0"}));
  CHECK(says(refusal([&] { bridge::task_threads(70000, nowhere); }), {"task_threads", "70000"}));
}
TEST_CASE("task_threads: pools that do nothing, run at once, come late or refuse", "[bridge]") {
  int done = 0;
  auto const count = [&](int) { ++done; };
  std::vector<std::function<void()>> late;
  bridge::task_threads(4, [](auto) {}).run(10, count);
  CHECK(done == 10);
  bridge::task_threads(4, [](auto task) { task(); }).run(10, count);
  CHECK(done == 20);
  bridge::task_threads(4, [&](auto task) { late.push_back(task); }).run(10, count);
  CHECK((done == 30 && late.size() == 3));
  for (auto const& task : late) task();
  CHECK(done == 30);
  bridge::task_threads(4, [](auto) { throw std::runtime_error("closed"); }).run(10, count);
  CHECK(done == 40);
}
TEST_CASE("eigen_threads: an executor", "[bridge]") {
  Eigen::ThreadPool pool(3);
  bridge::eigen_threads crew(pool);
  CHECK(crew.workers() == 3);
  check_executor(crew);
}
TEST_CASE("eigen_threads: calls on the pool's own threads, all of them busy", "[bridge]") {
  Eigen::ThreadPool pool(2);
  bridge::eigen_threads crew(pool);
  std::atomic<int> done{0};
  Eigen::Barrier all(4);
  for (int i = 0; i < 4; ++i)
    pool.Schedule([&] {
      crew.run(5, [&](int) { ++done; });
      all.Notify();
    });
  all.Wait();
  CHECK(done == 20);
}
TEST_CASE("first_failure: the lowest number in any order, thrown once", "[bridge]") {
  bridge::first_failure f;
  auto const part = [](int i) { throw std::runtime_error(std::to_string(i)); };
  for (int i : {5, 2, 7, 3}) f.guard(i, part);
  std::string told;
  try {
    f.rethrow();
  } catch (std::runtime_error const& e) {
    told = e.what();
  }
  CHECK(told == "2");
  CHECK_NOTHROW(f.rethrow());
}
