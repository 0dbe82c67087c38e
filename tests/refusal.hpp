// SPDX-License-Identifier: BSD-3-Clause
// What a refused call said.
#pragma once

#include <initializer_list>
#include <string>

#include "foil/core/error.hpp"

/// The text of the refusal, empty when there was none.
template <class F>
std::string refusal(F const& call) {
  try {
    call();
  } catch (foil::error const& e) {
    return e.what();
  }
  return "";
}
/// Whether the processor takes numbers below the normal ones for what they are: programs linked with -ffast-math do not.
inline bool has_denormals() {
  float volatile tiny = 1e-30f;
  tiny = tiny * 1e-12f;
  return tiny != 0;
}
/// A text that holds every one of the words.
inline bool says(std::string const& text, std::initializer_list<char const*> words) {
  for (char const* w : words)
    if (text.find(w) == std::string::npos) return false;
  return !text.empty();
}
