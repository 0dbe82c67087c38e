// The one place that names the build: version, instruction set, exception mode.
// Every foil symbol lives in an inline namespace carrying this tag, so two translation units
// built with different flags get different symbols instead of one silently chosen by the linker.
#pragma once

#define FOIL_VERSION_MAJOR 0
#define FOIL_VERSION_MINOR 1
#define FOIL_VERSION_PATCH 0

#if defined(__AVX512F__)
#define FOIL_ISA avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define FOIL_ISA avx2
#elif defined(__ARM_NEON)
#define FOIL_ISA neon
#else
#define FOIL_ISA base
#endif

#if defined(__cpp_exceptions)
#define FOIL_EXCEPTIONS 1
#define FOIL_EH throws
#else
#define FOIL_EXCEPTIONS 0
#define FOIL_EH aborts
#endif

#define FOIL_JOIN_(major, isa, eh) v##major##_##isa##_##eh
#define FOIL_JOIN(major, isa, eh) FOIL_JOIN_(major, isa, eh)
#define FOIL_ABI FOIL_JOIN(0, FOIL_ISA, FOIL_EH)
