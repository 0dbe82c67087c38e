// SPDX-License-Identifier: BSD-3-Clause
// Mining and losses over ranks that are threads: everything but MPI itself.
// Tests bridge/communicator.hpp, bridge/sharded_ranking.hpp, bridge/ring_rows.hpp, bridge/shifted_diagonal.hpp, bridge/blocks_of_ranks.hpp.
#include "over_ranks.hpp"

#include "../catch.hpp"
#include "thread_ranks.hpp"

using namespace foil;

namespace {

template <class Job>
void on_ranks(Job const& job, std::initializer_list<int> sizes) {
  for (int const ranks : sizes)
    for (std::string const& said : thread_ranks(ranks).run([&](auto& comm) {
           over_ranks::verdict v;
           job(comm, v);
           return v.text();
         })) {
      INFO(ranks << " ranks");
      CHECK(said == "");
    }
}

}  // namespace

TEST_CASE("over ranks: mined lists are those of one process, bit for bit", "[bridge]") {
  on_ranks([](auto& comm, auto& v) { over_ranks::check_mining<float>(comm, v); }, {1, 2, 3, 5, 8});
  on_ranks([](auto& comm, auto& v) { over_ranks::check_mining<double>(comm, v); }, {4});
}

TEST_CASE("over ranks: filters by score over the whole corpus", "[bridge]") {
  on_ranks([](auto& comm, auto& v) { over_ranks::check_whole_corpus<float>(comm, v); }, {1, 2, 3, 4, 5});
}

TEST_CASE("over ranks: losses and gradients are those of one process", "[bridge]") {
  on_ranks([](auto& comm, auto& v) { over_ranks::check_losses<double>(comm, v); }, {1, 2, 3, 8});
  on_ranks([](auto& comm, auto& v) { over_ranks::check_losses<float>(comm, v), over_ranks::check_half(comm, v); }, {4});
  on_ranks([](auto& comm, auto& v) { over_ranks::check_symmetric(comm, v); }, {1, 3});
  on_ranks([](auto& comm, auto& v) { over_ranks::check_counts(comm, v); }, {1, 2, 3});
}

TEST_CASE("over ranks: errors of one are thrown on all", "[bridge]") {
  on_ranks([](auto& comm, auto& v) { over_ranks::check_refusals(comm, v); }, {1, 2, 4});
}

TEST_CASE("over ranks: progress is shared", "[bridge]") {
  on_ranks([](auto& comm, auto& v) { over_ranks::check_progress(comm, v); }, {1, 3});
}

TEST_CASE("over ranks: a rank sends no more than is said", "[bridge]") {
  idx const rows = 64, depth = 9;
  for (int const ranks : {2, 4}) {
    matrix<float> const q = over_ranks::drawn<float>(rows, 5, 1), block = over_ranks::drawn<float>(40, 5, 2);
    for (std::string const& sent : thread_ranks(ranks).run([&](auto& comm) {
           bridge::mine_candidate_shards(comm, q, pool::bank(block), {.negatives = depth});
           return std::to_string(comm.sent());
         })) {
      idx const small = 64 * 8 * ranks + 2 * rows * idx(sizeof(idx)) * ranks;  // numbers of each step, and the lengths of lists
      INFO(ranks << " ranks, " << sent << " bytes");
      CHECK(std::stol(sent) <= 2 * rows * depth * 12 + small);
      CHECK(std::stol(sent) >= rows * depth * 12 / 2);
    }
  }
}
