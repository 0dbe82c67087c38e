// Ids, labels and cluster numbers that somebody else owns: 32 or 64 bits wide, one list type for both.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "foil/core/types.hpp"

namespace foil::inline FOIL_ABI {

/// A non-owning list of integers; built from a span or an lvalue vector of int or idx.
class id_list {
 public:
  id_list() = default;
  id_list(std::span<int const> s) : narrow_(s.data()), n_(idx(s.size())) {}
  id_list(std::span<idx const> s) : wide_(s.data()), n_(idx(s.size())) {}
  id_list(std::vector<int> const& v) : id_list(std::span<int const>(v)) {}
  id_list(std::vector<idx> const& v) : id_list(std::span<idx const>(v)) {}
  id_list(std::vector<int>&&) = delete;  // the list would dangle: keep the vector in a variable
  id_list(std::vector<idx>&&) = delete;

  idx size() const { return n_; }
  bool empty() const { return n_ == 0; }
  /// f(p), p the list from number `from` on, as int const* or idx const*: loops over it vectorise.
  template <class F>
  void read(idx from, F const& f) const {
    wide_ ? f(wide_ + from) : f(narrow_ + from);
  }
  idx operator[](idx i) const { return wide_ ? wide_[i] : narrow_[i]; }

 private:
  int const* narrow_ = nullptr;
  idx const* wide_ = nullptr;
  idx n_ = 0;
};

/// Ids per row, counts unequal: those of row i are ids[offsets[i]] .. ids[offsets[i + 1] - 1] (CSR form).
struct ragged {
  id_list offsets, ids;

  idx rows() const { return offsets.size() - 1; }
  idx begin(idx row) const { return offsets[row]; }
  idx end(idx row) const { return offsets[row + 1]; }
  bool contains(idx row, idx id) const {
    for (idx p = begin(row); p < end(row); ++p)
      if (ids[p] == id) return true;
    return false;
  }
  /// One list per anchor, rising offsets, ids within 0 .. columns-1. Unsorted and repeated ids are accepted.
  void check(char const* where, idx rows_wanted, idx columns) const {
    require(offsets.size() == rows_wanted + 1, where, ": ", rows_wanted, " anchors need ", rows_wanted + 1,
            " offsets, got ", offsets.size());
    require(offsets[0] == 0 && offsets[rows_wanted] == ids.size(), where, ": offsets must run from 0 to the ", ids.size(),
            " ids, got ", offsets[0], " and ", offsets[rows_wanted]);
    for (idx i = 0; i < rows_wanted; ++i)
      require(begin(i) <= end(i), where, ": offsets must not fall, row ", i, " has ", begin(i), " and ", end(i));
    for (idx p = 0; p < ids.size(); ++p)
      require(ids[p] >= 0 && ids[p] < columns, where, ": id ", ids[p], " at position ", p, " is outside 0 .. ",
              columns - 1);
  }
};

}  // namespace foil::inline FOIL_ABI
