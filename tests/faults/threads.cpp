// SPDX-License-Identifier: BSD-3-Clause
// Threads that the system does not start, and work that fails on one.
#include "foil/engine/threads.hpp"

#include <atomic>
#include <pthread.h>
#include <set>
#include <stdexcept>
#include <thread>

#include "../catch.hpp"
#include "foil/core/random.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"

using namespace foil;

namespace {

#if defined(__GLIBC__)
/// While it lives, no thread can be started: its stack would not fit any address space.
class no_threads {
 public:
  no_threads() {
    pthread_getattr_default_np(&usual_);
    pthread_attr_t vast;
    pthread_attr_init(&vast);
    pthread_attr_setstacksize(&vast, std::size_t(1) << 60);
    pthread_setattr_default_np(&vast);
    pthread_attr_destroy(&vast);
  }
  ~no_threads() { pthread_setattr_default_np(&usual_), pthread_attr_destroy(&usual_); }

 private:
  pthread_attr_t usual_;
};
#endif

}  // namespace

#if defined(__GLIBC__)
TEST_CASE("threads: the caller does the work of threads that do not start", "[faults]") {
  no_threads const none;
  REQUIRE_THROWS_AS(std::thread([] {}), std::system_error);
  std::vector<int> done(7, 0);
  bool here = true;
  auto const caller = std::this_thread::get_id();
  threads(7).run(7, [&](int i) { ++done[std::size_t(i)], here = here && std::this_thread::get_id() == caller; });
  CHECK(done == std::vector<int>(7, 1));
  CHECK(here);
  CHECK_THROWS_AS(threads(4).run(4,
                                 [](int i) {
                                   if (i == 3) throw std::runtime_error("last");
                                 }),
                  std::runtime_error);
}
TEST_CASE("threads: a job that cannot have its threads gives the same lists", "[faults]") {
  random_stream draw(3, purpose::user);
  matrix<float> q(100, 6), c(3000, 6);
  for (idx k = 0; k < q.size(); ++k) q.data()[k] = float(draw.normal());
  for (idx k = 0; k < c.size(); ++k) c.data()[k] = float(draw.normal());
  auto const want = mine(q, pool::bank(c), {.negatives = 5});
  no_threads const none;
  auto const m = mine(q, pool::bank(c), {.negatives = 5, .executor = threads(4)});
  CHECK((m.ids == want.ids && m.scores == want.scores));
}
#endif

TEST_CASE("threads: what a task throws reaches the caller after all tasks ended, the first of several", "[faults]") {
  for (int failing : {0, 1, 4}) {
    std::atomic<int> ended = 0;
    struct leaving {
      std::atomic<int>& n;
      ~leaving() { ++n; }
    };
    std::string what;
    try {
      threads(5).run(5, [&](int i) {
        leaving const guard{ended};
        if (i >= failing) throw std::runtime_error(std::to_string(i));
      });
    } catch (std::runtime_error const& e) {
      what = e.what();
      CHECK(ended == 5);
    }
    CHECK(what == std::to_string(failing));
  }
}
