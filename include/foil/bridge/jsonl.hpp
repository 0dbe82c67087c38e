// Mined training rows as JSON lines that sentence-transformers reads.
#pragma once

#include <ostream>
#include <string_view>

#include "foil/core/types.hpp"

namespace foil::inline FOIL_ABI::bridge {

/// Writes text as a JSON string: quotes, backslashes and control characters escaped, UTF-8 left as it is.
inline void json_string(std::ostream& out, std::string_view text) {
  constexpr char const* digits = "0123456789abcdef";
  out << '"';
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out << '\\' << c;
    else if (byte < 0x20)
      out << "\\u00" << digits[byte >> 4] << digits[byte & 15];
    else
      out << c;
  }
  out << '"';
}

/// One line {"anchor": ..., "positive": ..., "negative": ...}; text(kind, id) gives the text of an anchor (kind 0) or a
/// document (kind 1). triplets: ids as mining::triplets returns them.
template <class Triplets, class Text>
void write_triplets(std::ostream& out, Triplets const& triplets, Text const& text) {
  for (auto const& t : triplets) {
    out << "{\"anchor\": ";
    json_string(out, text(0, t[0]));
    out << ", \"positive\": ";
    json_string(out, text(1, t[1]));
    out << ", \"negative\": ";
    json_string(out, text(1, t[2]));
    out << "}\n";
  }
}

}  // namespace foil::inline FOIL_ABI::bridge
