// SPDX-License-Identifier: BSD-3-Clause
// A query or a document as text.
#pragma once

#include <string>

#include "foil/core/abi.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// A text with its id, as `texts` finds it and `training_lines` writes it.
struct passage {
  std::string id;     ///< as the file has it
  std::string title;  ///< empty: none
  std::string text;

  /// Title and text in one, as most trainers want it.
  std::string joined() const { return title.empty() ? text : title + " " + text; }
};

}}  // namespace foil::bridge
