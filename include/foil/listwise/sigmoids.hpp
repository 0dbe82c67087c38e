// SPDX-License-Identifier: BSD-3-Clause
// Sigmoids of the differences of a list of scores to one of them, for losses whose value and slopes both need them.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "foil/core/types.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// sigmoid(x_k) and sigmoid(-x_k) of x_k = (s_k - at) / temperature, with the bits of logistic: one exponential for both, and the divisions
/// in loops that vectorise.
struct sigmoids {
  std::vector<double> up, down;  ///< of x_k, of -x_k
  void take(std::span<double const> s, double at, double temperature) {
    up.resize(s.size()), down.resize(s.size());
    for (std::size_t k = 0; k < s.size(); ++k) up[k] = (s[k] - at) / temperature;
    for (std::size_t k = 0; k < s.size(); ++k) down[k] = std::exp(-std::abs(up[k]));
    for (std::size_t k = 0; k < s.size(); ++k) {
      double const x = up[k], power = down[k];
      up[k] = (x >= 0 ? 1.0 : power) / (1 + power), down[k] = (x <= 0 ? 1.0 : power) / (1 + power);
    }
  }
};

}}  // namespace foil::loss
