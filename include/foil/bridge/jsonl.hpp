// SPDX-License-Identifier: BSD-3-Clause
// Mined training rows as JSON lines that sentence-transformers reads.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "foil/core/types.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Length of the UTF-8 character that text begins with, 1 to 4 bytes; minus the bytes that begin one which then breaks off
/// (at least one) where it begins with none. Overlong forms, surrogates and numbers beyond U+10FFFF are none.
inline int utf8_length(std::string_view text) {
  auto const byte = [&](std::size_t i) { return i < text.size() ? unsigned(static_cast<unsigned char>(text[i])) : 0u; };
  unsigned const first = byte(0);
  if (first < 0x80) return 1;
  int const length = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
  unsigned low = 0x80, high = 0xbf;  // of the second byte
  if (first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  for (int i = 1; i < length; ++i, low = 0x80, high = 0xbf)
    if (unsigned const b = byte(std::size_t(i)); b < low || b > high) return -i;
  return length > 1 ? length : -1;
}

/// What happens to bytes that are not UTF-8.
enum class invalid_utf8 {
  refuse,  ///< foil::error
  replace  ///< U+FFFD stands in for each longest beginning of a character, or byte
};

/// Position of the first byte of text that is not UTF-8, -1 for none.
inline idx first_invalid(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    int const n = utf8_length(text.substr(at));
    if (n < 0) return idx(at);
    at += std::size_t(n);
  }
  return -1;
}

/// Writes text as a JSON string: quotes, backslashes and control characters escaped, UTF-8 left as it is.
inline void json_string(std::ostream& out, std::string_view text, invalid_utf8 otherwise = invalid_utf8::refuse) {
  constexpr char const* digits = "0123456789abcdef";
  if (otherwise == invalid_utf8::refuse)
    if (idx const at = first_invalid(text); at >= 0)
      require(false, "json_string: byte ", at, " of the text is not UTF-8 (replace it by U+FFFD with invalid_utf8::replace)");
  out << '"';
  while (!text.empty()) {
    int const n = utf8_length(text);
    char const c = text[0];
    if (n < 0)
      out << "\xef\xbf\xbd";
    else if (c == '"' || c == '\\')
      out << '\\' << c;
    else if (n == 1 && static_cast<unsigned char>(c) < 0x20)
      out << "\\u00" << digits[c >> 4] << digits[c & 15];
    else
      out << text.substr(0, std::size_t(n));
    text.remove_prefix(std::size_t(n < 0 ? -n : n));
  }
  out << '"';
}

/// One line {"anchor": ..., "positive": ..., "negative": ...}; text(kind, id) gives the text of an anchor (kind 0) or a
/// document (kind 1), and is asked twice, since every text is checked before the first is written. triplets: ids as
/// mining::triplets returns them. Flushes; refuses a stream that cannot be written to, before and after.
template <class Triplets, class Text>
void write_triplets(std::ostream& out, Triplets const& triplets, Text const& text, invalid_utf8 otherwise = invalid_utf8::refuse) {
  constexpr char const* fields[] = {"anchor", "positive", "negative"};
  require(out.good(), "write_triplets: the stream cannot be written to (a file that is not open, or an earlier failure)");
  idx row = 0;
  if (otherwise == invalid_utf8::refuse)
    for (auto const& t : triplets) {
      for (std::size_t k = 0; k < 3; ++k)
        if (idx const at = first_invalid(text(int(k > 0), t[k])); at >= 0)
          require(false, "write_triplets: byte ", at, " of the ", fields[k], " of row ", row, " (id ", t[k],
                  ") is not UTF-8 (replace it by U+FFFD with invalid_utf8::replace)");
      ++row;
    }
  row = 0;
  for (auto const& t : triplets) {
    for (std::size_t k = 0; k < 3; ++k) {
      out << (k == 0 ? "{\"" : ", \"") << fields[k] << "\": ";
      json_string(out, text(int(k > 0), t[k]), otherwise);
    }
    out << "}\n";
    require(bool(out), "write_triplets: writing row ", row, " failed (a full disk?)");
    ++row;
  }
  out.flush();
  require(bool(out), "write_triplets: the last of ", row, " rows could not be written (a full disk?)");
}

}}  // namespace foil::bridge
