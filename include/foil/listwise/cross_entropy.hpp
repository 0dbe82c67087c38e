// SPDX-License-Identifier: BSD-3-Clause
// Cross entropy of a list's softmax against any weights: labels, soft targets, a teacher, rewards.
#pragma once

#include <algorithm>

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Stands for log-probabilities that no double holds: far below the last whose exponential is not 0.
inline constexpr double lowest_log_p = -1e300;

/// log softmax(scores * scale), as a new list; at least one score. Differences are formed before they are scaled, and the best
/// one's logarithm is -log1p of the others' sum: a common offset costs nothing, and 1 - p keeps its digits near 1. The
/// time goes to the C library's exponential, one number after the other.
inline std::vector<double> log_softmax(std::span<double const> scores, double scale = 1) {
  std::vector<double> z(scores.begin(), scores.end());
  auto const best = std::size_t(std::max_element(z.begin(), z.end()) - z.begin());
  double const top = z[best];
  double others = 0;
  for (double& x : z) x = (std::max)((x - top) * scale, lowest_log_p);
  for (std::size_t j = 0; j < z.size(); ++j) others += j == best ? 0 : std::exp((std::max)(z[j], -745.2));
  double const all = std::log1p(others);
  for (double& x : z) x -= all;
  return z;
}
/// w log p, refused where p is beyond reach and w is not 0.
inline double weighted_log(double w, double log_p, char const* where) {
  require(w == 0 || log_p > lowest_log_p, where, ": a target asks for an item whose score is too far below the best at this temperature");
  return w == 0 ? 0 : w * log_p;
}

///   -sum_j t_j log p_j,   p = softmax(scores / temperature), mean over lists;  targets t: any weights, normalised or not
/// Gradient (p_j sum t - t_j) / temperature: 0 in sum over a list. Targets all 0: the list does not count. ListNet: targets
/// softmax(labels), see `list_net`.
struct cross_entropy {
  static constexpr char const* name = "cross_entropy";
  double temperature = 1;  ///< > 0; divisor of scores
  static void options(auto list) { list("temperature", &cross_entropy::temperature, range::temperature); }

  list_row row(std::span<double const> s, std::span<double const> t, std::span<double> slope) const {
    auto const log_p = log_softmax(s, 1 / temperature);
    double mass = 0;
    bool any = false;
    for (double x : t) mass += x, any = any || x != 0;
    list_row r{0, any ? 1.0 : 0.0};
    for (std::size_t j = 0; j < s.size(); ++j) {
      r.value -= weighted_log(t[j], log_p[j], name);
      double const reached = (std::max)(log_p[j], -745.2);
      slope[j] = (std::exp(reached) * (mass - t[j]) + std::expm1(reached) * t[j]) / temperature;
    }
    return r;
  }
};

///   -sum_j q_j log p_j,   q = softmax(labels), p = softmax(scores), mean over lists.  Cao et al. 2007 (ICML)
struct list_net {
  static constexpr char const* name = "list_net";

  list_row row(std::span<double const> s, std::span<double const> labels, std::span<double> slope) const {
    auto q = log_softmax(labels);
    for (double& x : q) x = std::exp((std::max)(x, -745.2));
    return cross_entropy{}.row(s, q, slope);
  }
};

/// [B, classes] with a 1 at each row's label.
template <Scalar S>
matrix<S> one_hot(id_list labels, idx classes, char const* where) {
  matrix<S> t = matrix<S>::Zero(labels.size(), classes);
  for (idx i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0 && labels[i] < classes, where, ": label ", labels[i], " of row ", i, " is outside 0 .. ", classes - 1);
    t(i, labels[i]) = 1;
  }
  return t;
}

/// Plain cross entropy of logits [B, C] and labels.
template <class X>
auto label_cross_entropy(X const& logits, id_list labels, char const* where = "label_cross_entropy") {
  auto const x = as_view(logits);
  require(labels.size() == x.rows(), where, ": ", x.rows(), " rows of logits, but ", labels.size(), " labels");
  require_finite(x, where, "logits");
  return value_and_grad_lists(cross_entropy{}, x, one_hot<typename X::Scalar>(labels, x.cols(), where));
}

}}  // namespace foil::loss
