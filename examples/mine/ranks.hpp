// SPDX-License-Identifier: BSD-3-Clause
// The processes that share a job: this one alone or, where MINE_OVER_RANKS is defined, those that mpirun started, each of which
// ranks its part of the corpus.
#pragma once

#include <algorithm>
#include <cstdio>
#include <foil/bridge/mapped_rows.hpp>
#include <foil/foil.hpp>
#include <string>
#include <thread>
#include <vector>
#if defined(MINE_OVER_RANKS)
#include <chrono>
#include <foil/bridge/mpi.hpp>
#include <unistd.h>
#endif

namespace miner {

using foil::idx;

#if defined(MINE_OVER_RANKS)

/// The corpus, of which every process looks at its part in every call.
template <foil::Stored T>
struct documents {
  documents(foil::view<T> x, foil::metric, idx, foil::bad_rows, foil::executor const&) : rows(x) {}
  void prefetch(std::vector<idx> const&) const {}
  foil::view<T> rows;
};

/// Every process makes the same calls. Files are written, and all is told, by the first.
class ranks {
 public:
  explicit ranks(foil::bridge::mpi& comm) : comm_(comm), errors_(dup(STDERR_FILENO)) {
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
  /// Of this process, unless the user says so: the machine's, shared with the ranks that run here too.
  int threads() const {
    MPI_Comm here;
    int n = 1;
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here) == MPI_SUCCESS)
      MPI_Comm_size(here, &n), MPI_Comm_free(&here);
    return (std::max)(1, int(std::thread::hardware_concurrency()) / n);
  }
  /// What the first process has.
  std::vector<idx> of_first(std::vector<idx> list) const { return foil::bridge::gather_lists(comm_, first() ? list : std::vector<idx>{}); }
  /// foil::mine; `pool` holds the whole corpus. The result is everyone's.
  template <class Q, class P, class T, class Sim>
  auto mine(Q const& q, P pool, documents<T> const&, foil::mine_options const& m, Sim similarity) const {
    auto const at = [&, n = pool.data.rows()](int rank) { return n / comm_.size() * rank + (std::min)(n % comm_.size(), idx(rank)); };
    idx const from = at(comm_.rank());
    pool.columns = at(comm_.rank() + 1) - from;
    pool.data = pool.data.middle(from, pool.columns);
    return foil::bridge::mine_candidate_shards(comm_, q, pool, m, similarity);
  }
  /// Says why, and ends all processes. What happened to all of them is said by the first.
  int end(std::string const& text, int code) const {
    if (!first()) std::this_thread::sleep_for(std::chrono::milliseconds(500));
    dprintf(errors_, "%s\n", text.c_str());
    MPI_Abort(MPI_COMM_WORLD, code);
    return code;
  }

 private:
  foil::bridge::mpi& comm_;
  int errors_;
};

#else

/// The corpus, looked at once, in blocks of rows that are read one after the other.
template <foil::Stored T>
struct documents {
  documents(foil::view<T> x, foil::metric kind, idx at_a_time, foil::bad_rows bad, foil::executor const& on)
      : rows(x), pages(x), blocks(x, kind, at_a_time, bad, on, at_a_time < x.rows() ? &pages : nullptr) {}
  /// Some rows will be read by themselves.
  void prefetch(std::vector<idx> some) const {
    if (blocks.size() == 1) return;
    std::sort(some.begin(), some.end());
    for (idx const j : some) pages.prefetch(j, 1);
  }
  foil::view<T> rows;
  foil::bridge::mapped_rows<T> pages;
  foil::candidate_blocks<T> blocks;
};

class ranks {
 public:
  template <class Tool>
  static int start(int, char**, Tool const& tool) {
    ranks alone;
    return tool(alone);
  }
  bool first() const { return true; }
  int threads() const { return (std::max)(1, int(std::thread::hardware_concurrency())); }
  std::vector<idx> of_first(std::vector<idx> list) const { return list; }
  template <class Q, class P, class T, class Sim>
  auto mine(Q const& q, P const& pool, documents<T> const& corpus, foil::mine_options const& m, Sim similarity) const {
    return foil::mine_in_blocks(q, pool, corpus.blocks, m, similarity);
  }
  int end(std::string const& text, int code) const {
    std::fprintf(stderr, "%s\n", text.c_str());
    return code;
  }
};

#endif

}  // namespace miner
