// SPDX-License-Identifier: BSD-3-Clause
// The architectures of xsimd that the flags of this build allow, for tests of what takes one as a parameter: the best of
// every register width, or all of them if FOIL_TEST_EVERY_ARCHITECTURE is defined.
#pragma once

#include <tuple>
#include <type_traits>

#include <xsimd/xsimd.hpp>

template <class List>
struct architecture_list;
template <class... Arch>
struct architecture_list<xsimd::arch_list<Arch...>> {
  /// f.operator()<A>() for each.
  template <class F>
  static void each(F const& f) {
    (f.template operator()<Arch>(), ...);
  }
};

/// The first of every width; xsimd's lists begin with the best.
template <class Done, class List>
struct best_of_widths {
  using type = Done;
};
template <class... Done, class Arch, class... More>
struct best_of_widths<xsimd::arch_list<Done...>, xsimd::arch_list<Arch, More...>> {
  static constexpr bool known = ((xsimd::batch<float, Arch>::size == xsimd::batch<float, Done>::size) || ...);
  using taken = std::conditional_t<known, xsimd::arch_list<Done...>, xsimd::arch_list<Done..., Arch>>;
  using type = typename best_of_widths<taken, xsimd::arch_list<More...>>::type;
};
using register_widths = best_of_widths<xsimd::arch_list<>, xsimd::supported_architectures>::type;

#if defined(FOIL_TEST_EVERY_ARCHITECTURE)
using architectures = architecture_list<xsimd::supported_architectures>;
#else
using architectures = architecture_list<register_widths>;
#endif

/// A number type on an architecture.
template <class Number, class Arch>
struct on {
  using S = Number;
  using A = Arch;
};
template <class List>
struct cases;
template <class... Arch>
struct cases<xsimd::arch_list<Arch...>> {
  using type = std::tuple<on<float, Arch>..., on<double, Arch>...>;
};
/// float and double on every width: for what takes long.
using widths = cases<register_widths>::type;
