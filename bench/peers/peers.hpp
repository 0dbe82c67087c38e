// SPDX-License-Identifier: BSD-3-Clause
// Peers: what others offer for the same work. One file per peer, compiled where CMake finds it, adds itself to these
// lists; foil's benches see plain functions and none of the peers' headers. C++17, for the peers' sake.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace peers {

using size = std::ptrdiff_t;

/// make(arguments) prepares (builds an index, allocates) and returns what is timed.
template <class Call, class... Arguments>
struct peer {
  std::string name;
  std::function<std::function<Call>(Arguments...)> make;
};

/// (n, k) -> call(scores[n]): the k largest with their indices.
inline std::vector<peer<void(float const*), size, size>> top_k;
/// (queries, rows, corpus, n, dim, k) -> call(): for every query the k largest inner products.
inline std::vector<peer<void(), float const*, size, float const*, size, size, size>> search;
/// (a, m, b, n, k, c) -> call(): c[m, n] = a[m, k] b[n, k]^T.
inline std::vector<peer<void(), float const*, size, float const*, size, size, float*>> product_abt;
/// (a, m, b, n, k, c) -> call(): c[m, n] += a[m, k] b[k, n].
inline std::vector<peer<void(), float const*, size, float const*, size, size, float*>> add_product_ab;
/// (q, k, rows, dim, both directions) -> call(): in-batch InfoNCE on unit rows, value and gradients.
inline std::vector<peer<void(), float const*, float const*, size, size, bool>> info_nce;
/// (logits, rows, vocabulary) -> call(): self-certainty of every row.
inline std::vector<peer<void(), float const*, size, size>> self_certainty;

/// Adds a peer when its file is loaded:  static added const a{peers::top_k, "name", [](...) {...}};
struct added {
  template <class List, class Make>
  added(List& list, char const* name, Make make) {
    list.push_back({name, make});
  }
};

}  // namespace peers
