// SPDX-License-Identifier: BSD-3-Clause
// A number on the command line.
#pragma once

#include <charconv>
#include <foil/core/error.hpp>
#include <limits>
#include <string>

namespace wordnet {

/// All of the text, as a whole number of at least `least` that T can hold.
template <class T>
T whole_number(std::string const& text, char const* what, T least) {
  T n{};
  auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), n);
  foil::require(fault == std::errc() && end == text.data() + text.size() && n >= least, what, " must be a whole number in ", least, " .. ",
                (std::numeric_limits<T>::max)(), ", got ", text);
  return n;
}

}  // namespace wordnet
