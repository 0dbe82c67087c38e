// SPDX-License-Identifier: BSD-3-Clause
// A few threads that do one thing together.
#pragma once

#include <foil/foil.hpp>
#include <thread>
#include <vector>

namespace wordnet {

/// Calls work(member) on a thread for each member of the team, and waits for all.
template <class Work>
void run_team(int members, Work const& work) {
  std::vector<std::thread> others;
  for (int i = 1; i < members; ++i) others.emplace_back([&work, i] { work(i); });
  work(0);
  for (std::thread& t : others) t.join();
}

/// Cuts 0 .. n-1 into one piece per member: work(first, past the last).
template <class Work>
void run_pieces(int members, foil::idx n, Work const& work) {
  run_team(members, [&](int i) { work(n * i / members, n * (i + 1) / members); });
}

}  // namespace wordnet
