// SPDX-License-Identifier: BSD-3-Clause
// JSON strings. training_lines.hpp writes whole lines.
#pragma once

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
      require(false, "append_json_string: byte ", at, " of the text is not UTF-8 (replace it by U+FFFD with invalid_utf8::replace)");
  auto const plain = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80 && c != '"' && c != '\\';
  };
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

}}  // namespace foil::bridge
