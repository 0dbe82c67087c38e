// SPDX-License-Identifier: BSD-3-Clause
// Whether bytes are UTF-8, and where they are not.
#pragma once

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

}}  // namespace foil::bridge
