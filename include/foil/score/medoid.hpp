// SPDX-License-Identifier: BSD-3-Clause
// The medoid: the candidate most like the others (minimum Bayes risk).
#pragma once

#include <cmath>

#include "foil/core/guarded_sum.hpp"
#include "foil/score/best_of_n.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// What `medoid` and `medoid_of_embeddings` return.
struct medoid_result {
  std::vector<double> score;  ///< [N] weighted mean similarity to the others
  idx pick = -1;              ///< candidate of the highest score; -1 for none
  idx undefined = 0;          ///< scores that are NaN because a similarity was
};

namespace detail {
/// n weights (1 each where none are given), all times one power of two that brings the largest to 0.5 .. 1, so that neither their
/// sum nor a similarity times a weight overflows.
inline std::vector<double> relative_weights(char const* where, idx n, real_span weights) {
  require_length(weights.size(), n, where, "weights");
  std::vector<double> w(std::size_t(n), 1.0);
  double largest = 1;
  for (idx i = 0; i < weights.size(); ++i) {
    require(weights[i] >= 0 && finite_bits(weights[i]), where, ": weights must be finite and not negative, got ", weights[i]);
    largest = i == 0 ? weights[i] : (std::max)(largest, weights[i]), w[std::size_t(i)] = weights[i];
  }
  int const power = largest > 0 ? std::ilogb(largest) + 1 : 0;
  for (double& x : w) x = std::ldexp(x, -power);
  return w;
}
/// For each i the sum of all weights but its own, without the cancellation of subtracting it.
inline std::vector<double> weight_of_others(std::vector<double> const& w) {
  std::size_t const n = w.size();
  std::vector<double> others(n, 0.0);
  double before = 0, after = 0;
  for (std::size_t i = 0; i < n; ++i) {
    others[i] += before, others[n - 1 - i] += after;
    before += w[i], after += w[n - 1 - i];
  }
  return others;
}
inline medoid_result picked(std::vector<double> scores) {
  best const b = best_of_n(scores);
  return {std::move(scores), b.index, b.undefined};
}
}  // namespace detail

/// score_i = sum_{j != i} w_j sim_ij / sum_{j != i} w_j of sim [N, N] and weights [N] (none: all 1); 0 if nobody else has
/// weight. The best score is picked, ties to the lower index. With sim = [same answer] that is a member of the majority.
/// Kumar and Byrne 2004. Refuses a matrix that is not square, and weights that are negative or not finite. O(N^2); the
/// time goes to one sum in double a row, one similarity after the other.
template <class M>
medoid_result medoid(M const& similarity, real_span weights = {}) {
  auto const sim = as_view(similarity);
  require(sim.rows() == sim.cols(), "medoid: similarity must be square, got ", sim.rows(), " x ", sim.cols());
  std::vector<double> const w = detail::relative_weights("medoid", sim.rows(), weights);
  std::vector<double> scores = detail::weight_of_others(w);
  for (idx i = 0; i < sim.rows(); ++i) {
    guarded_sum sum;
    for (idx j = 0; j < sim.cols(); ++j) {
      double const x = double(sim(i, j)), weight = w[std::size_t(j)];
      if (j != i && weight > 0) sum.add(finite_bits(x) ? weight * x : x);
    }
    double& others = scores[std::size_t(i)];
    others = others > 0 ? sum.over(others) : 0;
  }
  return detail::picked(std::move(scores));
}

/// The same for sim = E E^T of embeddings [N, D] without forming it: e_i . (sum of w_j e_j before i + sum behind i) / others, so that
/// no weight of a row's own has to be subtracted. O(N D) time, O(D) memory; the time goes to two sums in double a row, number after
/// number. Refuses NaN and infinities.
template <class M>
medoid_result medoid_of_embeddings(M const& embeddings, real_span weights = {}) {
  auto const e = as_view(embeddings);
  require_finite(e, "medoid_of_embeddings", "embeddings");
  std::vector<double> const w = detail::relative_weights("medoid_of_embeddings", e.rows(), weights);
  std::vector<double> scores(w.size(), 0.0);
  std::vector<double> const others = detail::weight_of_others(w);
  std::vector<double> passed(std::size_t(e.cols()));
  auto const visit = [&](idx i) {
    double dot = 0;
    for (idx d = 0; d < e.cols(); ++d) {
      double const x = double(e(i, d));
      double& sum = passed[std::size_t(d)];
      dot += x * sum;
      sum += w[std::size_t(i)] * x;
    }
    scores[std::size_t(i)] += dot;
  };
  for (idx i = 0; i < e.rows(); ++i) visit(i);
  passed.assign(passed.size(), 0.0);
  for (idx i = e.rows(); i-- > 0;) visit(i);
  for (idx i = 0; i < e.rows(); ++i) {
    double& score = scores[std::size_t(i)];
    require(finite_bits(score), "medoid_of_embeddings: the products of row ", i, " are beyond what a double holds");
    score = others[std::size_t(i)] > 0 ? score / others[std::size_t(i)] : 0;
  }
  return detail::picked(std::move(scores));
}

}}  // namespace foil::score
