// SPDX-License-Identifier: BSD-3-Clause
// The rows of a table that lists of ids name, copied out of it: what a listed pool opens of its matrix, and nothing else.
#pragma once

#include <algorithm>
#include <bit>
#include <numeric>
#include <vector>

#include "foil/core/executor.hpp"
#include "foil/core/ids.hpp"
#include "foil/engine/scratch.hpp"
#include "foil/engine/work_range.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// A row that lies anywhere is asked for so many rows before it is used.
inline constexpr idx rows_ahead = 8;
template <class T>
void announce_row(T const* x, idx n) {
  for (idx at = 0; at < n * idx(sizeof(T)); at += 64) __builtin_prefetch(reinterpret_cast<char const*>(x) + at, 0, 2);
}

/// Which rows of a table lists of ids name, each once, in the order in which they are first named. O(ids), however long the table is.
struct named_rows {
  std::vector<idx> numbers;  ///< [rows] of each in the table
  std::vector<idx> ranks;    ///< [rows] of each among them, by their numbers, ascending
  std::vector<idx> places;   ///< for every id of the lists its row here; -1 for -1
  idx table_rows;            ///< length of the table

  /// Ids are -1 or rows of the table.
  named_rows(id_list lists, idx length) : places(std::size_t(lists.size()), -1), table_rows(length) {
    struct entry {
      idx id, place;
    };
    std::vector<entry> all, sorted;
    all.reserve(places.size());
    idx most = 0;
    for (idx k = 0; k < lists.size(); ++k)
      if (idx const id = lists[k]; id >= 0) all.push_back({id, k}), most = (std::max)(most, id);
    sorted.resize(all.size());
    // By digits, the lowest first: no comparison that a processor would have to guess.
    int const bits = std::clamp(int(std::bit_width(all.size())), 4, 11);
    std::vector<std::size_t> next(std::size_t(1) << bits);
    for (int shift = 0; shift < 63 && most >> shift > 0; shift += bits) {
      auto const digit = [&](entry const& e) { return std::size_t(e.id >> shift) & (next.size() - 1); };
      std::fill(next.begin(), next.end(), std::size_t(0));
      for (entry const& e : all) ++next[digit(e)];
      std::exclusive_scan(next.begin(), next.end(), next.begin(), std::size_t(0));
      for (entry const& e : all) sorted[next[digit(e)]++] = e;
      all.swap(sorted);
    }
    std::vector<idx> row_of;  // by rank
    idx last = -1;
    for (entry const& e : all) {
      if (e.id != last) row_of.push_back(-1), last = e.id;
      places[std::size_t(e.place)] = idx(row_of.size()) - 1;  // the rank, for now
    }
    numbers.reserve(row_of.size()), ranks.reserve(row_of.size());
    for (idx k = 0; k < lists.size(); ++k) {
      idx const rank = places[std::size_t(k)];
      if (rank < 0) continue;
      idx& row = row_of[std::size_t(rank)];
      if (row < 0) row = idx(numbers.size()), numbers.push_back(lists[k]), ranks.push_back(rank);
      places[std::size_t(k)] = row;
    }
  }
};

/// Copies of these rows, one after the other, so that whoever goes through the lists goes through memory.
template <Stored T>
class gathered_rows {
 public:
  gathered_rows(view<T> table, named_rows const& named, executor const& on) : n_(idx(named.numbers.size())), dim_(table.cols()) {
    T* const all = numbers_.fit(n_ * dim_);
    if constexpr (whole) scales_.fit(n_);
    auto const row = [&](idx i) { return named.numbers[std::size_t(i)]; };
    int const workers = n_ * dim_ < 1 << 16 ? 1 : (std::max)(1, on.workers);
    on.run(workers, [&](int w) {
      range const r = part(0, n_, w, workers, 1);
      for (idx i = r.from; i < r.to; ++i) {
        if (i + rows_ahead < r.to) announce_row(table.row(row(i + rows_ahead)), dim_);
        std::copy_n(table.row(row(i)), dim_, all + i * dim_);
        if constexpr (whole) scales_.data()[i] = table.scales[row(i)];
      }
    });
  }
  view<T> rows() const {
    if constexpr (whole)
      return {numbers_.data(), n_, dim_, dim_, scales_.data()};
    else
      return {numbers_.data(), n_, dim_, dim_};
  }

 private:
  static constexpr bool whole = std::same_as<T, std::int8_t>;
  idx n_, dim_;
  scratch<T> numbers_;
  scratch<float> scales_;  ///< of whole numbers
};

}}  // namespace foil::engine
