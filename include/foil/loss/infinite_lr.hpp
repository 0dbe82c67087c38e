// The infinite learning rate: warm up, cool down to a plateau that lasts as long as data comes, anneal when asked.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/numeric.hpp"

namespace foil::inline FOIL_ABI::loss {

///   step < warmup:            highest * step / warmup
///   next `cooldown` steps:    half a cosine from `highest` to `plateau`
///   then:                     plateau (`highest` if there is no cooldown)
///   from `anneal_start` on:   plateau * (lowest / plateau)^(k / anneal_steps), k steps in; `lowest` from anneal_steps on
/// arXiv 2503.02844. anneal_start < 0: never. Refuses negative steps, and rates that are not positive. O(1).
struct infinite_lr {
  double highest = 1e-3, plateau = 5e-4, lowest = 1e-6;
  idx warmup = 0, cooldown = 0, anneal_start = -1, anneal_steps = 1;

  double at(idx step) const {
    require(step >= 0 && warmup >= 0 && cooldown >= 0 && anneal_steps >= 1,
            "infinite_lr: step, warmup and cooldown must be >= 0 and anneal_steps >= 1, got ", step, ", ", warmup, ", ", cooldown,
            " and ", anneal_steps);
    require(highest > 0 && plateau > 0 && lowest > 0 && finite_bits(highest) && finite_bits(plateau) && finite_bits(lowest),
            "infinite_lr: the rates must be positive numbers, got ", highest, ", ", plateau, " and ", lowest);
    double const level = cooldown > 0 ? plateau : highest;
    if (anneal_start >= 0 && step >= anneal_start) {
      if (step - anneal_start >= anneal_steps) return lowest;
      return level * std::pow(lowest / level, double(step - anneal_start) / double(anneal_steps));
    }
    if (step < warmup) return highest * double(step) / double(warmup);
    if (step - warmup >= cooldown) return level;
    double const along = double(step - warmup) / double(cooldown);
    return plateau + (highest - plateau) * 0.5 * (1 + std::cos(3.141592653589793 * along));
  }
};

}  // namespace foil::inline FOIL_ABI::loss
