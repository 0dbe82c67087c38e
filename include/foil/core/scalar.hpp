// SPDX-License-Identifier: BSD-3-Clause
// What foil computes in, without any library behind it: foil/fwd.hpp names it too.
#pragma once

#include <concepts>

#include "foil/core/abi.hpp"

namespace foil { inline namespace FOIL_ABI {

template <class T>
concept Scalar = std::same_as<T, float> || std::same_as<T, double>;

/// The scalar's name, for messages.
template <Scalar S>
inline constexpr char const* scalar_name = std::same_as<S, float> ? "float" : "double";

}}  // namespace foil
