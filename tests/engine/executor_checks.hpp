// SPDX-License-Identifier: BSD-3-Clause
// What every executor must do: each part once, the bits of one thread, exceptions by number, nested and simultaneous calls.
#pragma once

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/cluster/k_means.hpp"
#include "foil/mine/mine.hpp"
#include "foil/roles/per_pair.hpp"

namespace executors {

using namespace table;

template <class Crew>
void each_part_once(Crew& crew, int rounds = 300) {
  std::vector<std::atomic<int>> done(64);
  for (int round = 0; round < rounds; ++round) {
    int const n = round % 64 + 1;
    for (auto& d : done) d = 0;
    crew.run(n, [&](int i) { ++done[std::size_t(i)]; });
    int wrong = 0;
    for (int i = 0; i < 64; ++i) wrong += done[std::size_t(i)] != (i < n);
    if (wrong != 0) FAIL("round " << round << ": " << wrong << " parts not done once");
  }
}

/// Two parts meet, each waiting for the other for at most ten seconds a round: a crew of two or more threads needs no second.
template <class Crew>
void parts_run_at_the_same_time(Crew& crew) {
  REQUIRE(crew.workers() >= 2);
  std::atomic<int> inside{0};
  std::atomic<bool> met{false};
  crew.run(2, [&](int) {
    ++inside;
    auto const late = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!met && std::chrono::steady_clock::now() < late) {
      if (inside == 2) met = true;
      std::this_thread::yield();
    }
  });
  CHECK(met);
}

template <class Crew>
void exceptions_pass(Crew& crew) {
  std::atomic<int> ended{0};
  for (int round = 0; round < 50; ++round) {
    ended = 0;
    std::string told;
    try {
      crew.run(6, [&](int i) {
        ++ended;
        if (i == 2 || i == 4) throw std::runtime_error(std::to_string(i));
      });
    } catch (std::runtime_error const& e) {
      told = e.what();
    }
    CHECK(told == "2");
    CHECK(ended == 6);
  }
  // Out of the middle of a call, and the next call is none the worse.
  auto const q = normal_rows<float>(700, 9, 3);
  objective const f{loss::info_nce{}, similarity::cosine{}, reduce::mean{}, {.executor = executor_of(crew)}};
  auto const rule = [](idx row, idx column) {
    if (row == 311 && column == 500) throw std::runtime_error("row 311");
    return row == column ? role::positive : role::negative;
  };
  std::string told;
  try {
    f.value_and_grad(q, pool::in_batch(q, roles::per_pair(rule)));
  } catch (std::runtime_error const& e) {
    told = e.what();
  }
  CHECK(told == "row 311");
  CHECK(same_bits(f.value_and_grad(q, pool::in_batch(q)), objective{loss::info_nce{}}.value_and_grad(q, pool::in_batch(q))));
}

template <class Crew>
void same_bits_as_one_thread(Crew& crew) {
  auto const q = normal_rows<float>(700, 19, 1), k = normal_rows<float>(700, 19, 2);
  executor const on = executor_of(crew);
  CHECK(on.workers == crew.workers());
  CHECK(same_bits(objective{loss::info_nce{}, similarity::dot{}, reduce::mean{}, {.executor = on}}.symmetric(q, pool::in_batch(k)),
                  objective{loss::info_nce{}, similarity::dot{}}.symmetric(q, pool::in_batch(k))));
  auto const with = mine(q, pool::bank(k), {.negatives = 5, .executor = on}), without = mine(q, pool::bank(k), {.negatives = 5});
  CHECK((with.ids == without.ids && with.scores == without.scores));
  auto const many = normal_rows<float>(5000, 8, 4);
  auto const on_crew = mining::k_means(many, {.clusters = 20, .passes = 3}, {.executor = on});
  auto const on_one = mining::k_means(many, {.clusters = 20, .passes = 3});
  CHECK(same_bits(on_crew.centres, on_one.centres));
}

template <class Crew>
void nested_use(Crew& crew) {
  std::atomic<int> inner{0};
  for (int round = 0; round < 50; ++round) crew.run(4, [&](int) { crew.run(5, [&](int) { ++inner; }); });
  CHECK(inner == 1000);
  std::atomic<int> both{0};
  auto const often = [&] {
    for (int i = 0; i < 200; ++i) crew.run(3, [&](int) { ++both; });
  };
  std::thread second(often);
  often();
  second.join();
  CHECK(both == 1200);
  // Calls of foil within a part, and several threads with one executor.
  auto const q = normal_rows<float>(300, 9, 1), k = normal_rows<float>(300, 9, 2);
  auto const expected = objective{loss::info_nce{}}.value_and_grad(q, pool::in_batch(k));
  objective const f{loss::info_nce{}, similarity::cosine{}, reduce::mean{}, {.executor = executor_of(crew)}};
  std::atomic<int> right{0};
  auto const call = [&](int) { right += same_bits(f.value_and_grad(q, pool::in_batch(k)), expected); };
  crew.run(6, call);
  std::thread other([&] {
    for (int i = 0; i < 10; ++i) call(i);
  });
  for (int i = 0; i < 10; ++i) call(i);
  other.join();
  CHECK(right == 26);
}

/// All of it.
template <class Crew>
void check_executor(Crew& crew) {
  static_assert(Executor<Crew>);
  each_part_once(crew);
  parts_run_at_the_same_time(crew);
  exceptions_pass(crew);
  same_bits_as_one_thread(crew);
  nested_use(crew);
}

}  // namespace executors
