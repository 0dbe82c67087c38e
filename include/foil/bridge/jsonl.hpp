// SPDX-License-Identifier: BSD-3-Clause
// JSON strings, and mined triplets as JSON lines that sentence-transformers reads; training_lines.hpp has the other layouts.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "foil/bridge/utf8.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Appends text as a JSON string: quotes, backslashes and control characters escaped, UTF-8 left as it is. Nothing is appended where
/// bytes are refused.
inline void append_json_string(std::string& out, std::string_view text, invalid_utf8 otherwise = invalid_utf8::refuse) {
  constexpr char const* digits = "0123456789abcdef";
  if (otherwise == invalid_utf8::refuse)
    if (idx const at = first_invalid(text); at >= 0)
      require(false, "json_string: byte ", at, " of the text is not UTF-8 (replace it by U+FFFD with invalid_utf8::replace)");
  auto const plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c >= 0 && c != '"' && c != '\\'; };
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && plain(text[end])) ++end;
    out += text.substr(at, end - at);
    at = end;
    if (at == text.size()) break;
    int const n = utf8_length(text.substr(at));
    char const c = text[at];
    if (n < 0)
      out += "\xef\xbf\xbd";
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (n == 1)
      ((out += "\\u00") += digits[c >> 4]) += digits[c & 15];
    else
      out += text.substr(at, std::size_t(n));
    at += std::size_t(n < 0 ? -n : n);
  }
  out += '"';
}
/// The same to a stream.
inline void json_string(std::ostream& out, std::string_view text, invalid_utf8 otherwise = invalid_utf8::refuse) {
  std::string s;
  append_json_string(s, text, otherwise);
  out << s;
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
