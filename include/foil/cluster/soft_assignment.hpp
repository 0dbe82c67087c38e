// SPDX-License-Identifier: BSD-3-Clause
// Student's t: how much a node belongs to each of some centres; and the hard choice.
#pragma once

#include "foil/core/option.hpp"
#include "foil/engine/each_score.hpp"
#include "foil/engine/execution.hpp"
#include "foil/similarity/euclidean.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// q_ic = (1 + |z_i - m_c|^2 / v)^-(v+1)/2, normalised over c: [n, centres]. Van der Maaten and Hinton 2008; Xie et al. 2016
/// (DEC), arXiv 1511.06335. Far from all centres it stays a distribution. O(n centres dim); beside the products the
/// time goes to a logarithm and an exponential a pair.
template <Scalar S>
matrix<S> student_t(view<S> z, view<S> centres, double v = 1, execution const& how = {}) {
  check_option("student_t", "v", v, range::positive), check_options("student_t", how);
  require(z.cols() == centres.cols() && centres.rows() >= 1, "student_t: z is [", z.rows(), ", ", z.cols(), "], centres are [",
          centres.rows(), ", ", centres.cols(), "]; needs at least one centre of the same dim");
  require_finite(z, "student_t", "z");
  require_finite(centres, "student_t", "centres");
  matrix<S> q(z.rows(), centres.rows());
  engine::source_of<S, S> const nodes(z, similarity::neg_sq_l2::kind, false, "student_t", "z");
  engine::each_score("student_t", nodes, centres, similarity::neg_sq_l2{}, how.executor, [&](idx i, S const* score) {
    idx const n = centres.rows();
    idx const far = first_bad(score, n);
    require(far < 0, "student_t: row ", i, " and centre ", far, " are farther apart than their type holds");
    S near = score[0];
    for (idx c = 1; c < n; ++c) near = (std::max)(near, score[c]);
    auto const part = [v](S s) { return std::log1p((std::min)(-double(s) / v, range::finite.high)); };
    std::vector<double> ratio(static_cast<std::size_t>(n));  // (1 + d_near / v) / (1 + d_c / v), to the power
    double const nearest = part(near);
    double sum = 0;
    for (idx c = 0; c < n; ++c) sum += ratio[std::size_t(c)] = std::exp((nearest - part(score[c])) * (v + 1) / 2);
    for (idx c = 0; c < n; ++c) q(i, c) = S(ratio[std::size_t(c)] / sum);
  });
  return q;
}

/// The cluster that a node belongs to most; of equal ones the first. O(n clusters); the time goes to one comparison after the other.
template <Scalar S>
std::vector<idx> harden(view<S> assign) {
  require(assign.cols() >= 1 || assign.rows() == 0, "harden: argument assign has no clusters");
  require_finite(assign, "harden", "assign");
  std::vector<idx> of;
  of.reserve(std::size_t(assign.rows()));
  for (idx i = 0; i < assign.rows(); ++i) of.push_back(std::max_element(assign.row(i), assign.row(i) + assign.cols()) - assign.row(i));
  return of;
}

}}  // namespace foil::mining
