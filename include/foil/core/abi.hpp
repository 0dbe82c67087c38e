// SPDX-License-Identifier: BSD-3-Clause
// The one place that names the build: version, instruction set, arithmetic flags, exception mode.
// Every foil symbol but foil::error lives in an inline namespace carrying this tag, so two translation units
// built with different flags get different symbols instead of one silently chosen by the linker.
#pragma once

#include "foil/core/supported.hpp"

#define FOIL_VERSION_MAJOR 0
#define FOIL_VERSION_MINOR 1
#define FOIL_VERSION_PATCH 0

// FOIL_WHEN(macro, _name): _name where the compiler defines the macro as 1, nothing elsewhere.
#define FOIL_SET_1 ,
#define FOIL_SECOND_(first, second, ...) second
#define FOIL_SECOND(...) FOIL_SECOND_(__VA_ARGS__)
#define FOIL_WHEN_(value, name) FOIL_SECOND(FOIL_SET_##value name, , )
#define FOIL_WHEN(macro, name) FOIL_WHEN_(macro, name)
#define FOIL_JOIN_(a, b, c, d, e, f, g, h, ...) a##b##c##d##e##f##g##h
#define FOIL_JOIN(...) FOIL_JOIN_(__VA_ARGS__, , , , , , , , )

// The base: x86-64-v3 and v4 by their names, others by the best vector extension and what goes with it.
#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__) && defined(__POPCNT__) && defined(__LZCNT__) && defined(__BMI__) && \
    defined(__BMI2__)
#if defined(__AVX512CD__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define FOIL_ISA x86v4
#elif !defined(__AVX512F__)
#define FOIL_ISA x86v3
#endif
#endif
#if !defined(FOIL_ISA)
#if defined(__AVX512F__)
#define FOIL_VECTORS avx512f
#elif defined(__AVX2__)
#define FOIL_VECTORS avx2
#elif defined(__AVX__)
#define FOIL_VECTORS avx
#elif defined(__SSE4_2__)
#define FOIL_VECTORS sse4_2
#elif defined(__SSE4_1__)
#define FOIL_VECTORS sse4_1
#elif defined(__SSSE3__)
#define FOIL_VECTORS ssse3
#elif defined(__SSE3__)
#define FOIL_VECTORS sse3
#elif defined(__SSE2__)
#define FOIL_VECTORS sse2
#elif defined(__aarch64__)
#define FOIL_VECTORS neon
#else
#define FOIL_VECTORS other
#endif
#define FOIL_ISA                                                                                                                         \
  FOIL_JOIN(                                                                                                                             \
      FOIL_VECTORS,                                                                                                                      \
      FOIL_JOIN(FOIL_WHEN(__AVX512CD__, _cd), FOIL_WHEN(__AVX512DQ__, _dq), FOIL_WHEN(__AVX512BW__, _bw), FOIL_WHEN(__AVX512VL__, _vl)), \
      FOIL_WHEN(__FMA__, _fma), FOIL_WHEN(__F16C__, _f16c), FOIL_WHEN(__POPCNT__, _popcnt), FOIL_WHEN(__LZCNT__, _lzcnt),                \
      FOIL_WHEN(__BMI__, _bmi), FOIL_WHEN(__BMI2__, _bmi2))
#endif

// What a compiler or a library below foil may use beyond that.
#define FOIL_AVX512                                                                                                             \
  FOIL_JOIN(FOIL_WHEN(__AVX512IFMA__, _ifma), FOIL_WHEN(__AVX512VBMI__, _vbmi), FOIL_WHEN(__AVX512VBMI2__, _vbmi2),             \
            FOIL_WHEN(__AVX512VNNI__, _vnni), FOIL_WHEN(__AVX512BITALG__, _bitalg), FOIL_WHEN(__AVX512VPOPCNTDQ__, _vpopcntdq), \
            FOIL_WHEN(__AVX512BF16__, _bf16), FOIL_WHEN(__AVX512FP16__, _fp16))
#define FOIL_ARM                                                                                            \
  FOIL_JOIN(FOIL_WHEN(__ARM_FEATURE_SVE, _sve), FOIL_WHEN(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC, _fp16),     \
            FOIL_WHEN(__ARM_FEATURE_DOTPROD, _dot), FOIL_WHEN(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC, _bf16), \
            FOIL_WHEN(__ARM_FEATURE_ATOMICS, _lse))
#define FOIL_OTHER_VECTORS                                                                                          \
  FOIL_JOIN(FOIL_WHEN(__AVXVNNI__, _avxvnni), FOIL_WHEN(__AMX_INT8__, _amx8), FOIL_WHEN(__AMXINT8__, _amx8),        \
            FOIL_JOIN(FOIL_WHEN(__AMX_BF16__, _amx16), FOIL_WHEN(__AMXBF16__, _amx16)), FOIL_WHEN(__GFNI__, _gfni), \
            FOIL_WHEN(__FMA4__, _fma4), FOIL_WHEN(__XOP__, _xop), FOIL_ARM)

// The parts of -ffast-math that a macro tells of: all of them with g++, the whole and finite with clang.
#if defined(__FAST_MATH__)
#define FOIL_MATH _fast
#else
#define FOIL_MATH                                                                                       \
  FOIL_JOIN(FOIL_WHEN(__FINITE_MATH_ONLY__, _finite), FOIL_WHEN(__NO_SIGNED_ZEROS__, _unsigned),        \
            FOIL_WHEN(__ASSOCIATIVE_MATH__, _associative), FOIL_WHEN(__RECIPROCAL_MATH__, _reciprocal), \
            FOIL_WHEN(__ROUNDING_MATH__, _rounding))
#endif

#if defined(__cpp_exceptions)
#define FOIL_EXCEPTIONS 1
#define FOIL_EH _throws
#else
#define FOIL_EXCEPTIONS 0
#define FOIL_EH _aborts
#endif

#define FOIL_ANY_BUILD v0  // the namespace of foil::error, which no flag changes
#define FOIL_ABI FOIL_JOIN(v0_, FOIL_ISA, FOIL_AVX512, FOIL_OTHER_VECTORS, FOIL_MATH, FOIL_EH)
