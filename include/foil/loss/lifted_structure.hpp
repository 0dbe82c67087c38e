// SPDX-License-Identifier: BSD-3-Clause
// Lifted structure: a positive pair against all negatives of both its rows; and the form with one term a row.
#pragma once

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/log_sum_exp.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   1/2 mean over ordered positive pairs (a, p) of relu(J)^2,
///   J = d_ap - pos_margin + log( sum_{N of a} e^{neg_margin - d_an} + sum_{N of p} e^{neg_margin - d_pn} ),   d = zero_distance - score
/// zero_distance: the score of two equal points, 0 for neg_l2, 1 for the cosine. On the whole field of a batch against itself
/// (pool::self): the negatives of p are in another row. Without a positive pair or a negative 0. Roles and filters of the pool are
/// not consulted. Oh Song et al. 2016, arXiv 1511.06452.
/// Time: the field and the pairs; the time goes to two exponentials and a logarithm for each score, in double. Memory: two batch x batch
/// matrices.
struct lifted_structure {
  static constexpr char const* name = "lifted_structure";
  id_list labels;                                            ///< [batch] class of each row; viewed
  double neg_margin = 1, pos_margin = 0, zero_distance = 0;  ///< numbers, distances; see above
  static void options(auto list) {
    list("neg_margin", &lifted_structure::neg_margin, range::either_sign),
        list("pos_margin", &lifted_structure::pos_margin, range::either_sign);
    list("zero_distance", &lifted_structure::zero_distance, range::either_sign);
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return labels.overlaps(from, to); }
  double scale() const { return 1; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    idx const n = u.rows();
    require(u.cols() == n && labels.size() == n, "lifted_structure: ", n, " anchors need pool::self and as many labels, got ", u.cols(),
            " columns and ", labels.size(), " labels");
    std::vector<double> push(std::size_t(u.rows()), log_zero<double>), through(push.size(), 0);
    auto const near = [&](idx i, idx j) { return neg_margin - zero_distance + double(u(i, j)); };
    double pairs = 0, sum = 0;
    constexpr idx together = 4;  // rows at a time: each sum waits for itself alone
    for (idx first = 0; first < n; first += together)
      for (idx j = 0; j < n; ++j)
        for (idx i = first; i < (std::min)(first + together, n); ++i) {
          if (labels[i] != labels[j]) push[std::size_t(i)] = log_add(push[std::size_t(i)], near(i, j));
          pairs += i != j && labels[i] == labels[j];
        }
    for (idx a = 0; a < n; ++a)
      for (idx p = 0; p < n; ++p) {
        double const of_a = push[std::size_t(a)], of_p = push[std::size_t(p)];
        if (a == p || labels[a] != labels[p] || of_a <= log_zero_limit<double>) continue;
        double const both = log_add(of_a, of_p), term = zero_distance - double(u(a, p)) - pos_margin + both;
        if (!(term > 0)) continue;
        sum += 0.5 * term * term / pairs, slopes[a * n + p] -= S(term / pairs);
        through[std::size_t(a)] += term / pairs * std::exp(of_a - both), through[std::size_t(p)] += term / pairs * std::exp(of_p - both);
      }
    for (idx i = 0; i < n; ++i)
      for (idx j = 0; j < n; ++j)
        if (double const w = through[std::size_t(i)]; w > 0 && labels[i] != labels[j])
          slopes[i * n + j] += S(w * std::exp(near(i, j) - push[std::size_t(i)]));
    return S(sum);
  }
};

///   L_i = relu( log sum_P e^{d - pos_margin} + log sum_N e^{neg_margin - d} ),   d = zero_distance - score
/// An empty sum's logarithm counts as 0, and every row counts. Hermans et al. 2017, arXiv 1703.07737 (page 4), as
/// pytorch-metric-learning has it. Over a labelled batch: pool::self(z, roles::by_label(labels)).
struct generalized_lifted_structure {
  static constexpr char const* name = "generalized_lifted_structure";
  double neg_margin = 1, pos_margin = 0, zero_distance = 0;  ///< numbers, distances, as of lifted_structure
  static void options(auto list) {
    using own = generalized_lifted_structure;
    list("neg_margin", &own::neg_margin, range::either_sign), list("pos_margin", &own::pos_margin, range::either_sign);
    list("zero_distance", &own::zero_distance, range::either_sign);
  }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::log_sum_exp<over::positives>{.k = -1, .empty = when_empty::neutral},
                      stat::log_sum_exp<over::negatives>{.empty = when_empty::neutral}};
  }
  template <Scalar S>
  row_loss<S, 2> row(S positives, S negatives) const {
    auto const or_0 = [](S sum, double margin) { return sum > log_zero_limit<S> ? sum + S(margin) : S(0); };
    S const x = or_0(positives, zero_distance - pos_margin) + or_0(negatives, neg_margin - zero_distance), on = S(x > 0);
    return {(std::max)(x, S(0)), {on, on}};
  }
};

}}  // namespace foil::loss
