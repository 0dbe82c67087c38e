// SPDX-License-Identifier: BSD-3-Clause
// Happy: a student follows the teacher's view of the other crop, and spreads its predictions over old and new classes.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/mean_prediction.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Options of `happy`.
struct happy_options {
  static constexpr char const* name = "happy";
  idx old_classes = 1;                                           ///< >= 1 and below the number of classes; the first columns
  double student_temperature = 0.1, teacher_temperature = 0.04;  ///< > 0; divisors of logits
  double w_old_new = 2, w_old_in = 1, w_new_in = 1;              ///< numbers; weights of the three parts of the entropy
  static void options(auto list) {
    list("old_classes", &happy_options::old_classes, range::at_least(1));
    list("student_temperature", &happy_options::student_temperature, range::temperature);
    list("teacher_temperature", &happy_options::teacher_temperature, range::temperature);
    list("w_old_new", &happy_options::w_old_new, range::either_sign), list("w_old_in", &happy_options::w_old_in, range::either_sign);
    list("w_new_in", &happy_options::w_new_in, range::either_sign);
  }
};

/// The part that is plain distillation.
struct happy_distillation : cross_entropy {
  static constexpr char const* name = "happy";
};

/// What `happy` returns.
template <Scalar S>
struct happy_outcome {
  S value = 0, distill = 0, entropy = 0;  ///< distill + entropy; its two parts
  S old_new = 0, old_in = 0, new_in = 0;  ///< the entropy's parts before their weights, >= 0
  matrix<S> student;                      ///< d value / d student
};

///   distill = mean over 2B rows of CE(softmax(teacher of the other view / teacher_temperature), softmax(student / student_temperature))
///   entropy = w_old_new K(O, N) + w_old_in K(o / O) + w_new_in K(n / N),   K(v) = sum v log v + log(size of v)
/// o, n: the mean prediction of the student's old and new classes, O and N their sums. student, teacher [2B, C]: logits of view 1
/// stacked on view 2, the teacher's constant. A group whose sum is below 1e-290 is worth 0. Ma et al. 2024, arXiv 2410.06535.
/// Refuses shapes that differ, an odd number of rows, no new class and what is not finite; no row: 0. O(B C), in double.
template <class X, class T>
auto happy(X const& student, T const& teacher, happy_options const& o) {
  auto const x = as_view(student);
  auto const t = as_view(teacher);
  using S = typename decltype(x)::Scalar;
  static_assert(Scalar<S>, "foil: happy takes logits as float or as double");
  idx const n = x.rows(), classes = x.cols();
  check_options(o);
  require(t.rows() == n && t.cols() == classes, "happy: the student is [", n, ", ", classes, "], the teacher [", t.rows(), ", ", t.cols(),
          "]");
  require(n % 2 == 0, "happy: ", n, " rows are not two views of equal size");
  require(o.old_classes < classes, "happy: old_classes must leave a new class, got ", o.old_classes, " of ", classes);
  require_finite(x, "happy", "student"), require_finite(t, "happy", "teacher");
  if (n == 0) return happy_outcome<S>{.student = matrix<S>(0, classes)};
  matrix<double> target(n, classes);
  std::vector<double> row(std::size_t(x.cols())), g(row.size()), out(row.size());
  for (idx i = 0; i < n; ++i) {
    for (idx c = 0; c < classes; ++c) row[std::size_t(c)] = double(t((i + n / 2) % n, c));
    auto const log_t = log_softmax(row, 1 / o.teacher_temperature);
    for (idx c = 0; c < classes; ++c) target(i, c) = mean_prediction::exp_of(log_t[std::size_t(c)]);
  }
  auto distill = value_and_grad_lists(happy_distillation{{o.student_temperature}}, x, target);

  mean_prediction const p(x, 1 / o.student_temperature);
  double sum[2] = {0, 0}, inner[2] = {0, 0}, outer = std::log(2.0);
  auto const side = [&](std::size_t c) { return idx(c) < o.old_classes ? 0 : 1; };
  for (std::size_t c = 0; c < row.size(); ++c) sum[side(c)] += row[c] = mean_prediction::exp_of(p.log_mean[c]);
  double const size[2] = {double(o.old_classes), double(classes - o.old_classes)}, within[2] = {o.w_old_in, o.w_new_in};
  for (double& s : sum) s = s < 1e-290 ? 0 : s;  // shares of it would be rounded away
  for (int s : {0, 1}) outer += sum[s] > 0 ? sum[s] * std::log(sum[s]) : 0, inner[s] = sum[s] > 0 ? std::log(size[s]) : 0;
  for (std::size_t c = 0; c < row.size(); ++c) row[c] = sum[side(c)] > 0 ? row[c] : 0;
  auto const log_share = [&](std::size_t c) { return p.log_mean[c] - std::log(sum[side(c)]); };
  for (std::size_t c = 0; c < row.size(); ++c) inner[side(c)] += row[c] > 0 ? row[c] / sum[side(c)] * log_share(c) : 0;
  for (std::size_t c = 0; c < row.size(); ++c) {  // d entropy / d mean, times the mean
    int const s = side(c);
    double const off = log_share(c) - (inner[s] - std::log(size[s]));
    g[c] = row[c] > 0 ? o.w_old_new * row[c] * (std::log(sum[s]) + 1) + within[s] * row[c] / sum[s] * off : 0;
  }
  for (idx i = 0; i < n; ++i) {
    p.slope(std::size_t(i), g, 1 / o.student_temperature, out);
    for (idx c = 0; c < classes; ++c) distill.scores(i, c) += S(out[std::size_t(c)]);
  }
  require_finite(as_view(distill.scores), "happy", "the gradient");
  double const entropy = o.w_old_new * outer + o.w_old_in * inner[0] + o.w_new_in * inner[1];
  return happy_outcome<S>{S(double(distill.value) + entropy), distill.value, S(entropy), S(outer), S(inner[0]), S(inner[1]),
                          std::move(distill.scores)};
}

}}  // namespace foil::loss
