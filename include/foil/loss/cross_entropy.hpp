// Cross entropy of a list's softmax against any weights: labels, soft targets, a teacher, rewards.
#pragma once

#include <algorithm>

#include "foil/core/option.hpp"
#include "foil/loss/list_loss.hpp"

namespace foil::inline FOIL_ABI::loss {

/// log softmax(scores * scale), as a new list; at least one score.
inline std::vector<double> log_softmax(std::span<double const> scores, double scale = 1) {
  std::vector<double> z(scores.begin(), scores.end());
  double top = scores[0] * scale, sum = 0;
  for (double& x : z) x *= scale, top = (std::max)(top, x);
  for (double x : z) sum += std::exp(x - top);
  double const all = top + std::log(sum);
  for (double& x : z) x -= all;
  return z;
}

///   -sum_j t_j log p_j,   p = softmax(scores / temperature), mean over lists;  targets t: any weights, normalised or not
/// Gradient (p_j sum t - t_j) / temperature: 0 in sum over a list.
struct cross_entropy {
  static constexpr char const* name = "cross_entropy";
  double temperature = 1;  ///< > 0
  static void options(auto list) { list("temperature", &cross_entropy::temperature, range::temperature); }

  list_row row(std::span<double const> s, std::span<double const> t, std::span<double> slope) const {
    auto const log_p = log_softmax(s, 1 / temperature);
    double mass = 0;
    for (double x : t) mass += x;
    list_row r;
    for (std::size_t j = 0; j < s.size(); ++j) {
      r.value -= t[j] * log_p[j];
      slope[j] = (std::exp(log_p[j]) * mass - t[j]) / temperature;
    }
    return r;
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
  return value_and_grad_lists(cross_entropy{}, x, one_hot<typename X::Scalar>(labels, x.cols(), where));
}

}  // namespace foil::inline FOIL_ABI::loss
