// SPDX-License-Identifier: BSD-3-Clause
// Numbers of two of the compilers' own vectors, picked by their places. A macro, because a function that returns a vector
// wider than the registers draws a warning about its ABI.
#pragma once

#include "foil/core/abi.hpp"

#if defined(__clang__) || __GNUC__ >= 12
#define FOIL_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else  // g++ 11 takes the places as a vector of integers
#define FOIL_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, decltype((a) < (b)){__VA_ARGS__})
#endif
