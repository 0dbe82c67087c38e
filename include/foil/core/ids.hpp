// SPDX-License-Identifier: BSD-3-Clause
// Ids, labels and cluster numbers that somebody else owns: any integer type, one list type for all.
#pragma once

#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <vector>

#include "foil/core/view.hpp"

namespace foil { inline namespace FOIL_ABI {

namespace detail {
template <class T>
inline constexpr bool is_integer = false;
template <class T>
requires(std::integral<T> && !std::same_as<T, bool>) inline constexpr bool is_integer<T> = !std::same_as<T, char> &&
                                                                                           !std::same_as<T, wchar_t> &&
                                                                                           !std::same_as<T, char8_t> &&
                                                                                           !std::same_as<T, char16_t> &&
                                                                                           !std::same_as<T, char32_t>;
template <class R>
inline constexpr bool holds_integers = false;
template <class R>
requires requires(R& r) { std::size(r), *std::data(r); }
inline constexpr bool holds_integers<R> = is_integer<std::remove_cvref_t<decltype(*std::data(std::declval<R&>()))>>;
}  // namespace detail

/// A non-owning list of integers of any width and sign: vectors, spans, arrays, Eigen vectors; of a row-major Eigen matrix,
/// row after row. No copy. Numbers above 2^63 - 1 are refused.
class id_list {
 public:
  id_list() = default;
  template <class R>
  requires(walkable<R> || detail::is_eigen<std::remove_cvref_t<R>>) id_list(R&& r) {
    using plain = std::remove_cvref_t<R>;
    constexpr bool integers = detail::holds_integers<plain>;
    static_assert(integers, "foil: ids and labels are whole numbers in one piece of memory: a vector, span or array of any integer type");
    static_assert(!owning_temporary<R>,
                  "foil: ids and labels are viewed, not copied; keep the list in a variable that outlives what it is given to");
    if constexpr (integers) {
      if constexpr (detail::is_eigen<plain>) {
        static_assert(plain::IsVectorAtCompileTime || plain::IsRowMajor,
                      "foil: a matrix of ids is read row after row; make it Eigen::RowMajor");
        require(r.innerStride() == 1 && (plain::IsVectorAtCompileTime || r.outerStride() == r.cols()),
                "id_list: the elements of an Eigen object must be contiguous, its strides are ", r.innerStride(), " and ", r.outerStride());
      }
      take(std::data(r), idx(std::size(r)));
    }
  }

  idx size() const { return n_; }
  bool empty() const { return n_ == 0; }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const {
    return view<unsigned char>{static_cast<unsigned char const*>(data_), 1, n_ * size_, 0}.overlaps(from, to);
  }
  /// f(p, at, count) for stretches that make up the ids from + 0 .. from + n - 1: p[0 .. count) are those from `from + at` on,
  /// as int const* or idx const*, so that loops over them vectorise.
  template <class F>
  void read(idx from, idx n, F const& f) const {
    if (!wide_ && !widen_) return f(static_cast<int const*>(data_) + from, idx(0), n);
    idx buffer[256];
    for (idx at = 0, count = n; at < n; at += count) {
      idx const* p = static_cast<idx const*>(data_) + from;
      if (widen_) {
        count = n - at < 256 ? n - at : 256;
        widen_(data_, from + at, count, buffer);
        p = buffer;
      }
      f(p, at, count);
    }
  }
  idx operator[](idx i) const {
    if (wide_) return static_cast<idx const*>(data_)[i];
    if (!widen_) return static_cast<int const*>(data_)[i];
    idx id;
    widen_(data_, i, 1, &id);
    return id;
  }

 private:
  template <class T>
  void take(T const* data, idx n) {
    data_ = data, n_ = n, size_ = idx(sizeof(T)), wide_ = std::same_as<T, idx>;
    if constexpr (!std::same_as<T, idx> && !std::same_as<T, int>)
      widen_ = [](void const* from, idx first, idx count, idx* to) {
        for (idx i = 0; i < count; ++i) to[i] = idx(static_cast<T const*>(from)[first + i]);
      };
    if constexpr (std::unsigned_integral<T> && sizeof(T) >= sizeof(idx))
      for (idx i = 0; i < n; ++i)
        require(data[i] <= T((std::numeric_limits<idx>::max)()), "id_list: ", data[i], " at position ", i, " is above ",
                (std::numeric_limits<idx>::max)());
  }

  void const* data_ = nullptr;
  idx n_ = 0, size_ = 1;                                  ///< size_: bytes of a number
  void (*widen_)(void const*, idx, idx, idx*) = nullptr;  ///< of types that are neither int nor idx
  bool wide_ = true;
};

/// The same as a parameter of functions that read it and forget it: a temporary will do.
class id_argument : public id_list {
 public:
  id_argument() = default;
  id_argument(id_list const& ids) : id_list(ids) {}
  template <class R>
  requires(walkable<R> || detail::is_eigen<R>) id_argument(R const& r) : id_list(r) {}
};

/// Ids per row, counts unequal: those of row i are ids[offsets[i]] .. ids[offsets[i + 1] - 1] (CSR form).
struct ragged {
  id_list offsets, ids;  ///< [rows + 1], ascending from 0; all ids, row after row

  idx rows() const { return offsets.size() - 1; }
  idx begin(idx row) const { return offsets[row]; }
  idx end(idx row) const { return offsets[row + 1]; }
  bool contains(idx row, idx id) const {
    for (idx p = begin(row); p < end(row); ++p)
      if (ids[p] == id) return true;
    return false;
  }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return offsets.overlaps(from, to) || ids.overlaps(from, to); }
  /// One list per anchor, rising offsets, ids within 0 .. columns-1. Unsorted and repeated ids are accepted.
  void check(char const* where, idx rows_wanted, idx columns) const {
    require(offsets.size() == rows_wanted + 1, where, ": ", rows_wanted, " anchors need ", rows_wanted + 1, " offsets, got ",
            offsets.size());
    require(offsets[0] == 0 && offsets[rows_wanted] == ids.size(), where, ": offsets must run from 0 to the ", ids.size(), " ids, got ",
            offsets[0], " and ", offsets[rows_wanted]);
    for (idx i = 0; i < rows_wanted; ++i)
      require(begin(i) <= end(i), where, ": offsets must not fall, row ", i, " has ", begin(i), " and ", end(i));
    for (idx p = 0; p < ids.size(); ++p)
      require(ids[p] >= 0 && ids[p] < columns, where, ": id ", ids[p], " at position ", p, " is outside 0 .. ", columns - 1);
  }
};

}}  // namespace foil
