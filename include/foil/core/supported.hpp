// SPDX-License-Identifier: BSD-3-Clause
// Where foil compiles, looked at before anything else; elsewhere one sentence and nothing after it.
#pragma once

#if defined(_MSC_VER)
#define FOIL_UNSUPPORTED
#error "foil needs g++ 11 or clang++ 14, or newer: it uses their vector types, which MSVC does not have"
#elif __cplusplus < 202002L
#define FOIL_UNSUPPORTED
#error "foil needs C++20: compile with -std=c++20, by g++ 11 or clang++ 14, or newer"
#elif __SIZEOF_POINTER__ != 8
#define FOIL_UNSUPPORTED
#error "foil needs a target of 64 bits: x86-64 or aarch64"
#elif !defined(__SSE2__) && !(defined(__aarch64__) && defined(__ARM_NEON))
#define FOIL_UNSUPPORTED
#error "foil needs vector instructions: at least SSE2 on x86-64, or NEON on aarch64"
#elif defined(__clang_major__) && __clang_major__ >= 19 && defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#define FOIL_UNSUPPORTED
#error "foil needs -fno-finite-math-only behind -ffast-math or -Ofast with clang++ 19 or newer, which drops checks for NaN and infinity"
#endif

#ifdef FOIL_UNSUPPORTED
#include <the sentence above>  // no such file: here both compilers stop, an #error alone lets them go on
#endif
