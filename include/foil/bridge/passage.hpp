// SPDX-License-Identifier: BSD-3-Clause
// A query or a document as text.
#pragma once

#include <string>

#include "foil/core/abi.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

struct passage {
  std::string id, title, text;

  /// Title and text in one, as most trainers want it.
  std::string joined() const { return title.empty() ? text : title + " " + text; }
};

}}  // namespace foil::bridge
