// SPDX-License-Identifier: BSD-3-Clause
// MPI (Open MPI, MPICH) as a communicator, and a main function around which no rank waits for one that failed.
#pragma once

#if !defined(OMPI_SKIP_MPICXX)
#define OMPI_SKIP_MPICXX 1  // the C++ interface that MPI 3 took back
#endif
#if !defined(MPICH_SKIP_MPICXX)
#define MPICH_SKIP_MPICXX 1
#endif
#include <algorithm>
#include <cstdio>
#include <mpi.h>

#include "foil/bridge/communicator.hpp"
#include "foil/bridge/mine_over_ranks.hpp"
#include "foil/bridge/objective_over_ranks.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// The ranks of an MPI communicator, of which it makes a copy, so that no message of the caller's meets one of foil's. MPI must be
/// initialised, MPI_THREAD_FUNNELED is enough, and outlive it. A message that MPI fails to carry is a foil::error with MPI's text.
/// Messages are cut into pieces of at most `chunk` bytes: counts of MPI 3 are ints, and end at 2^31 - 1.
class mpi {
 public:
  explicit mpi(MPI_Comm ranks = MPI_COMM_WORLD, std::size_t chunk = std::size_t(1) << 30) : chunk_(chunk) {
    require(chunk >= 1 && chunk < std::size_t(1) << 31, "mpi: chunk must be in 1 .. 2^31 - 1 bytes, got ", chunk);
    int there = 0;
    MPI_Initialized(&there);
    require(there != 0, "mpi: call MPI_Init_thread first, or use foil::bridge::under_mpi");
    check(MPI_Comm_dup(ranks, &ranks_), "MPI_Comm_dup");
    MPI_Comm_set_errhandler(ranks_, MPI_ERRORS_RETURN);
    check(MPI_Comm_rank(ranks_, &rank_), "MPI_Comm_rank"), check(MPI_Comm_size(ranks_, &size_), "MPI_Comm_size");
  }
  mpi(mpi const&) = delete;
  ~mpi() {
    int over = 0;
    MPI_Finalized(&over);
    if (over == 0) MPI_Comm_free(&ranks_);
  }

  int rank() const { return rank_; }
  int size() const { return size_; }
  std::size_t chunk() const { return chunk_; }

  void all_gather(void const* mine, std::size_t n, void* all) {
    if (n <= chunk_ / std::size_t(size_)) {
      check(MPI_Allgather(mine, int(n), MPI_BYTE, all, int(n), MPI_BYTE, ranks_), "MPI_Allgather");
      return;
    }
    auto* const to = static_cast<char*>(all);
    std::memcpy(to + std::size_t(rank_) * n, mine, n);
    for (int step = 1; step < size_; ++step) {
      int const from = (rank_ - step + size_) % size_;
      exchange((rank_ + step) % size_, mine, n, from, to + std::size_t(from) * n, n);
    }
  }
  void exchange(int to, void const* out, std::size_t n_out, int from, void* in, std::size_t n_in) {
    auto const* send = static_cast<char const*>(out);
    auto* receive = static_cast<char*>(in);
    while (n_out > 0 || n_in > 0) {
      std::size_t const sent = (std::min)(n_out, chunk_), received = (std::min)(n_in, chunk_);
      MPI_Status got;
      check(MPI_Sendrecv(send, int(sent), MPI_BYTE, sent > 0 ? to : MPI_PROC_NULL, 0, receive, int(received), MPI_BYTE,
                         received > 0 ? from : MPI_PROC_NULL, 0, ranks_, &got),
            "MPI_Sendrecv");
      n_out -= sent, n_in -= received;
      if (n_out > 0) send += sent;
      if (n_in > 0) receive += received;
    }
  }

 private:
  static void check(int code, char const* call) {
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING] = "";
    int n = 0;
    MPI_Error_string(code, text, &n);
    require(false, "mpi: ", call, " failed: ", text);
  }

  MPI_Comm ranks_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
  std::size_t chunk_;
};

/// The main function of a program under mpirun: initialises MPI, calls job(mpi&) -> exit code, finalises MPI. An exception that
/// leaves the job on any rank is printed with the rank's number and ends all ranks (MPI_Abort), so that none waits for ever.
///   int main(int argc, char** argv) { return foil::bridge::under_mpi(argc, argv, [&](foil::bridge::mpi& ranks) { ...; return 0; }); }
template <class Job>
int under_mpi(int& argc, char**& argv, Job const& job, std::size_t chunk = std::size_t(1) << 30) {
  int level = 0, rank = 0, size = 1, code = 1;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &level);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank), MPI_Comm_size(MPI_COMM_WORLD, &size);
  [[maybe_unused]] auto const end_all = [&](char const* what) {
    std::fprintf(stderr, "rank %d of %d: %s\n", rank, size, what);
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, 1);
  };
  auto const guard = [&](auto const& f) {
#if FOIL_EXCEPTIONS
    try {
      f();
    } catch (std::exception const& e) {
      end_all(e.what());
    } catch (...) {
      end_all("an exception that is no std::exception");
    }
#else
    f();
#endif
  };
  guard([&] {
    require(level >= MPI_THREAD_FUNNELED, "under_mpi: this MPI allows no threads at all (MPI_THREAD_FUNNELED)");
    mpi ranks(MPI_COMM_WORLD, chunk);
    guard([&] { code = job(ranks); });  // while `ranks` lives: MPI_Comm_free may wait for all ranks
  });
  MPI_Finalize();
  return code;
}

}}  // namespace foil::bridge
