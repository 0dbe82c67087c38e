// SPDX-License-Identifier: BSD-3-Clause
// Arrays of NumPy in .npy files: mapped into memory, read, written. One file because what is written is what is read.
#pragma once

#include <bit>
#include <fstream>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "foil/bridge/mapped_file.hpp"
#include "foil/bridge/npy_header.hpp"
#include "foil/core/list_view.hpp"
#include "foil/core/representable.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

static_assert(std::endian::native == std::endian::little, "foil: .npy files are read and written on little-endian machines");

/// A file as it lies on the disk, nothing copied; arrays larger than memory are read page by page as they are used. Its size must be
/// what its header says. Keep it alive while its views are used.
///   foil::bridge::npy_file documents("corpus.npy");
///   auto hard = foil::mine(q, foil::pool::bank(documents.rows<float>()));
class npy_file {
 public:
  npy_file() = default;
  explicit npy_file(std::string const& path) : file_(path), header_(read_npy_header(file_.bytes(), path)) {
    idx const size = idx(file_.bytes().size()) - header_.offset, wanted = header_.bytes();
    require(size >= wanted, path, ": is cut off: ", npy_shape(header_.shape), " of ", name(), " are ", wanted, " bytes, of which it has ",
            size);
    require(size == wanted, path, ": has ", size - wanted, " bytes behind ", npy_shape(header_.shape), " of ", name());
  }

  npy_header const& header() const { return header_; }
  npy_type type() const { return header_.type; }
  char const* name() const { return npy_names[std::size_t(header_.type)]; }  ///< of the type
  std::string const& path() const { return file_.path(); }
  std::string_view bytes() const { return file_.bytes(); }
  /// Lengths of a matrix; refuses other shapes.
  idx n() const { return matrix_shape()[0]; }
  idx dim() const { return matrix_shape()[1]; }
  /// Whether rows lie one after the other, so that they can be viewed.
  bool by_rows() const { return !header_.fortran || n() <= 1 || dim() <= 1; }

  /// [n, dim] embeddings, viewed. Refuses another type, and columns that lie one after the other (read_npy turns them).
  template <Storage T>
  view<T> rows() const {
    return foil::rows(matrix_of<T>(), n(), dim());
  }
  /// The same in whole numbers of 8 bits; row i times scales[i], as foil::rows_int8.
  view<std::int8_t> rows_int8(list_view<float> scales) const {
    require(idx(scales.size()) == n(), path(), ": ", n(), " rows need as many scales, got ", scales.size());
    return foil::rows_int8(matrix_of<std::int8_t>(), n(), dim(), scales.data());
  }
  /// All numbers in the order of the file: of a vector its elements, of a matrix row after row. Truth values are uint8.
  template <class T>
  std::span<T const> values() const {
    require(holds<T>(), path(), ": holds ", name(), ", wanted is ", npy_names[std::size_t(npy_type_of<T>)]);
    require(header_.shape.size() <= 1 || !header_.fortran, path(), ": is in Fortran order; save numpy.ascontiguousarray(x)");
    return {start<T>(), std::size_t(header_.numbers())};
  }
  template <class T>
  bool holds() const {
    return type() == npy_type_of<T> || (std::same_as<T, std::uint8_t> && type() == npy_type::boolean);
  }
  /// Number i of the file, whatever its type, as T rounds it.
  template <class T>
  T element(idx i) const {
    char const* const at = file_.bytes().data() + header_.offset;
    auto const as = [&](auto kind) {
      std::memcpy(&kind, at + i * idx(sizeof kind), sizeof kind);
      return T(kind);
    };
    switch (header_.type) {
      case npy_type::float16: return T(float(as(Eigen::half())));
      case npy_type::float32: return as(float());
      case npy_type::float64: return as(double());
      case npy_type::int8: return as(std::int8_t());
      case npy_type::int32: return as(std::int32_t());
      case npy_type::int64: return as(std::int64_t());
      case npy_type::uint8:
      case npy_type::boolean: return as(std::uint8_t());
    }
    return T(0);
  }

 private:
  std::vector<idx> const& matrix_shape() const {
    require(header_.shape.size() == 2, path(), ": wanted is a matrix [rows, dim], the file has the shape ", npy_shape(header_.shape));
    return header_.shape;
  }
  template <class T>
  T const* matrix_of() const {
    matrix_shape();
    require(holds<T>(), path(), ": holds ", name(), ", wanted is ", npy_names[std::size_t(npy_type_of<T>)]);
    require(by_rows(), path(), ": is in Fortran order, its rows do not lie in one piece; save numpy.ascontiguousarray(x), or read_npy it");
    return start<T>();
  }
  template <class T>
  T const* start() const {
    require(header_.offset % idx(alignof(T)) == 0, path(), ": its numbers begin at byte ", header_.offset, ", which is no multiple of ",
            alignof(T), "; save it again");
    return reinterpret_cast<T const*>(file_.bytes().data() + header_.offset);
  }
  mapped_file file_;
  npy_header header_;
};

