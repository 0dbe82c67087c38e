// SPDX-License-Identifier: BSD-3-Clause
// Binary cross entropy of logits, with hard or soft labels.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Refuses targets that are no probabilities.
inline void require_shares(std::span<double const> targets, char const* where) {
  for (double y : targets) require(!nan_bits(y) && y >= 0 && y <= 1, where, ": targets must be in 0 .. 1, got ", y);
}

///   -w y log sigmoid(s) - (1 - y) log(1 - sigmoid(s)),   mean over items;  targets y in 0 .. 1, soft or hard
/// Slope (1 - y) sigmoid(s) - w y sigmoid(-s).
struct binary_cross_entropy {
  static constexpr char const* name = "binary_cross_entropy";
  double positive_weight = 1;  ///< >= 0; w, factor on the positives' part
  static void options(auto list) { list("positive_weight", &binary_cross_entropy::positive_weight, range::not_negative); }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    require_shares(y, name);
    list_row r{0, double(s.size())};
    for (std::size_t j = 0; j < s.size(); ++j) {
      double const yes = positive_weight * y[j], no = 1 - y[j];
      logistic<double> const at(s[j]);
      double const tail = at.tail();
      r.value += yes * ((std::max)(-s[j], 0.0) + tail) + no * ((std::max)(s[j], 0.0) + tail);
      slope[j] = no * at.sigmoid() - yes * at.complement();
    }
    return r;
  }
};

}}  // namespace foil::loss
