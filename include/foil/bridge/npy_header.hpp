// SPDX-License-Identifier: BSD-3-Clause
// What stands before the numbers of a .npy file: type, order, shape. Format: numpy.lib.format, versions 1 to 3. One file because what
// is written must be what is read.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "foil/core/view.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Numbers that a .npy file may hold, all little-endian.
enum class npy_type { float16, float32, float64, int8, int32, int64, uint8, boolean };

/// Type codes as NumPy writes them, names as it prints them, bytes of a number; by npy_type.
inline constexpr std::array<char const*, 8> npy_codes{"<f2", "<f4", "<f8", "|i1", "<i4", "<i8", "|u1", "|b1"};
inline constexpr std::array<char const*, 8> npy_names{"float16", "float32", "float64", "int8", "int32", "int64", "uint8", "bool"};
inline constexpr std::array<idx, 8> npy_sizes{2, 4, 8, 1, 4, 8, 1, 1};

namespace detail {
template <class T>
consteval npy_type npy_type_of() {
  if constexpr (std::same_as<T, Eigen::half>) return npy_type::float16;
  if constexpr (std::same_as<T, float>) return npy_type::float32;
  if constexpr (std::same_as<T, double>) return npy_type::float64;
  if constexpr (std::same_as<T, std::int8_t>) return npy_type::int8;
  if constexpr (std::same_as<T, std::uint8_t>) return npy_type::uint8;
  if constexpr (std::signed_integral<T> && sizeof(T) == 4) return npy_type::int32;
  if constexpr (std::signed_integral<T> && sizeof(T) == 8) return npy_type::int64;
}
}  // namespace detail
/// The npy_type of a C++ type. bfloat16 has no code of its own in .npy files.
template <class T>
inline constexpr npy_type npy_type_of = detail::npy_type_of<T>();

/// The header of a .npy file, as `read_npy_header` returns it.
struct npy_header {
  npy_type type = npy_type::float32;  ///< of the numbers
  bool fortran = false;               ///< first index fastest; else the last, as in C
  std::vector<idx> shape;             ///< lengths, >= 0; none for a single number
  idx offset = 0;                     ///< of the first number, in bytes from the start of the file

  idx numbers() const {
    idx n = 1;
    for (idx length : shape) n *= length;
    return n;
  }
  idx bytes() const { return numbers() * npy_sizes[std::size_t(type)]; }
};

