// SPDX-License-Identifier: BSD-3-Clause
// Candidates in blocks of rows, each looked at as a whole: for a corpus that is larger than memory.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "foil/engine/execution.hpp"
#include "foil/engine/source_of.hpp"
#include "foil/engine/work_range.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Is told, by the thread that called foil, which rows of a matrix are read next, and which are not read for a while: to read ahead.
struct row_reader {
  virtual ~row_reader() = default;
  virtual void prefetch(idx first, idx n) const = 0;  ///< rows first .. first + n are read next
  virtual void release(idx first, idx n) const = 0;   ///< they are not read for a while; single ones may be, all the same
};

/// The rows of a matrix, which must outlive this, in blocks of at most `at_a_time` >= 1. The constructor reads every row once, for lengths
/// and for a NaN or an infinity, which is refused or, with bad_rows::skip, makes the row no candidate; each pass of mining reads them
/// again. Kept of a row: 8 bytes for cosines, a scalar for distances, nothing for dot. `on`: threads of the constructor. `reader`, if any,
/// must outlive this, too. `first_number`: what messages call row 0; `where`: the function that they name.
template <Stored T>
class candidate_blocks {
 public:
  using Scalar = T;
  candidate_blocks(view<T> x, metric kind, idx at_a_time, bad_rows bad = bad_rows::refuse, executor const& on = {},
                   row_reader const* reader = nullptr, idx first_number = 0, char const* where = "candidate_blocks")
      : rows_(x), kind_(kind), bad_(bad), reader_(reader) {
    require(at_a_time >= 1, where, ": at_a_time must be at least 1, got ", at_a_time);
    call_executor const started(on);
    idx const n = x.rows(), blocks = n == 0 ? 0 : (n - 1) / at_a_time + 1;
    for (idx b = 0; b <= blocks; ++b) first_.push_back(b * (n / (std::max)(blocks, idx(1))) + (std::min)(b, blocks == 0 ? 0 : n % blocks));
    if (blocks > 0) prefetch(0);
    for (idx b = 0; b < blocks; ++b) {
      if (b + 1 < blocks) prefetch(b + 1);
      sources_.push_back(std::make_unique<source>(x.middle(first(b), rows(b)), kind, bad == bad_rows::skip, where, "candidates", 0,
                                                  started.get(), precision::full, nullptr, first_number + first(b)));
      bad_count_ += sources_.back()->bad_rows;
      release(b);
    }
  }

  view<T> all() const { return rows_; }
  metric kind() const { return kind_; }
  bad_rows bad() const { return bad_; }
  /// Rows that are absent.
  idx bad_count() const { return bad_count_; }
  idx size() const { return idx(sources_.size()); }          ///< number of blocks
  idx first(idx b) const { return first_[std::size_t(b)]; }  ///< row of all() that block b begins with
  idx rows(idx b) const { return first(b + 1) - first(b); }  ///< of block b
  auto const& operator[](idx b) const { return *sources_[std::size_t(b)]; }
  /// For a new pass: whether it goes from the last block to the first, as the first and then every other one does, to begin with
  /// what was read last.
  bool alternate_direction() const { return backward_ = !backward_; }
  void prefetch(idx b) const {
    if (reader_ != nullptr) reader_->prefetch(first(b), rows(b));
  }
  void release(idx b) const {
    if (reader_ != nullptr) reader_->release(first(b), rows(b));
  }

 private:
  using source = engine::source_of<arithmetic<T>, T>;
  view<T> rows_;
  metric kind_;
  bad_rows bad_;
  row_reader const* reader_;
  std::vector<idx> first_;
  std::vector<std::unique_ptr<source>> sources_;
  idx bad_count_ = 0;
  mutable std::atomic<bool> backward_ = false;
};

}}  // namespace foil
