// SPDX-License-Identifier: BSD-3-Clause
// A matrix whose rows lie in blocks, one a rank: all of it at once, or block by block, and gradients sent to the rank of each row.
#pragma once

#include <utility>
#include <vector>

#include "foil/bridge/communicator.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Blocks may differ in length or be empty; rows are numbered through them in rank order. Every rank makes the same calls.
template <class T, Communicator C>
class blocks_of_ranks {
 public:
  blocks_of_ranks(C& comm, view<T> own) : comm_(comm), own_(own) {
    for (idx const n : gather_values(comm, own.rows())) first_.push_back(first_.back() + n);
  }
  idx first(int rank) const { return first_[std::size_t(rank)]; }  ///< number of its first row
  idx count(int rank) const { return first(rank + 1) - first(rank); }
  idx rows() const { return first_.back(); }

  /// The whole matrix, in rank order.
  matrix<T> gather() const {
    matrix<T> out(rows(), own_.cols());
    copy_to(out.data() + first(comm_.rank()) * own_.cols());
    std::vector<std::size_t> at;
    for (idx const row : first_) at.push_back(bytes_of<T>(row * own_.cols()));
    gather_blocks(comm_, reinterpret_cast<char*>(out.data()), at);
    return out;
  }
  /// From this rank's gradient of the whole matrix to the sum over ranks of that of its own rows. The order of the sum depends on the
  /// number of ranks alone.
  template <class S>
  matrix<S> reduce(matrix<S> const& g) const {
    int const ranks = comm_.size(), rank = comm_.rank();
    matrix<S> sum = g.middleRows(first(rank), own_.rows()), more(own_.rows(), g.cols());
    for (int step = 1; step < ranks; ++step) {
      int const to = (rank + step) % ranks, from = (rank - step + ranks) % ranks;
      comm_.exchange(to, g.data() + first(to) * g.cols(), bytes_of<S>(count(to) * g.cols()), from, more.data(), bytes_of<S>(more.size()));
      sum += more;
    }
    return sum;
  }
  /// f(block, its owner, its gradient) for every rank's block, this rank's own first; then block, and gradient if it has columns,
  /// go on to the next rank; in the end gradients are at the rank of their rows. f must not talk to other ranks; its errors are thrown on all.
  template <class S, class F>
  void each_block(matrix<S>& gradient, F const& f) const {
    int const ranks = comm_.size(), rank = comm_.rank();
    bool const with_gradient = gradient.cols() > 0;
    matrix<T> block(own_.rows(), own_.cols());
    copy_to(block.data());
    for (int step = 0; step < ranks; ++step) {
      int const owner = (rank - step + ranks) % ranks, before = (owner - 1 + ranks) % ranks;
      on_every_rank(comm_, [&] {
        if (block.rows() > 0) f(as_view(block), owner, gradient);
        return 0;
      });
      if (step + 1 < ranks) pass(block, count(before));
      if (with_gradient && ranks > 1) pass(gradient, count(before));
    }
  }

 private:
  template <class E>
  static std::size_t bytes_of(idx n) {
    return std::size_t(n) * sizeof(E);
  }
  void copy_to(T* to) const {
    for (idx i = 0; i < own_.rows(); ++i) std::copy_n(own_.row(i), own_.cols(), to + i * own_.cols());
  }
  /// What this rank holds goes to the next, the `rows` rows of the rank before come.
  template <class E>
  void pass(matrix<E>& m, idx rows) const {
    int const ranks = comm_.size(), rank = comm_.rank();
    matrix<E> coming(rows, own_.cols());
    comm_.exchange((rank + 1) % ranks, m.data(), bytes_of<E>(m.size()), (rank - 1 + ranks) % ranks, coming.data(),
                   bytes_of<E>(coming.size()));
    m.swap(coming);
  }

  C& comm_;
  view<T> own_;
  std::vector<idx> first_{0};
};

}}  // namespace foil::bridge
