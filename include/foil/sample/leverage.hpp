// SPDX-License-Identifier: BSD-3-Clause
// How much each row of a matrix matters to its column space, and rows drawn by it (root leverage sampling).
#pragma once

#include <Eigen/QR>

#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What `leverage_scores` returns.
struct row_leverage {
  std::vector<double> scores;  ///< [n] in [0, 1], sum = rank
  idx rank = 0;                ///< of the matrix
};

/// tau_i: the squared length of row i of an orthonormal basis of the columns of a [n, d]; the share of itself that row i alone
/// can explain. Invariant to invertible maps of the columns; a zero row has 0, a row that no other spans has 1. By a
/// rank-revealing QR of the columns, scaled by powers of two; what is below min(n, d) times the rounding of the numbers' type, and
/// max(n, d) times that of double, counts as dependent. Refuses what is not finite. O(n d min(n, d)) time, O(n d) memory; the time goes
/// to the QR, which goes through what is left of the matrix after each column.
template <class M>
row_leverage leverage_scores(M const& matrix_of_rows) {
  auto const a = as_view(matrix_of_rows);
  using S = arithmetic<typename decltype(a)::Scalar>;
  using numbers = Eigen::Matrix<double_for<S>, Eigen::Dynamic, Eigen::Dynamic>;
  require_finite(a, "leverage_scores", "matrix");
  idx const n = a.rows(), d = a.cols();
  row_leverage r;
  r.scores.assign(std::size_t(n), 0.0);
  if (n == 0 || d == 0) return r;
  std::vector<double> unit(std::size_t(d), 0.0);
  for (idx i = 0; i < n; ++i)
    for (idx k = 0; k < d; ++k) unit[std::size_t(k)] = (std::max)(unit[std::size_t(k)], std::abs(double(a(i, k))));
  for (double& u : unit) u = std::ldexp(1.0, scaling_exponent(u));
  numbers x(n, d);
  for (idx k = 0; k < d; ++k)
    for (idx i = 0; i < n; ++i) {
      x(i, k) = double(a(i, k)) * unit[std::size_t(k)];
      r.scores[std::size_t(i)] = (std::max)(r.scores[std::size_t(i)], std::abs(x(i, k)));
    }
  Eigen::ColPivHouseholderQR<Eigen::Ref<numbers>> qr(x);  // in place
  double const of_numbers = std::numeric_limits<S>::epsilon(), of_sums = std::numeric_limits<double>::epsilon();
  qr.setThreshold(double((std::min)(n, d)) * of_numbers + double((std::max)(n, d)) * of_sums);
  r.rank = qr.rank();
  numbers const basis = qr.householderQ() * numbers::Identity(n, r.rank);
  for (idx i = 0; i < n; ++i)
    if (double& score = r.scores[std::size_t(i)]; score > 0) score = (std::min)(1.0, basis.row(i).squaredNorm());
  return r;
}

/// Options of `root_leverage`.
struct leverage_options {
  static constexpr char const* name = "root_leverage";
  double p = 1;             ///< in [1, 2); the norm sum |a_i x|^p that the sample keeps
  double oversampling = 1;  ///< > 0; c, times tau^(p / 2) is the probability
  static void options(auto list) {
    list("p", &leverage_options::p, range::real{1, 2, false, true}), list("oversampling", &leverage_options::oversampling, range::positive);
  }
};

/// What `root_leverage` returns: how likely each row is kept, and what a kept row is multiplied by.
struct leverage_plan {
  std::vector<double> probability;  ///< min(1, c tau^(p / 2)), each row by itself
  std::vector<double> factor;       ///< probability^(-1 / p), which a kept row is multiplied by; 0 for rows that are never kept
};

/// Then the expectation of sum over kept rows |factor_i a_i x|^p is sum |a_i x|^p for every x. arXiv 2306.00732. Refuses
/// scores outside [0, 1]. O(n).
inline leverage_plan root_leverage(real_span scores, leverage_options const& o = {}) {
  check_options(o);
  leverage_plan r;
  for (idx i = 0; i < scores.size(); ++i) {
    require(range::share.contains(scores[i]), "root_leverage: score ", scores[i], " of row ", i, " is outside [0, 1]");
    double const probability = (std::min)(1.0, o.oversampling * std::pow(scores[i], o.p / 2));
    double const factor = probability > 0 ? std::pow(probability, -1 / o.p) : 0;
    bool const kept = probability > 0 && finite_bits(factor);
    r.probability.push_back(kept ? probability : 0), r.factor.push_back(kept ? factor : 0);
  }
  return r;
}

/// The rows that are kept, ascending: row i with probability_i, independently; one uniform number a row. O(n).
inline std::vector<idx> kept_rows(real_span probability, random_stream draw) {
  std::vector<idx> kept;
  for (idx i = 0; i < probability.size(); ++i) {
    require(range::share.contains(probability[i]), "kept_rows: probability ", probability[i], " of row ", i, " is outside [0, 1]");
    if (draw.uniform() < probability[i]) kept.push_back(i);
  }
  return kept;
}

}}  // namespace foil::mining
