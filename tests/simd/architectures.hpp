// Every architecture of xsimd that the flags of this build allow, for tests of what takes one as a parameter.
#pragma once

#include <tuple>

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

using architectures = architecture_list<xsimd::supported_architectures>;

/// A number type on an architecture.
template <class Number, class Arch>
struct on {
  using S = Number;
  using A = Arch;
};

namespace detail {
template <class Done, class List>
struct widest;
template <class... Done>
struct widest<std::tuple<Done...>, xsimd::arch_list<>> {
  using type = std::tuple<Done...>;
};
template <class... Done, class Arch, class... More>
struct widest<std::tuple<Done...>, xsimd::arch_list<Arch, More...>> {
  static constexpr bool known = ((xsimd::batch<float, Arch>::size == xsimd::batch<float, typename Done::A>::size) || ...);
  using taken = std::conditional_t<known, std::tuple<Done...>, std::tuple<Done..., on<float, Arch>, on<double, Arch>>>;
  using type = typename widest<taken, xsimd::arch_list<More...>>::type;
};
}  // namespace detail

/// float and double on the best architecture of every register width: for what takes long.
using register_widths = detail::widest<std::tuple<>, xsimd::supported_architectures>::type;
