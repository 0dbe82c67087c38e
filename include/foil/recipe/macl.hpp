// SPDX-License-Identifier: BSD-3-Clause
// MACL over two views: the temperature rises with their alignment.
#pragma once

#include "foil/core/option.hpp"
#include "foil/loss/alignment.hpp"
#include "foil/loss/macl.hpp"
#include "foil/pool/own.hpp"
#include "foil/recipe/two_views.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `macl`.
struct macl_options {
  static constexpr char const* name = "macl";
  double temperature = 0.1;     ///< > 0; divisor of similarities at the alignment a_0
  double alpha = 0.5, a_0 = 0;  ///< in [0, 1]; how far the temperature follows the alignment, and from which on
  static void options(auto list) {
    list("temperature", &macl_options::temperature, range::temperature);
    list("alpha", &macl_options::alpha, range::share), list("a_0", &macl_options::a_0, range::share);
  }
};

/// loss::macl of 2B rows (two_views) at temperature (1 + alpha (A - a_0)), A the mean cosine of the pairs, a constant for the
/// gradient. Refused where that is not above 0. z1, z2 [B, dim]; results as two_views. Huang et al. 2023, arXiv 2207.07874.
template <class A, class B>
auto macl(A const& z1, B const& z2, macl_options const& o = {}, execution how = {}) {
  check_options(o);
  auto const aligned = objective(loss::tolerance{}, similarity::cosine{}, reduce::mean{}, how).named("macl").value(z1, pool::positives(z2));
  double const t = o.temperature * (1 + o.alpha * (double(aligned.value) - o.a_0));
  require(t > 0, "macl: the views are opposed, their mean cosine is ", double(aligned.value), "; lower alpha or a_0");
  return engine::both_views("macl", objective(loss::macl{t}, similarity::cosine{}, reduce::mean{}, how), z1, z2, 0.5);
}

}}  // namespace foil