/// "(3, 4)", as Python writes a tuple.
inline std::string npy_shape(std::vector<idx> const& shape) {
  std::string text = "(";
  for (idx length : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(length);
  return text + (shape.size() == 1 ? ",)" : ")");
}

/// Reads the Python dictionary of a header; refuses whatever NumPy would not write or foil cannot hold.
class npy_dictionary {
 public:
  npy_dictionary(std::string_view text, std::string const& where) : text_(text), where_(where) {}

  void read_into(npy_header& h) {
    bool seen[3] = {};
    for (expect('{'); !take('}');) {
      std::string_view const key = string();
      int const k = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : -1;
      check(k >= 0, "has the key '" + printable(key) + "', which is none of descr, fortran_order and shape");
      check(!seen[k], "has the key '" + std::string(key) + "' twice");
      seen[k] = true;
      expect(':');
      k == 0 ? type(h) : k == 1 ? order(h) : shape(h);
      if (take('}')) break;
      expect(',');
    }
    for (int k = 0; k < 3; ++k)
      check(seen[k], std::string("lacks the key '") + (k == 0 ? "descr" : k == 1 ? "fortran_order" : "shape") + "'");
    blank();
    check(at_ == text_.size(), "goes on after its closing brace, at byte " + std::to_string(at_));
  }

 private:
  void check(bool ok, std::string const& what) const { require(ok, where_, ": the header ", what); }
  static std::string printable(std::string_view s) {
    std::string out;
    for (char c : s.substr(0, 40)) out += c >= ' ' && c < 127 ? c : '?';
    return out;
  }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void blank() {
    while (here() == ' ' || here() == '\n' || here() == '\t' || here() == '\r') ++at_;
  }
  bool take(char c) {
    blank();
    return at_ < text_.size() && text_[at_] == c && (++at_, true);
  }
  void expect(char c) { check(take(c), std::string("has no '") + c + "' at byte " + std::to_string(at_)); }
  bool word(std::string_view w) {
    blank();
    return text_.substr(at_, w.size()) == w && (at_ += w.size(), true);
  }
  std::string_view string() {
    blank();
    char const quote = here();
    check(quote == '\'' || quote == '"', "has no string at byte " + std::to_string(at_));
    std::size_t const end = text_.find(quote, at_ + 1);
    check(end != text_.npos, "has a string without an end at byte " + std::to_string(at_));
    std::string_view const s = text_.substr(at_ + 1, end - at_ - 1);
    check(s.find('\\') == s.npos, "has an escape in the string at byte " + std::to_string(at_));
    at_ = end + 1;
    return s;
  }
  void type(npy_header& h) {
    blank();
    check(here() != '[', "describes records (a structured array); save each of its fields as an array");
    std::string_view const code = string();
    for (std::size_t t = 0; t < npy_codes.size(); ++t) {
      bool const one_byte = npy_sizes[t] == 1 && code.size() == 3 && std::string_view("|<>=").find(code[0]) != std::string_view::npos;
      if (code == npy_codes[t] || (one_byte && code.substr(1) == npy_codes[t] + 1)) return void(h.type = npy_type(t));
    }
    check(code.empty() || code[0] != '>', "has type '" + printable(code) + "', big-endian; save x.astype(x.dtype.newbyteorder('<'))");
    check(false, "has type '" + printable(code) + "'; read are float16, float32, float64, int8, int32, int64, uint8 and bool");
  }
  void order(npy_header& h) {
    h.fortran = word("True");
    check(h.fortran || word("False"), "has a fortran_order that is neither True nor False, at byte " + std::to_string(at_));
  }
  void shape(npy_header& h) {
    bool comma = true;
    for (expect('('); !take(')'); comma = take(',')) {
      check(comma, "has no ',' in its shape, at byte " + std::to_string(at_));
      blank();
      std::size_t const from = at_;
      idx n = 0;
      for (; here() >= '0' && here() <= '9'; ++at_)
        check(!__builtin_mul_overflow(n, idx(10), &n) && !__builtin_add_overflow(n, idx(here() - '0'), &n),
              "has a length beyond 2^63 in its shape");
      check(at_ > from, "has something else than a length in its shape, at byte " + std::to_string(at_));
      check(at_ == from + 1 || text_[from] != '0', "has a length that begins with 0 in its shape, at byte " + std::to_string(from));
      take('L');  // a long of Python 2
      h.shape.push_back(n);
      check(h.shape.size() <= 32, "has more than 32 dimensions");
    }
    check(h.shape.size() != 1 || comma, "has a shape that is no tuple; one of a single length ends with a comma");
  }

  std::string_view text_;
  std::string const& where_;
  std::size_t at_ = 0;
};

/// The header that the bytes begin with; `where` begins every message. The numbers are not looked at, but that their bytes can be
/// counted is checked: no product of lengths overflows.
inline npy_header read_npy_header(std::string_view bytes, std::string const& where) {
  auto const byte = [&](std::size_t i) { return std::size_t(static_cast<unsigned char>(bytes[i])); };
  require(bytes.size() >= 10 && bytes.substr(0, 6) == "\x93NUMPY", where,
          ": is no .npy file: it does not begin with \\x93NUMPY and a version");
  std::size_t const version = byte(6);
  require(version >= 1 && version <= 3 && byte(7) == 0, where, ": has version ", version, ".", byte(7),
          " of .npy; read are 1.0, 2.0 and 3.0");
  std::size_t const start = version == 1 ? 10 : 12;
  require(bytes.size() >= start, where, ": ends within its header");
  std::size_t const length = byte(8) + 256 * byte(9) + (version == 1 ? 0 : 65536 * byte(10) + 16777216 * byte(11));
  require(length <= bytes.size() - start, where, ": ends within its header of ", length, " bytes");
  npy_header h;
  npy_dictionary(bytes.substr(start, length), where).read_into(h);
  h.offset = idx(start + length);
  idx bytes_needed = npy_sizes[std::size_t(h.type)];
  bool fits = true;
  for (idx n : h.shape) fits = fits && (n == 0 || !__builtin_mul_overflow(bytes_needed, n, &bytes_needed));
  require(fits, where, ": the shape ", npy_shape(h.shape), " is more than memory can hold");
  return h;
}

/// A header of version 1, padded so that the numbers begin at a multiple of 64 bytes.
inline std::string npy_header_text(npy_type type, std::vector<idx> const& shape, bool fortran = false) {
  std::string text = std::string("{'descr': '") + npy_codes[std::size_t(type)] + "', 'fortran_order': " + (fortran ? "True" : "False") +
                     ", 'shape': " + npy_shape(shape) + ", }";
  text.resize((10 + text.size() + 64) / 64 * 64 - 10, ' ');
  text.back() = '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += char(text.size() % 256);
  out += char(text.size() / 256);
  return out + text;
}

}}  // namespace foil::bridge
