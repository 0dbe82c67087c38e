// SPDX-License-Identifier: BSD-3-Clause
// LambdaLoss: pairs of a ranked list under weights that follow NDCG; RankNet and LambdaRank are members.
#pragma once

#include "foil/core/option.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Weights W of a pair (i, j) with y_i > y_j, at places i, j (from 1) of the predicted ranking; G = (2^y - 1) / ideal DCG,
/// D(place) = log2(1 + place).
enum class lambda_scheme {
  ranknet,     ///< 1
  ndcg1,       ///< G_i / D(i), over all ordered pairs, i with itself included
  lambdarank,  ///< |1/D(i) - 1/D(j)| |G_i - G_j|
  ndcg2,       ///< |1/D(|i-j|) - 1/D(|i-j|+1)| |G_i - G_j|
  ndcg2pp      ///< mu * ndcg2 + lambdarank
};

///   sum over pairs of W_ij log2(1 + e^{-sigma (s_i - s_j)}), mean over all pairs of the batch
/// Targets: labels, 0 .. 100. With k > 0 the ideal DCG is that of k places, and pairs count of which either item is among the
/// k best by score (equation 18 of the paper, LightGBM, sentence-transformers from 6 on), or, with `both`, both. Lists without
/// an item of label above 0 leave the mean, also under ndcg1. Ranking and weights are constants for the gradient; equal scores
/// rank by column. Burges 2005; Wang et al. 2018 (CIKM). O(L^2) a list, O(L k) with k; the time goes to an exponential and a logarithm
/// a pair, and of short lists to those of discounts and gains. A natural logarithm: value times log 2.
struct lambda_loss {
  static constexpr char const* name = "lambda_loss";
  lambda_scheme scheme = lambda_scheme::ndcg2pp;  ///< weights of the pairs
  idx k = 0;                                      ///< >= 0; places of the ranking that count; 0: all
  double sigma = 1;                               ///< > 0; factor on differences of scores
  double mu = 10;                                 ///< a number; weight of ndcg2 in ndcg2pp
  bool both = false;                              ///< with k: pairs count only if both items are among the k best
  static void options(auto list) {
    list("scheme", &lambda_loss::scheme, lambda_scheme::ndcg2pp);
    list("k", &lambda_loss::k, range::at_least(0));
    list("sigma", &lambda_loss::sigma, range::positive), list("mu", &lambda_loss::mu, range::either_sign);
  }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    for (double label : y) require(!nan_bits(label) && label >= 0 && label <= 100, "lambda_loss: labels must be in 0 .. 100, got ", label);
    std::size_t const n = s.size(), top = k > 0 ? (std::min)(n, std::size_t(k)) : n;
    auto const order = places_by(n, [&](std::size_t i) { return order_key(s[i]); });
    auto const ideal = places_by(
        n, [&](std::size_t i) { return order_key(y[i]); }, idx(top));
    std::vector<double> discount(n + 2), gain(n);
    for (std::size_t p = 1; p < discount.size(); ++p) discount[p] = 1 / std::log2(1 + double(p));
    double best = 0;
    for (std::size_t p = 0; p < top; ++p) best += (std::exp2(y[ideal[p]]) - 1) * discount[p + 1];
    if (!(best > 0)) return {0, 0};
    for (std::size_t p = 0; p < n; ++p) gain[p] = (std::exp2(y[order[p]]) - 1) / (std::max)(best, 1e-10);

    auto const weight = [&](std::size_t i, std::size_t j) {
      std::size_t const apart = i > j ? i - j : j - i;
      double const gap = std::abs(gain[i] - gain[j]);
      auto const rank = [&] { return std::abs(discount[i + 1] - discount[j + 1]) * gap; };
      auto const near = [&] { return std::abs(discount[apart] - discount[apart + 1]) * gap; };
      switch (scheme) {
        case lambda_scheme::ranknet: return 1.0;
        case lambda_scheme::ndcg1: return gain[i] * discount[i + 1];
        case lambda_scheme::lambdarank: return rank();
        case lambda_scheme::ndcg2: return near();
        default: return mu * near() + rank();
      }
    };
    list_row r{0, 0};
    double const log2e = 1.4426950408889634;
    for (std::size_t i = 0; i < (both ? top : n); ++i)
      for (std::size_t j = 0; j < (both || i >= top ? top : n); ++j) {
        std::size_t const a = order[i], b = order[j];
        if (scheme != lambda_scheme::ndcg1 && !(y[a] > y[b])) continue;
        logistic<double> const at(-sigma * (s[a] - s[b]));
        double const w = weight(i, j) * log2e, d = w * sigma * at.sigmoid();
        r.value += w != 0 ? w * at.softplus() : 0, ++r.weight;
        slope[a] -= d, slope[b] += d;
      }
    return r;
  }
};

}}  // namespace foil::loss
