// SPDX-License-Identifier: BSD-3-Clause
// Several processes, called ranks, that make the same calls in the same order: what foil asks of their messages, and what it builds
// from it. foil/bridge/mpi.hpp has one for MPI; one for NCCL, Gloo or threads is as short. One file because all of it must keep the ranks
// in step.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foil/core/types.hpp"
#include "foil/core/view.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

///   rank(), size()                            this process's number in 0 .. size - 1, and how many there are
///   all_gather(mine, n, all)                  n bytes of every rank, the same n, to every rank, in rank order
///   exchange(to, out, n_out, from, in, n_in)  one message to a rank and one from a rank, either of which may be empty; any length
/// A communicator is called from the thread that calls foil, never from an executor's. One that cannot send throws foil::error.
template <class C>
concept Communicator = requires(C& c, void const* out, void* in, std::size_t n, int rank) {
  { c.rank() } -> std::convertible_to<int>;
  { c.size() } -> std::convertible_to<int>;
  c.all_gather(out, n, in);
  c.exchange(rank, out, n, rank, in, n);
};

/// One number or plain struct of every rank, in rank order.
template <class T, Communicator C>
std::vector<T> gather_values(C& comm, T const& mine) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::vector<T> all(std::size_t(comm.size()));
  comm.all_gather(&mine, sizeof(T), all.data());
  return all;
}

/// The blocks of all ranks, one after the other in `all`, of which this rank's is there: fetches the others. first[r] .. first[r + 1]
/// are the bytes of rank r. Traffic: every rank sends and receives all but one block, in size - 1 messages round the ring.
template <Communicator C>
void gather_blocks(C& comm, char* all, std::vector<std::size_t> const& first) {
  int const ranks = comm.size(), rank = comm.rank();
  auto const length = [&](int r) { return first[std::size_t(r) + 1] - first[std::size_t(r)]; };
  for (int step = 1; step < ranks; ++step) {
    int const out = (rank - step + 1 + ranks) % ranks, in = (rank - step + ranks) % ranks;
    comm.exchange((rank + 1) % ranks, all + first[std::size_t(out)], length(out), (rank - 1 + ranks) % ranks, all + first[std::size_t(in)],
                  length(in));
  }
}
/// Bytes of every rank, as many as each has, in rank order.
struct gathered_bytes {
  std::vector<char> bytes;
  std::vector<std::size_t> first{0};  ///< those of rank r are first[r] .. first[r + 1]
};
template <Communicator C>
gathered_bytes gather_bytes(C& comm, void const* mine, std::size_t n) {
  gathered_bytes all;
  for (std::uint64_t const each : gather_values(comm, std::uint64_t(n))) all.first.push_back(all.first.back() + std::size_t(each));
  all.bytes.resize(all.first.back());
  if (n > 0) std::memcpy(all.bytes.data() + all.first[std::size_t(comm.rank())], mine, n);
  gather_blocks(comm, all.bytes.data(), all.first);
  return all;
}
template <class T, Communicator C>
std::vector<T> gather_lists(C& comm, std::vector<T> const& mine) {
  static_assert(std::is_trivially_copyable_v<T>);
  gathered_bytes const all = gather_bytes(comm, mine.data(), mine.size() * sizeof(T));
  std::vector<T> out(all.bytes.size() / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), all.bytes.data(), all.bytes.size());
  return out;
}

/// out[r] goes to rank r; returned is what every rank had for this one, in rank order.
template <Communicator C>
std::vector<std::vector<char>> all_to_all_bytes(C& comm, std::vector<std::vector<char>> out) {
  int const ranks = comm.size(), rank = comm.rank();
  std::vector<std::vector<char>> in(std::size_t(ranks), std::vector<char>{});
  in[std::size_t(rank)] = std::move(out[std::size_t(rank)]);
  for (int step = 1; step < ranks; ++step) {
    int const to = (rank + step) % ranks, from = (rank - step + ranks) % ranks;
    std::vector<char>&send = out[std::size_t(to)], &receive = in[std::size_t(from)];
    std::uint64_t const sent = send.size();
    std::uint64_t coming = 0;
    comm.exchange(to, &sent, sizeof sent, from, &coming, sizeof coming);
    receive.resize(std::size_t(coming));
    comm.exchange(to, send.data(), send.size(), from, receive.data(), receive.size());
  }
  return in;
}

/// f() on every rank, which must not talk to the others. If it fails on some, all ranks throw the error of the lowest of them, with its
/// number, so that none waits for one that is gone.
template <Communicator C, class F>
auto on_every_rank(C& comm, F const& f) {
  std::optional<decltype(f())> result;
  std::string failure;
#if FOIL_EXCEPTIONS
  try {
    result.emplace(f());
  } catch (std::exception const& e) {
    failure = *e.what() ? e.what() : "an unnamed error";
  } catch (...) {
    failure = "an exception that is no std::exception";
  }
#else
  result.emplace(f());
#endif
  auto const lengths = gather_values(comm, std::uint64_t(failure.size()));
  bool failed = false;
  for (std::uint64_t n : lengths) failed = failed || n > 0;
  if (failed) {
    gathered_bytes const all = gather_bytes(comm, failure.data(), failure.size());
    std::size_t r = 0;
    while (lengths[r] == 0) ++r;
    std::string_view const text(all.bytes.data() + all.first[r], std::size_t(lengths[r]));
    fail("rank " + std::to_string(r) + " of " + std::to_string(lengths.size()) + ": " + std::string(without_name(text)));
  }
  return std::move(*result);
}

/// A number for what was fed to it, in order.
class fingerprint {
 public:
  void add(void const* bytes, std::size_t n) {
    auto const* p = static_cast<char const*>(bytes);
    for (std::uint64_t word; n > 0;) {
      std::size_t const some = n < sizeof word ? n : sizeof word;
      word = some;
      std::memcpy(&word, p, some);
      value_ = (value_ ^ word) * 0x9e3779b97f4a7c15u;
      value_ ^= value_ >> 29;
      p += some, n -= some;
    }
  }
  template <class T>
  void add(T const& x) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    add(&x, sizeof x);
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0x2545f4914f6cdd1du;
};

/// Refuses, on all ranks, what must be the same on all of them and is not.
template <Communicator C>
void require_same(C& comm, char const* where, char const* what, std::uint64_t mine) {
  auto const all = gather_values(comm, mine);
  for (std::size_t r = 1; r < all.size(); ++r)
    require(all[r] == all[0], where, ": all ranks must be given the same ", what, "; those of rank ", r, " differ from those of rank 0");
}

}}  // namespace foil::bridge
