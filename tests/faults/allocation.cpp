// SPDX-License-Identifier: BSD-3-Clause
// Memory that runs out at every single allocation in turn: the call says so, leaks nothing, and what it was given is as
// before.
// Tests engine/scratch.hpp.
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include "../catch.hpp"
#include "../rows.hpp"
#include "foil/bias/margin.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/threads.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/queue.hpp"
#include "foil/roles/target.hpp"
#include "foil/score/self_certainty.hpp"
#include "foil/score/vote.hpp"

namespace {
std::atomic<long> left{-1};  ///< allocations until one fails; negative: none does
std::atomic<long> alive{0};  ///< blocks that were not given back

void* take(std::size_t bytes, std::size_t alignment) noexcept {
  if (left.load() > 0 && left.fetch_sub(1) == 1) return nullptr;
  void* p = nullptr;
  if (posix_memalign(&p, alignment < sizeof(void*) ? sizeof(void*) : alignment, bytes == 0 ? 1 : bytes) != 0) return nullptr;
  ++alive;
  return p;
}
void* take_or_throw(std::size_t bytes, std::size_t alignment) {
  if (void* const p = take(bytes, alignment)) return p;
  throw std::bad_alloc();
}
void give(void* p) noexcept {
  if (p != nullptr) --alive;
  std::free(p);
}
constexpr std::size_t usual = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
}  // namespace

void* operator new(std::size_t n) { return take_or_throw(n, usual); }
void* operator new[](std::size_t n) { return take_or_throw(n, usual); }
void* operator new(std::size_t n, std::align_val_t a) { return take_or_throw(n, std::size_t(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return take_or_throw(n, std::size_t(a)); }
void* operator new(std::size_t n, std::nothrow_t const&) noexcept { return take(n, usual); }
void* operator new[](std::size_t n, std::nothrow_t const&) noexcept { return take(n, usual); }
void operator delete(void* p) noexcept { give(p); }
void operator delete[](void* p) noexcept { give(p); }
void operator delete(void* p, std::size_t) noexcept { give(p); }
void operator delete[](void* p, std::size_t) noexcept { give(p); }
void operator delete(void* p, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, std::nothrow_t const&) noexcept { give(p); }
void operator delete[](void* p, std::nothrow_t const&) noexcept { give(p); }

using namespace foil;

namespace {

/// call() with the first, the second, ... allocation failing, until there are no more; untouched() after each. Every
/// call has a thread of its own, so that what a thread keeps for its next call is given back too.
template <class Call, class Untouched>
void at_every_allocation(Call const& call, Untouched const& untouched) {
  long failures = 0;
  for (long k = 1;; ++k) {
    long const before = alive;
    int outcome = 0;
    std::thread([&] {
      left = k;
      try {
        call();
        outcome = left > 0 ? 2 : 1;  // 1: it went on without the memory that it was refused
      } catch (std::bad_alloc const&) {
      } catch (error const&) {
      }
      left = -1;
    }).join();
    long const after = alive;
    INFO("allocation " << k);
    REQUIRE(after == before);
    if (outcome == 2) break;
    failures += outcome == 0;
    REQUIRE(untouched());
  }
  CHECK(failures > 0);
}

}  // namespace

TEST_CASE("allocation: mining, at every failure, with one worker and with three", "[faults]") {
  idx const rows = sanitized ? 40 : 70, columns = 90;
  auto const q = normal_rows<float>(rows, 5, 1), c = normal_rows<float>(columns, 5, 2), q0 = q, c0 = c;
  std::vector<idx> own;
  for (idx i = 0; i < rows; ++i) own.push_back(i);
  auto const documents = pool::bank(c, roles::target(own), bias::absolute_margin{.margin = 0.5});
  for (int workers : {1, 3}) {
    mine_options const o{
        .negatives = 3, .sampling = sampling::uniform{}, .shortage = mining::shortage::fill_random, .executor = threads(workers)};
    mined<float> const want = mine(q, documents, o);
    at_every_allocation([&] { (void)mine(q, documents, o); }, [&] { return q == q0 && c == c0; });
    CHECK(mine(q, documents, o).ids == want.ids);
  }
}

TEST_CASE("allocation: a loss with its gradients", "[faults]") {
  auto const q = normal_rows<float>(70, 5, 1), c = normal_rows<float>(90, 5, 2), q0 = q, c0 = c;
  for (int workers : {1, 3}) {
    objective const contrast{loss::info_nce{.temperature = 0.1}, similarity::cosine{}, reduce::mean{}, {.executor = threads(workers)}};
    at_every_allocation([&] { (void)contrast.value_and_grad(q, pool::in_batch(c)); }, [&] { return q == q0 && c == c0; });
  }
}

TEST_CASE("allocation: a queue keeps its rows when a push fails", "[faults]") {
  auto const first = normal_rows<float>(4, 3, 1), second = normal_rows<float>(5, 3, 2);
  std::vector<idx> const ids{1, 2, 3, 4, 5};
  pool::queue<float> memory(8, 3);
  memory.push(first);
  std::vector<float> const rows(memory.rows().data(), memory.rows().data() + 12);
  pool::queue<float> filled = memory;
  at_every_allocation(
      [&] {
        filled = memory;
        filled.push(second, ids);
      },
      [&] { return true; });
  CHECK((filled.size() == 8 && filled.pointer() == 1));
  at_every_allocation(
      [&] {
        pool::queue<float> copy = memory;
        auto const size = copy.size();
        try {
          copy.push(second, ids);
        } catch (std::bad_alloc const&) {
          if (copy.size() != size || !std::equal(rows.begin(), rows.end(), copy.rows().data()) || copy.pointer() != 4)
            throw std::logic_error("touched");
          throw;
        }
      },
      [&] { return memory.size() == 4 && std::equal(rows.begin(), rows.end(), memory.rows().data()); });
}

TEST_CASE("allocation: scorers", "[faults]") {
  auto const logits = normal_rows<float>(6, 11, 3), before = logits;
  std::vector<idx> const answers{3, 1, 3, -1, 2, 1, 3};
  std::vector<double> const weights{.1, .4, .2, .9, .3, .3, .1};
  at_every_allocation([&] { (void)score::vote(answers, weights); }, [&] { return true; });
  at_every_allocation([&] { (void)score::value_and_grad(score::self_certainty{}, logits); }, [&] { return logits == before; });
}
