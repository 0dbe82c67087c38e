// SPDX-License-Identifier: BSD-3-Clause
// Names without definitions, for headers that only pass foil's types along; goes beside foil.hpp in any order.
#pragma once

#include "foil/core/scalar.hpp"

namespace foil { inline namespace FOIL_ABI {

template <class T>
struct view;
template <Scalar S>
struct outcome;
template <Scalar S>
struct mined;
struct execution;
struct mine_options;
class id_list;
class random_stream;

/// The version of these headers, and what they were compiled for.
struct build {
  int major = FOIL_VERSION_MAJOR, minor = FOIL_VERSION_MINOR, patch = FOIL_VERSION_PATCH;  ///< of the version
#define FOIL_TEXT_(x) #x
#define FOIL_TEXT(x) FOIL_TEXT_(x)
  char const* tag = FOIL_TEXT(FOIL_ABI);  ///< major version, instruction set, arithmetic flags, exception mode
#if defined(__VERSION__)
  char const* compiler = __VERSION__;  ///< as it calls itself
#else
  char const* compiler = "unknown";
#endif
#undef FOIL_TEXT
#undef FOIL_TEXT_
};

}}  // namespace foil
