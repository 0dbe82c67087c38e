// SPDX-License-Identifier: BSD-3-Clause
// Neighbouring candidates, as the search by whole numbers packs them and as single pairs of it are scored.
#pragma once

#include "foil/engine/problem.hpp"
#include "foil/simd/dots.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Candidates [first, first + n). Pairs are scored from the rows as they are stored, unless all are opened: numbers then differ from
/// those of opened rows by two roundings and by that of each opened number, which bands hold.
template <Scalar S>
class candidate_block {
 public:
  candidate_block(engine::source<S> const& from, idx first, idx n) : from_(from), first_(first), n_(n) {}

  idx first() const { return first_; }
  idx size() const { return n_; }
  candidate_block other(idx first, idx n) const { return {from_, first, n}; }
  /// Opened rows serve packing and scores. `scratch` holds all of them and may stay unused.
  void open_all(S* scratch) { opened_ = from_.open(first_, n_, scratch); }
  /// Rows k .. k + count, opened; `scratch` holds as many.
  engine::dense<S> open(idx k, idx count, S* scratch) const {
    return opened_.data != nullptr ? engine::dense<S>{opened_.row(k), opened_.stride} : from_.open(first_ + k, count, scratch);
  }
  /// Products of N pairs, an opened row a[i] and candidate at[i], and what `start` adds to them.
  template <idx N>
  void score(S const* const (&a)[std::size_t(N)], idx const (&at)[std::size_t(N)], S* number) const {
    S const* c[std::size_t(N)];
    for (idx k = 0; k < N; ++k) c[k] = row(at[k]);
    simd::dots<N>(a, c, from_.dim, number);
    if (opened_.data == nullptr && from_.stored.inverse != nullptr)
      for (idx k = 0; k < N; ++k) number[k] *= from_.stored.factor(first_ + at[k]);
    for (idx k = 0; k < N; ++k) number[k] += start(from_, first_ + at[k]);
  }
  void prefetch(idx k) const { engine::announce_row(row(k), from_.dim); }

  /// What is added to the products of a candidate; the lowest number for one that is absent.
  static S start(engine::source<S> const& from, idx j) {
    return from.is_bad(j) ? std::numeric_limits<S>::lowest() : from.kind.distance ? -from.square[std::size_t(j)] / 2 : S(0);
  }
  S start_of(idx k) const { return start(from_, first_ + k); }

 private:
  S const* row(idx k) const { return opened_.data != nullptr ? opened_.row(k) : from_.stored.row(first_ + k); }
  engine::source<S> const& from_;
  idx first_, n_;
  engine::dense<S> opened_{nullptr, 0};
};

}}  // namespace foil::mining
