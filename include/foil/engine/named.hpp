// SPDX-License-Identifier: BSD-3-Clause
// Objectives inside of other functions, whose name their errors bear.
#pragma once

#include "foil/core/abi.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// f.named(function) where f has that, as objective does; else f itself.
template <class F>
decltype(auto) named(char const* function, F const& f) {
  if constexpr (requires { f.named(function); })
    return f.named(function);
  else
    return (f);
}

}}  // namespace foil::engine
