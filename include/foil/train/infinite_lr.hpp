// SPDX-License-Identifier: BSD-3-Clause
// The infinite learning rate: warm up, cool down to a plateau that lasts as long as data comes, anneal when asked.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   step < warmup:            highest * step / warmup
///   next `cooldown` steps:    half a cosine from `highest` to `plateau`
///   then:                     plateau (without a cooldown `highest`, which falls to `plateau` at anneal_start)
///   from `anneal_start` on:   plateau * (lowest / plateau)^(k / anneal_steps), k steps in; `lowest` from anneal_steps on
/// arXiv 2503.02844. anneal_start < 0: never. Refuses negative steps, and rates that are not positive. O(1).
struct infinite_lr {
  static constexpr char const* name = "infinite_lr";
  double highest = 1e-3, plateau = 5e-4, lowest = 1e-6;  ///< > 0, in [1e-150, 1e150]; learning rates
  idx warmup = 0, cooldown = 0;                          ///< >= 0; steps
  idx anneal_start = -1, anneal_steps = 1;               ///< any; >= 1
  static void options(auto list) {
    constexpr range::real rate{1e-150, 1e150};  // the quotient of two is a double
    list("highest", &infinite_lr::highest, rate), list("plateau", &infinite_lr::plateau, rate);
    list("lowest", &infinite_lr::lowest, rate);
    list("warmup", &infinite_lr::warmup, range::at_least(0)), list("cooldown", &infinite_lr::cooldown, range::at_least(0));
    list("anneal_start", &infinite_lr::anneal_start, range::any_whole);
    list("anneal_steps", &infinite_lr::anneal_steps, range::at_least(1));
  }

  double at(idx step) const {
    check_options(*this);
    check_option(name, "step", step, range::at_least(0));
    if (anneal_start >= 0 && step >= anneal_start) {
      if (step - anneal_start >= anneal_steps) return lowest;
      return plateau * std::pow(lowest / plateau, double(step - anneal_start) / double(anneal_steps));
    }
    if (step < warmup) return highest * double(step) / double(warmup);
    if (step - warmup >= cooldown) return cooldown > 0 ? plateau : highest;
    double const along = double(step - warmup) / double(cooldown);
    return plateau + (highest - plateau) * 0.5 * (1 + std::cos(3.141592653589793 * along));
  }
};

}}  // namespace foil::loss
