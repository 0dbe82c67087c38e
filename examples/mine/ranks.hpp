// SPDX-License-Identifier: BSD-3-Clause
// The processes that share a job: this one alone or, where MINE_OVER_RANKS is defined, those that mpirun started, each of which
// reads and ranks its share of the corpus.
#pragma once

#include <algorithm>
#include <cstdio>
#include <foil/foil.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#if defined(MINE_OVER_RANKS)
#include <chrono>
#include <foil/bridge/mpi.hpp>
#include <unistd.h>
#endif

namespace miner {

using foil::idx;

template <foil::Stored T>
struct documents;

#if defined(MINE_OVER_RANKS)

/// Every process makes the same calls. Files are written, and all is told, by the first.
class ranks {
 public:
  explicit ranks(foil::bridge::mpi& comm) : comm_(comm), errors_(dup(STDERR_FILENO)) {
    MPI_Comm here;
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here) == MPI_SUCCESS)
      MPI_Comm_size(here, &on_this_machine_), MPI_Comm_free(&here);
    if (first()) return;
    for (std::FILE* stream : {stdout, stderr})
      if (std::freopen("/dev/null", "w", stream) == nullptr) std::fclose(stream);
  }
  ranks(ranks const&) = delete;
  ~ranks() { close(errors_); }

  /// tool(ranks) -> exit code, once in each process.
  template <class Tool>
  static int start(int& count, char**& arguments, Tool const& tool) {
    return foil::bridge::under_mpi(count, arguments, [&](foil::bridge::mpi& comm) {
      ranks all(comm);
      return tool(all);
    });
  }
  bool first() const { return comm_.rank() == 0; }
  /// How many of the processes share this machine's processors and memory.
  int on_this_machine() const { return on_this_machine_; }
  /// This process's share of n documents: its first, and how many.
  std::pair<idx, idx> share(idx n) const {
    auto const at = [&](int rank) { return n / comm_.size() * rank + (std::min)(n % comm_.size(), idx(rank)); };
    return {at(comm_.rank()), at(comm_.rank() + 1) - at(comm_.rank())};
  }
  /// f() in every process; an error of one is thrown in all.
  template <class F>
  auto in_each(F const& f) const {
    return foil::bridge::on_every_rank(comm_, f);
  }
  /// What the first process has.
  std::vector<idx> of_first(std::vector<idx> list) const { return foil::bridge::gather_lists(comm_, first() ? list : std::vector<idx>{}); }
  /// foil::mine; `pool` holds the whole corpus. The result is everyone's.
  template <class Q, class P, class T, class Sim>
  auto mine(Q const& q, P pool, documents<T> const& corpus, foil::mine_options const& m, Sim similarity) const {
    pool.data = corpus.blocks->all(), pool.columns = pool.data.rows();
    return foil::bridge::mine_candidate_shards(comm_, q, pool, *corpus.blocks, m, similarity);
  }
  /// Says why, and ends all processes. What happened to all of them is said by the first.
  int end(std::string const& text, int code) const {
    if (!first()) std::this_thread::sleep_for(std::chrono::seconds(3));
    dprintf(errors_, "%s\n", text.c_str());
    MPI_Abort(MPI_COMM_WORLD, code);
    return code;
  }

 private:
  foil::bridge::mpi& comm_;
  int errors_, on_this_machine_ = 1;
};

#else

class ranks {
 public:
  template <class Tool>
  static int start(int, char**, Tool const& tool) {
    ranks alone;
    return tool(alone);
  }
  bool first() const { return true; }
  int on_this_machine() const { return 1; }
  std::pair<idx, idx> share(idx n) const { return {0, n}; }
  template <class F>
  auto in_each(F const& f) const {
    return f();
  }
  std::vector<idx> of_first(std::vector<idx> list) const { return list; }
  template <class Q, class P, class T, class Sim>
  auto mine(Q const& q, P const& pool, documents<T> const& corpus, foil::mine_options const& m, Sim similarity) const {
    return foil::mine_in_blocks(q, pool, *corpus.blocks, m, similarity);
  }
  int end(std::string const& text, int code) const {
    std::fprintf(stderr, "%s\n", text.c_str());
    return code;
  }
};

#endif

}  // namespace miner