/// A copy in memory, row-major, of a matrix of any order and type of number; a vector [dim] is one row. Numbers are rounded to T;
/// whole numbers come without scales. Integers T take integers alone, and such as they can hold.
template <class T>
matrix<T> read_npy(std::string const& path) {
  npy_file const file(path);
  std::vector<idx> shape = file.header().shape;
  if (shape.size() == 1) shape.insert(shape.begin(), 1);
  require(shape.size() == 2, "read_npy: ", path, ": wanted is a matrix or a vector, the file has the shape ", npy_shape(shape));
  bool const fractions = file.type() <= npy_type::float64;
  require(!std::integral<T> || !fractions, "read_npy: ", path, ": holds ", file.name(), ", wanted are whole numbers");
  matrix<T> out(shape[0], shape[1]);
  if (out.size() == 0) return out;  // of as many rows as the header says, which costs no memory
  bool const turned = file.header().fortran && file.header().shape.size() == 2;
  for (idx i = 0; i < out.rows(); ++i)
    for (idx j = 0; j < out.cols(); ++j) {
      idx const at = turned ? j * out.rows() + i : i * out.cols() + j;
      if constexpr (std::integral<T>) {
        auto const whole = file.element<std::int64_t>(at);
        require(std::in_range<T>(whole), "read_npy: ", path, ": number ", whole, " at [", i, ", ", j, "] is beyond the integers wanted");
        out(i, j) = T(whole);
      } else if constexpr (std::same_as<T, double>) {
        out(i, j) = file.element<double>(at);
      } else {
        bool const wide = file.type() == npy_type::float64 || (sizeof(T) == 2 && !fractions);
        out(i, j) = wide ? rounded_to<T>(file.element<double>(at)) : T(file.element<float>(at));
      }
    }
  return out;
}

/// Writes an array piece by piece, in C order; its shape is said beforehand. Every write is checked.
template <class T>
class npy_writer {
 public:
  /// `name` begins every message.
  npy_writer(std::ostream& out, std::vector<idx> const& shape, std::string name = "npy_writer")
      : out_(out), name_(std::move(name)), left_(1) {
    require(out.good(), name_, ": the stream cannot be written to (a file that is not open, or an earlier failure)");
    for (idx length : shape) require(length >= 0, name_, ": lengths must not be negative, got ", npy_shape(shape));
    for (idx length : shape)
      require(!__builtin_mul_overflow(left_, length, &left_), name_, ": ", npy_shape(shape), " is more than memory can hold");
    out_ << npy_header_text(npy_type_of<T>, shape);
    check();
  }
  /// The numbers that follow, as many as remain at most.
  void append(std::span<T const> numbers) {
    require(idx(numbers.size()) <= left_, name_, ": ", numbers.size(), " numbers more, but the shape has room for ", left_);
    out_.write(reinterpret_cast<char const*>(numbers.data()), std::streamsize(numbers.size() * sizeof(T)));
    left_ -= idx(numbers.size());
    check();
  }
  /// Flushes; refuses an array that is not complete.
  void finish() {
    require(left_ == 0, name_, ": ", left_, " numbers are missing");
    out_.flush();
    check();
  }

 private:
  void check() const { require(bool(out_), name_, ": writing failed (a full disk?)"); }
  std::ostream& out_;
  std::string name_;
  idx left_;
};

/// A matrix, or anything else that can be viewed as rows, to a stream or to a file.
template <class M>
void write_npy(std::ostream& out, M const& m, std::string const& name = "write_npy") {
  auto const x = as_view(m);
  using T = typename M::Scalar;
  npy_writer<T> writer(out, {x.rows(), x.cols()}, name);
  for (idx i = 0; x.cols() > 0 && i < x.rows(); ++i) writer.append({x.row(i), std::size_t(x.cols())});
  writer.finish();
}
template <class M>
void write_npy(std::string const& path, M const& m) {
  std::ofstream out(path, std::ios::binary);
  write_npy(out, m, path);
  out.close();
  require(bool(out), path, ": could not be closed (a full disk?)");
}
/// A vector of numbers.
template <class T>
void write_npy_vector(std::string const& path, std::vector<T> const& x) {
  std::ofstream out(path, std::ios::binary);
  npy_writer<T> writer(out, {idx(x.size())}, path);
  writer.append(x);
  writer.finish();
  out.close();
  require(bool(out), path, ": could not be closed (a full disk?)");
}

}}  // namespace foil::bridge
