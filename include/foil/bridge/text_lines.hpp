// SPDX-License-Identifier: BSD-3-Clause
// Lines of a text that was read or mapped, with their numbers for messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "foil/core/types.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// A walk over the lines; a byte order mark in front (inside of a text, too, where files were joined) and a carriage return at the end
/// are no part of a line. Views the text.
class text_lines {
 public:
  text_lines(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}
  /// The next line, false after the last. One that ends without a line feed is a line as any other.
  bool next() {
    if (at_ < text_.size() && text_.substr(at_).starts_with("\xef\xbb\xbf")) at_ += 3;
    if (at_ >= text_.size()) return false;
    begin_ = at_;
    std::size_t const end = (std::min)(text_.find('\n', at_), text_.size());
    line_ = text_.substr(at_, end - at_);
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    at_ = end + 1;
    ++number_;
    return true;
  }
  std::string_view line() const { return line_; }
  bool blank() const { return line_.find_first_not_of(" \t") == line_.npos; }
  idx line_number() const { return number_; }  ///< from 1
  idx begin() const { return idx(begin_); }    ///< byte of the text that the line begins with
  std::string const& name() const { return name_; }
  std::string where() const { return name_ + ":" + std::to_string(number_); }  ///< "file:line"

 private:
  std::string_view text_, line_;
  std::string name_;
  std::size_t at_ = 0, begin_ = 0;
  idx number_ = 0;
};

/// Parts between separators; with ' ', between any number of blanks and tabs.
inline std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> parts;
  if (separator != ' ') {
    for (std::size_t at = 0; at <= line.size();) {
      std::size_t const end = (std::min)(line.find(separator, at), line.size());
      parts.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    return parts;
  }
  for (std::size_t at = line.find_first_not_of(" \t"); at != line.npos; at = line.find_first_not_of(" \t", at)) {
    std::size_t const end = (std::min)(line.find_first_of(" \t", at), line.size());
    parts.push_back(line.substr(at, end - at));
    at = end;
  }
  return parts;
}

}}  // namespace foil::bridge
