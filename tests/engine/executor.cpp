// SPDX-License-Identifier: BSD-3-Clause
// Executors with state: foil's own pool of threads, and a class from outside.
#include "foil/core/executor.hpp"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "executor_checks.hpp"
#include "foil/engine/thread_pool.hpp"
#include "foil/engine/threads.hpp"
#include "foil/foil.hpp"

using namespace table;

namespace {

class my_threads {
 public:
  explicit my_threads(int n) {
    for (int i = 0; i < n; ++i) threads_.emplace_back([this] { work(); });
  }
  ~my_threads() {
    {
      std::lock_guard const lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& t : threads_) t.join();
  }
  int workers() const { return int(threads_.size()); }
  void run(int n, std::function<void(int)> part) {
    std::unique_lock lock(mutex_);
    part_ = std::move(part), parts_ = n, next_ = ended_ = 0, failed_ = nullptr;
    ++calls;
    changed_.notify_all();
    changed_.wait(lock, [&] { return ended_ == parts_; });
    parts_ = 0;
    if (failed_) std::rethrow_exception(failed_);
  }

  int calls = 0;
  std::set<std::thread::id> ids;  ///< of threads that did a part

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return stop_ || next_ < parts_; });
      if (stop_) return;
      int const i = next_++;
      ids.insert(std::this_thread::get_id());
      lock.unlock();
      std::exception_ptr thrown;
      try {
        part_(i);
      } catch (...) {
        thrown = std::current_exception();
      }
      lock.lock();
      if (thrown && !failed_) failed_ = thrown;
      if (++ended_ == parts_) changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
  std::function<void(int)> part_;
  int parts_ = 0, next_ = 0, ended_ = 0;
  bool stop_ = false;
  std::exception_ptr failed_;
};
static_assert(Executor<my_threads>);

}  // namespace

TEST_CASE("an executor with state runs losses and mining on its own threads, with the bits of one", "[engine]") {
  auto const q = normal_rows<float>(300, 19, 1), k = normal_rows<float>(300, 19, 2);
  my_threads three(3);
  execution const how{.executor = executor_of(three)};
  CHECK(how.executor.workers == 3);
  for (int call = 0; call < 3; ++call) {
    auto const r = objective{loss::info_nce{}, similarity::cosine{}, reduce::mean{}, how}.value_and_grad(q, pool::in_batch(k));
    CHECK(same_bits(r, objective{loss::info_nce{}}.value_and_grad(q, pool::in_batch(k))));
  }
  int const calls = three.calls;
  CHECK(calls > 0);
  auto const mined = mine(q, pool::bank(k), {.negatives = 5, .executor = executor_of(three)});
  CHECK(mined.ids == mine(q, pool::bank(k), {.negatives = 5}).ids);
  CHECK(three.calls > calls);
  CHECK(!three.ids.empty());
  CHECK(three.ids.count(std::this_thread::get_id()) == 0);
}
TEST_CASE("an exception of a part reaches the caller through an executor with state", "[engine]") {
  my_threads two(2);
  auto const on = executor_of(two);
  CHECK_THROWS_AS(on.run(2, [](int i) { i == 1 ? throw std::runtime_error("part") : void(); }), std::runtime_error);
  int done[2] = {};
  on.run(2, [&](int i) { done[i] = 1; });
  CHECK(done[0] + done[1] == 2);
}
TEST_CASE("an executor's number of workers is checked where it enters", "[engine]") {
  struct none {
    int workers() const { return 0; }
    void run(int, std::function<void(int)> const&) const {}
  } const idle;
  auto const q = normal_rows<float>(3, 4, 1);
  objective const f{loss::info_nce{}, similarity::cosine{}, reduce::mean{}, {.executor = executor_of(idle)}};
  CHECK_THROWS_AS(f.value(q, pool::in_batch(q)), error);
}

TEST_CASE("thread_pool: what every executor must do, often", "[engine]") {
  thread_pool team(4);
  CHECK(team.workers() == 4);
  executors::check_executor(team);
  executors::each_part_once(team, 3000);
}
TEST_CASE("thread_pool: an exception of a call within a part reaches the part after all ended, and the pool goes on", "[engine]") {
  thread_pool team(3);
  std::atomic<int> ended{0};
  CHECK_THROWS_AS(team.run(1,
                           [&](int) {
                             team.run(5, [&](int i) {
                               ++ended;
                               if (i == 0) throw std::runtime_error("first");
                             });
                           }),
                  std::runtime_error);
  CHECK(ended == 5);
  team.run(2, [&](int) {
    try {
      team.run(5, [&](int i) { ++ended, i == 0 ? throw std::runtime_error("inner") : void(); });
    } catch (std::runtime_error const&) {
    }
  });
  CHECK(ended == 15);
  CHECK(says(refusal([] { thread_pool(-1); }), {"thread_pool", "1 .. 65536", "-1"}));
  CHECK(says(refusal([] { thread_pool(70000); }), {"thread_pool", "70000"}));
}
TEST_CASE("threads: losses and mining have the bits of one thread", "[engine]") {
  auto const q = normal_rows<float>(700, 19, 1), k = normal_rows<float>(700, 19, 2);
  auto const one = objective{loss::info_nce{}, similarity::dot{}}.value_and_grad(q, pool::in_batch(k));
  auto const lists = mine(q, pool::bank(k), {.negatives = 5});
  for (executor const& on : {threads(3), threads(11)}) {
    CHECK(same_bits(objective{loss::info_nce{}, similarity::dot{}, reduce::mean{}, {.executor = on}}.value_and_grad(q, pool::in_batch(k)),
                    one));
    CHECK(mine(q, pool::bank(k), {.negatives = 5, .executor = on}).ids == lists.ids);
  }
}
