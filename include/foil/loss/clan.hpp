// SPDX-License-Identifier: BSD-3-Clause
// CLAN: benign samples attract each other, augmented ones (the anomalies to come) are repelled.
#pragma once

#include <span>
#include <tuple>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/active_sum.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// relu(x), squared if asked; counts above eps.
struct clan_term {
  bool squared = false;  ///< the term is squared
  double eps = 0;        ///< terms above it are counted
  template <Scalar S>
  S operator()(S x) const {
    S const y = x > 0 ? x : S(0);
    return squared ? y * y : y;
  }
  template <Scalar S>
  S slope(S x) const {
    S const inside = squared ? 2 * x : S(1);
    return x > 0 ? inside : S(0);
  }
  template <Scalar S>
  bool counts(S x) const {
    return (*this)(x) > S(eps);
  }
};

/// The two parts of clan, before alpha weighs them.
struct clan_parts {
  double similar = 0, dissimilar = 0;  ///< mean over counted positives; mean over counted negatives
};

///   alpha * sum_P d / #(d > eps) + (1 - alpha) * sum_N relu(margin - d) / #(relu > eps),   d = (1 - cosine) / 2
/// `squared` squares d and hinge before they are summed and counted. A part whose count is 0 is worth 0.
/// Benign pairs are the positives, augmented samples the negatives, under similarity::cosine:
///   pool::self(z, roles::positives_except_self{}), pool::trained(pool::bank(z_aug)).  Wilkie et al. 2025. Couples all rows.
struct clan {
  static constexpr char const* name = "clan";
  double margin = 0.5, alpha = 0.5;  ///< numbers; distance, in [0, 1], that negatives should reach; share of the positives' part
  bool squared = false;              ///< distance and hinge are squared before they are summed and counted
  double eps = 1e-6;                 ///< >= 0; only terms above it count in the two means
  clan_parts* parts = nullptr;       ///< filled if given
  static void options(auto list) {
    list("margin", &clan::margin, range::either_sign), list("alpha", &clan::alpha, range::either_sign);
    list("eps", &clan::eps, range::not_negative);
  }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::active_sum<over::positives, clan_term>{.k = -0.5, .c = 0.5, .f = {squared, eps}},
                      stat::active_sum<over::negatives, clan_term>{.k = 0.5, .c = margin - 0.5, .f = {squared, eps}}};
  }
  template <Scalar S>
  S batch(std::span<std::array<S, 4>> rows, std::span<std::array<S, 4>> partial, S& scale_out) const {
    double sum[2] = {0, 0}, count[2] = {0, 0};
    for (auto const& r : rows)
      for (std::size_t side : {0u, 1u}) sum[side] += double(r[2 * side]), count[side] += double(r[2 * side + 1]);
    auto const each = [&](std::size_t side) { return count[side] > 0 ? 1 / count[side] : 0; };
    for (auto& p : partial) p = {S(alpha * each(0)), 0, S((1 - alpha) * each(1)), 0};
    if (parts) *parts = {sum[0] * each(0), sum[1] * each(1)};
    scale_out = 0;
    return S(alpha * sum[0] * each(0) + (1 - alpha) * sum[1] * each(1));
  }
};

}}  // namespace foil::loss
