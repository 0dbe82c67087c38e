// SPDX-License-Identifier: BSD-3-Clause
// Under mpirun: mining and losses over MPI's ranks against one process; messages in pieces; a rank that fails.
// Tests bridge/mpi.hpp.
//   mpirun -n 3 test_mpi [check | pieces | fail | fail_in_call]
#include "foil/bridge/mpi.hpp"

#include <cstdio>
#include <numeric>
#include <string>

#include "../../bridge/over_ranks.hpp"

namespace {

using foil::idx;

/// Messages of any length, also of none, against what was sent.
void check_messages(foil::bridge::mpi& comm, over_ranks::verdict& v) {
  auto const tell = [](int rank, std::size_t n) {
    std::vector<char> bytes(n);
    for (std::size_t i = 0; i < n; ++i) bytes[i] = char(std::size_t(rank) * 31 + i * 7);
    return bytes;
  };
  int const ranks = comm.size(), rank = comm.rank(), next = (rank + 1) % ranks, previous = (rank - 1 + ranks) % ranks;
  for (std::size_t const n : {0u, 1u, 63u, 64u, 65u, 1000u, 4096u}) {
    std::vector<char> all(n * std::size_t(ranks));
    auto const mine = tell(rank, n);
    comm.all_gather(mine.data(), n, all.data());
    for (int r = 0; r < ranks; ++r)
      v.check(std::equal(all.begin() + idx(n) * r, all.begin() + idx(n) * (r + 1), tell(r, n).begin()),
              "all_gather of " + std::to_string(n));
    std::vector<char> in(n + std::size_t(previous));  // every rank's message has another length
    auto const out = tell(rank, n + std::size_t(rank));
    comm.exchange(next, out.data(), out.size(), previous, in.data(), in.size());
    v.check(in == tell(previous, n + std::size_t(previous)), "exchange of " + std::to_string(n));
  }
  auto const lists = foil::bridge::gather_lists(comm, std::vector<int>(std::size_t(rank), rank));
  v.check(idx(lists.size()) == ranks * (ranks - 1) / 2 &&
              std::accumulate(lists.begin(), lists.end(), 0) == (ranks - 1) * ranks * (2 * ranks - 1) / 6,
          "gather_lists");
}

int run(foil::bridge::mpi& comm, std::string const& what) {
  over_ranks::verdict v;
  if (what == "fail" || what == "fail_in_call") {
    if (comm.rank() == comm.size() - 1) {
      if (what == "fail") foil::require(false, "the disk of this rank is full");
      foil::matrix<float> const q = foil::matrix<float>::Ones(2, 3), k = foil::matrix<float>::Ones(2, 4);
      foil::objective(foil::loss::info_nce{}).value(q, foil::pool::in_batch(k));  // refused, while the others wait below
    }
    foil::bridge::gather_values(comm, 1);
    std::puts("nobody failed");
    return 0;
  }
  check_messages(comm, v);
  over_ranks::check_mining<float>(comm, v);
  over_ranks::check_losses<double>(comm, v), over_ranks::check_symmetric(comm, v);
  over_ranks::check_whole_corpus<float>(comm, v), over_ranks::check_counts(comm, v);
  if (what == "check") {
    over_ranks::check_mining<double>(comm, v), over_ranks::check_losses<float>(comm, v), over_ranks::check_half(comm, v);
    over_ranks::check_refusals(comm, v), over_ranks::check_progress(comm, v);
    for (std::size_t const chunk : {std::size_t(0), std::size_t(1) << 31}) {
      std::string text;
      try {
        foil::bridge::mpi const refused(MPI_COMM_WORLD, chunk);
      } catch (foil::error const& e) {
        text = e.what();
      }
      v.check(text == "foil: mpi: chunk must be in 1 .. 2^31 - 1 bytes, got " + std::to_string(chunk), text);
    }
  }
  if (!v.text().empty()) std::printf("rank %d of %d, %s:\n%s", comm.rank(), comm.size(), what.c_str(), v.text().c_str());
  return v.text().empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string const what = argc > 1 ? argv[1] : "check";
  std::size_t const chunk = what == "pieces" ? 64 : std::size_t(1) << 30;
  return foil::bridge::under_mpi(
      argc, argv, [&](foil::bridge::mpi& comm) { return run(comm, what); }, chunk);
}
