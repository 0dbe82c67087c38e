// Every instruction set that the flags of this build allow, for tests of what takes one as a parameter.
#pragma once

#include <xsimd/xsimd.hpp>

template <class... Arch>
struct architecture_list {
  /// f.operator()<A>() for each.
  template <class F>
  static void each(F const& f) {
    (f.template operator()<Arch>(), ...);
  }
};

using architectures = architecture_list<xsimd::default_arch
#if defined(__SSE2__)
                                        , xsimd::sse2
#endif
#if defined(__SSE4_2__)
                                        , xsimd::sse4_2
#endif
#if defined(__AVX__)
                                        , xsimd::avx
#endif
#if defined(__AVX2__)
                                        , xsimd::avx2
#endif
#if defined(__AVX2__) && defined(__FMA__)
                                        , xsimd::fma3<xsimd::avx2>
#endif
                                        >;
