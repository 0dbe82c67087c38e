// SPDX-License-Identifier: BSD-3-Clause
// Softmax over classes that have several centres each: sub-centre ArcFace, SoftTriple.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/loss/margin_softmax.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   L_i = -scale head(S_iy) + log( e^{scale head(S_iy)} + sum_{c != y} e^{scale S_ic} ),   mean over rows
///   S_ic = max over the centres k of class c of s_ik, or with gamma > 0 sum_k softmax_k(gamma s_ik) s_ik
/// Columns are the centres, those of class c at c * per_class onwards: pool::in_batch(centers, roles::all_negative{}). Roles and filters
/// of the pool are not consulted. Head, margin and scale (1 / temperature) as of margin_softmax. The gradient goes through the softmax. Of
/// equal centres the first is the best. Deng et al. 2020 (ECCV): arcface, gamma 0. Qian et al. 2019, arXiv 1909.05235: cosface, gamma 10.
/// Memory: two rows x centres matrices; beside the products the time goes to an exponential a class, and divisions a centre, in double.
struct sub_center_softmax {
  static constexpr char const* name = "sub_center_softmax";
  id_list labels;         ///< [rows] class of each row; viewed
  idx per_class = 3;      ///< >= 1; centres of a class
  double gamma = 0;       ///< in [0, 1e6]; sharpness of the choice among a class's centres; 0: the best one alone
  margin_softmax head{};  ///< margin and temperature
  static void options(auto list) {
    list("per_class", &sub_center_softmax::per_class, range::at_least(1)), list("gamma", &sub_center_softmax::gamma, range::real{0, 1e6});
    list("head", &sub_center_softmax::head);
  }
  void check() const { head.check(); }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return labels.overlaps(from, to); }
  double scale() const { return 1; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    idx const n = u.rows(), classes = u.cols() / per_class;
    require(labels.size() == n && classes * per_class == u.cols(), "sub_center_softmax: ", n, " rows and ", u.cols(), " centres, ",
            per_class, " a class, but ", labels.size(), " labels");
    std::vector<double> share(std::size_t(u.cols())), of_class(std::size_t(u.cols() / per_class));
    double const k = head.scale();
    double sum = 0;
    for (idx i = 0; i < n; ++i) {
      idx const y = labels[i];
      require(y >= 0 && y < classes, "sub_center_softmax: label ", y, " of row ", i, " is outside 0 .. ", classes - 1);
      for (idx c = 0; c < classes; ++c) of_class[std::size_t(c)] = of_centers(u.row(i) + c * per_class, share.data() + c * per_class);
      auto const target = head.with_margin(of_class[std::size_t(y)]);
      of_class[std::size_t(y)] = target.value;
      double const top = *std::max_element(of_class.begin(), of_class.end());
      double all = 0;
      for (double& x : of_class) all += x = std::exp(k * (x - top));
      sum += k * (top - target.value) + std::log(all);
      for (idx j = 0; j < u.cols(); ++j) {
        idx const c = j / per_class;
        double const p = of_class[std::size_t(c)] / all, g = c == y ? (p - 1) * target.slope : p;
        slopes[i * u.cols() + j] = S(g * k * share[std::size_t(j)] / double(n));
      }
    }
    return n > 0 ? S(sum / double(n)) : S(0);
  }

 private:
  /// S of one class, and its derivatives.
  template <Scalar S>
  double of_centers(S const* s, double* share) const {
    S const* const best = std::max_element(s, s + per_class);
    double all = 0, mean = 0;
    for (idx k = 0; k < per_class; ++k) {
      share[k] = gamma > 0 ? std::exp(gamma * (double(s[k]) - double(*best))) : double(s + k == best);
      all += share[k], mean += share[k] * double(s[k]);
    }
    mean /= all;
    for (idx k = 0; k < per_class; ++k) share[k] *= (1 + gamma * (double(s[k]) - mean)) / all;
    return mean;
  }
};

}}  // namespace foil::loss
