// The medoid: the candidate most like the others (minimum Bayes risk).
#pragma once

#include "foil/core/guarded_sum.hpp"
#include "foil/score/best_of_n.hpp"

namespace foil::inline FOIL_ABI::score {

struct medoid_result {
  std::vector<double> score;
  idx pick = -1;
  idx undefined = 0;  ///< scores that are NaN because a similarity was
};

namespace detail {
/// For each i the sum of all weights but its own, without the cancellation of subtracting it.
inline std::vector<double> weight_of_others(idx n, numbers weights) {
  require_length(weights.size(), n, "medoid", "weights");
  std::vector<double> others(std::size_t(n), 0.0);
  for (idx i = 0; i < n; ++i)
    require(weights.empty() || (weights[i] >= 0 && finite_bits(weights[i])),
            "medoid: weights must be finite and not negative, got ", weights.empty() ? 1 : weights[i]);
  double before = 0, after = 0;
  for (idx i = 0; i < n; ++i) {
    others[std::size_t(i)] += before, others[std::size_t(n - 1 - i)] += after;
    before += weights.empty() ? 1 : weights[i], after += weights.empty() ? 1 : weights[n - 1 - i];
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
/// Kumar and Byrne 2004. Refuses a matrix that is not square, and weights that are negative or not finite. O(N^2).
template <class M>
medoid_result medoid(M const& similarity, numbers weights = {}) {
  auto const sim = as_view(similarity);
  require(sim.rows() == sim.cols(), "medoid: similarity must be square, got ", sim.rows(), " x ", sim.cols());
  std::vector<double> scores = detail::weight_of_others(sim.rows(), weights);
  for (idx i = 0; i < sim.rows(); ++i) {
    guarded_sum sum;
    for (idx j = 0; j < sim.cols(); ++j) {
      double const w = weights.empty() ? 1 : weights[j];
      if (j != i && w > 0) sum.add(finite_bits(sim(i, j)) ? w * double(sim(i, j)) : double(sim(i, j)));
    }
    double& others = scores[std::size_t(i)];
    others = others > 0 ? sum.over(others) : 0;
  }
  return detail::picked(std::move(scores));
}

/// The same for sim = E E^T of embeddings [N, D] without forming it: (e_i . sum_j w_j e_j - w_i |e_i|^2) /
/// others. O(N D) time, O(D) memory. Refuses NaN and infinities.
template <class M>
medoid_result medoid_of_embeddings(M const& embeddings, numbers weights = {}) {
  auto const e = as_view(embeddings);
  require_finite(e, "medoid_of_embeddings", "embeddings");
  std::vector<double> scores = detail::weight_of_others(e.rows(), weights), mean(std::size_t(e.cols()), 0.0);
  auto const weight = [&](idx i) { return weights.empty() ? 1 : weights[i]; };
  for (idx i = 0; i < e.rows(); ++i)
    for (idx d = 0; d < e.cols(); ++d) mean[std::size_t(d)] += weight(i) * double(e(i, d));
  for (idx i = 0; i < e.rows(); ++i) {
    double dot = 0;
    for (idx d = 0; d < e.cols(); ++d)
      dot += double(e(i, d)) * (mean[std::size_t(d)] - weight(i) * double(e(i, d)));
    double& others = scores[std::size_t(i)];
    others = others > 0 ? dot / others : 0;
  }
  return detail::picked(std::move(scores));
}

}  // namespace foil::inline FOIL_ABI::score
