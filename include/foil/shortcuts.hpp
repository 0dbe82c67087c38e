// SPDX-License-Identifier: BSD-3-Clause
// The common calls, one line each. Everything here is an objective that you can also write out. One file because it is read as a list.
//
// Embeddings are [rows, dim]: stored row-major matrices, views, float, double or half as storage, all of one computing scalar.
// Results are foil::outcome: value, gradients (anchors: of the first argument, pools[n]: of the others), counts. Refused, by a
// foil::error that bears the function's name: rows or dims that do not match, embeddings with a NaN or an infinity (by row),
// options out of their range, and values or gradients that the scalar cannot hold. A batch without rows is worth 0.
// Cost: one product rows x columns x dim for the value, three with gradients; memory beside inputs and gradients: `how.budget`. The same
// bits for any number of threads, any budget and any tile.
#pragma once

#include "foil/core/option.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/loss/alignment.hpp"
#include "foil/loss/debiased.hpp"
#include "foil/loss/decoupled.hpp"
#include "foil/loss/siglip.hpp"
#include "foil/loss/sup_con.hpp"
#include "foil/pool/own.hpp"
#include "foil/recipe/gist.hpp"
#include "foil/recipe/two_views.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/similarity/euclidean.hpp"
#include "foil/similarity/normalized.hpp"

namespace foil { inline namespace FOIL_ABI {

/// In-batch InfoNCE (multiple negatives ranking): k_i is q_i's positive, the other rows of k its negatives.
///   mean_i [ -s_ii / T + log sum_j e^{s_ij / T} ],   s = cosine
/// q [B, dim]; k [B, dim] or longer: rows beyond B are negatives of all. pools[0] is d/dk. Refuses fewer candidates than
/// anchors. van den Oord et al. 2018, arXiv 1807.03748; Henderson et al. 2017, arXiv 1705.00652.
template <class Q, class K>
auto info_nce(Q const& q, K const& k, loss::info_nce const& options = {}, execution how = {}) {
  return objective(options, similarity::cosine{}, reduce::mean{}, how).named("info_nce").value_and_grad(q, pool::in_batch(k));
}
/// With explicit hard negatives beside the batch: hard is [B * per_row, dim], each row's its own; pools[1] is d/dhard. Refuses
/// a per_row below 1 and other numbers of rows. Shared by all rows:
/// objective(options).value_and_grad(q, pool::in_batch(k), pool::trained(pool::bank(hard))).
template <class Q, class K, class N>
auto info_nce(Q const& q, K const& k, N const& hard, idx per_row, loss::info_nce const& options = {}, execution how = {}) {
  return objective(options, similarity::cosine{}, reduce::mean{}, how)
      .named("info_nce")
      .value_and_grad(q, pool::in_batch(k), pool::own(hard, per_row));
}
/// Options of `clip`.
struct clip_options {
  static constexpr char const* name = "clip";
  double log_scale = 2.659260036932778;  ///< log(1 / temperature), learnable; in [-46, 46]; log(1 / 0.07) as published
  static void options(auto list) { list("log_scale", &clip_options::log_scale, range::log_scale); }
};
template <class Q, class K, class X>
requires(!std::convertible_to<X const&, loss::info_nce>) auto info_nce(Q const&, K const&, X const&) {
  static_assert(
      std::is_void_v<X>,
      "foil: info_nce takes options as info_nce(q, k, {.temperature = 0.05}) and hard negatives as info_nce(q, k, hard, per_row)");
}
/// CLIP: half the sum of both directions' InfoNCE, in one pass. d/dlog_scale is the result's log_scale().
///   1/2 mean_i [ -u_ii + log sum_j e^{u_ij} ] + 1/2 mean_j [ -u_jj + log sum_i e^{u_ij} ],   u = e^{log_scale} cosine
/// q [B, dim]; k [B, dim], row i with row i (or longer: the rest are negatives of all and leave the second mean); pools[0] is
/// d/dk. Refuses fewer candidates than anchors. Radford et al. 2021, arXiv 2103.00020.
///   foil::clip(q, k, {.log_scale = t})
template <class Q, class K>
auto clip(Q const& q, K const& k, clip_options const& options = {}, execution how = {}) {
  check_options(options);
  return objective(loss::info_nce{.temperature = std::exp(-options.log_scale)}, similarity::cosine{}, reduce::mean{}, how)
      .named("clip")
      .symmetric(q, pool::in_batch(k));
}
template <class Q, class K, class Number>
requires std::is_arithmetic_v<Number>
void clip(Q const&, K const&, Number, execution = {}) {
  static_assert(!std::is_arithmetic_v<Number>,
                "foil: a bare number could be a temperature or a log scale; write clip(q, k, {.log_scale = t}), t = log(1 / temperature)");
}
/// SimCLR: InfoNCE over 2B rows, the other view the positive, all other rows of both views negatives; mean over 2B.
/// z1, z2 [B, dim]; pools[0] is d/dz2; lists per row have 2B entries, z1's first. Chen et al. 2020, arXiv 2002.05709.
template <class A, class B>
auto nt_xent(A const& z1, B const& z2, loss::info_nce const& options = {.temperature = 0.5}, execution how = {}) {
  return engine::both_views("nt_xent", objective(options, similarity::cosine{}, reduce::mean{}, how), z1, z2, 0.5);
}
/// Supervised contrast over one batch: rows of equal label are positives of each other, the rest negatives.
///   mean_i (T / T_base) [ -mean_P u + log sum_{P and N} e^u ],   u = cosine / T
/// z [B, dim], labels [B] of any integer type. Rows without a positive leave the mean and are counted. Refuses another number
/// of labels. Khosla et al. 2020, arXiv 2004.11362.
template <class Z>
auto sup_con(Z const& z, id_list labels, loss::sup_con const& options = {}, execution how = {}) {
  return objective(options, similarity::cosine{}, reduce::mean{}, how)
      .named("sup_con")
      .value_and_grad(z, pool::self(z, roles::by_label(labels)));
}
/// Decoupled contrast of two views: the sum of both directions' means of -u_i+ + log sum_N e^u, u = cosine / T, with negatives
/// from both views. z1, z2 [B, dim]; pools[0] is d/dz2. Yeh et al. 2022, arXiv 2110.06848.
template <class A, class B>
auto decoupled(A const& z1, B const& z2, loss::decoupled const& options = {}, execution how = {}) {
  return engine::both_views("decoupled", objective(options, similarity::cosine{}, reduce::mean{}, how), z1, z2, 1.0);
}
/// Debiased contrast of two views, mean over 2B rows; hard negatives (HCL) with beta > 0. Formula: loss::debiased.
/// z1, z2 [B, dim]; pools[0] is d/dz2. Chuang et al. 2020, arXiv 2007.00224; Robinson et al. 2021, arXiv 2010.04592.
template <class A, class B>
auto debiased(A const& z1, B const& z2, loss::debiased const& options = {}, execution how = {}) {
  return engine::both_views("debiased", objective(options, similarity::cosine{}, reduce::mean{}, how), z1, z2, 0.5);
}
/// Sigmoid loss of a batch: mean_i [ softplus(-z_ii) + sum_{j != i} softplus(z_ij) ], z = e^{log_scale} cosine + bias.
/// q [B, dim], k [B, dim] or longer; pools[0] is d/dk, log_scale() and shift are d/dlog_scale and d/dbias. Refuses fewer
/// candidates than anchors. Zhai et al. 2023, arXiv 2303.15343.
template <class Q, class K>
auto siglip(Q const& q, K const& k, loss::siglip const& options = {}, execution how = {}) {
  return objective(options, similarity::cosine{}, reduce::mean{}, how).named("siglip").value_and_grad(q, pool::in_batch(k));
}
/// N-pair: softmax of raw dots, plus l2 / 2 (mean |a|^2 + mean |p|^2).
///   mean_i [ -a_i.p_i + log sum_j e^{a_i.p_j} ] + l2 / 2 (...)
/// anchor, positive [B, dim]; pools[0] is d/dpositive. l2 >= 0; a side without rows has no term, a row that is skipped no
/// part of it. Sohn 2016 (NIPS).
template <class A, class P>
auto n_pair(A const& anchor, P const& positive, double l2 = 0, execution how = {}) {
  check_option("n_pair", "l2", l2, range::not_negative);
  auto r = objective(loss::info_nce{.temperature = 1}, similarity::dot{}, reduce::mean{}, how)
               .named("n_pair")
               .value_and_grad(anchor, pool::in_batch(positive));
  using S = decltype(r.value);
  auto add = [&](auto const& x, matrix<S>& g) {
    idx rows = 0;
    for (idx i = 0; i < x.rows(); ++i) rows += !is_bad_row(x, i);
    if (rows == 0) return;
    double const n = double(rows);
    double sum = 0;
    for (idx i = 0; i < x.rows(); ++i) {
      if (is_bad_row(x, i)) continue;  // absent
      for (idx j = 0; j < x.cols(); ++j) {
        double const v = double(x.row(i)[j]);
        sum += v * v;
        g(i, j) += S(l2 * v / n);
      }
    }
    r.value += S(l2 / 2 * sum / n);
    require_held(r.value, "n_pair");  // with l2 <= 1e15 the gradient is held where this is
  };
  if (l2 != 0) add(as_view(anchor), r.anchors), add(as_view(positive), r.pools[0]);
  return r;
}

/// Alignment, uniformity and their weighted sum, with the gradients of the sum.
template <Scalar S>
struct sphere_outcome {
  S value, alignment, uniformity;  ///< alignment + lambda uniformity; its two parts
  matrix<S> x, y;                  ///< d value / dx, d value / dy
};
/// What the uniformity of two views is.
enum class uniform_over { both /** (u(x) + u(y)) / 2 */, first /** u(x) */ };
/// mean |x_i - y_i|^alpha + lambda (u(x) + u(y)) / 2,  u(x) = log mean_{i<j} e^{-t |x_i - x_j|^2}, on unit rows unless told
/// otherwise. x, y [B, dim], row i with row i. alpha in [1e-15, 100], t > 0, lambda a number; uniformity needs two rows.
/// Wang and Isola 2020, arXiv 2005.10242, whose code takes both views; the paper's formula has one.
template <class X, class Y>
auto alignment_uniformity(X const& x, Y const& y, double alpha = 2, double t = 2, double lambda = 1, bool normalize = true,
                          execution how = {}, uniform_over views = uniform_over::both) {
  check_option("alignment_uniformity", "alpha", alpha, range::real{1e-15, 100});
  check_option("alignment_uniformity", "t", t, range::positive);
  check_option("alignment_uniformity", "lambda", lambda, range::either_sign);
  using namespace similarity;
  auto all = [&](auto distance, auto square) {
    auto const close = objective(loss::alignment{alpha}, distance, reduce::mean{}, how).named("alignment_uniformity");
    auto const spread = objective(loss::uniformity{t}, square, reduce::mean{}, how).named("alignment_uniformity");
    auto of_x = spread.value_and_grad(x, pool::self(x));
    auto of_y = views == uniform_over::both ? spread.value_and_grad(y, pool::self(y)) : decltype(of_x){};
    return std::tuple{close.value_and_grad(x, pool::positives(y)), std::move(of_x), std::move(of_y)};
  };
  auto [a, u, v] = normalize ? all(normalized<neg_l2>{}, normalized<neg_sq_l2>{}) : all(neg_l2{}, neg_sq_l2{});
  using S = decltype(a.value);
  double const share = views == uniform_over::both ? 0.5 : 1;
  auto const add = [&](matrix<S>& to, matrix<S> const& part) {
    for (idx k = 0; k < part.size(); ++k) to.data()[k] += S(lambda * share) * part.data()[k];
  };
  add(a.anchors, u.anchors), add(a.pools[0], v.anchors);
  S const uniformity = S(share) * u.value + S(share) * v.value;
  sphere_outcome<S> r{a.value + S(lambda) * uniformity, a.value, uniformity, std::move(a.anchors), std::move(a.pools[0])};
  require_held(r.value, "alignment_uniformity");
  require_held(as_view(r.x), "alignment_uniformity", "first view"), require_held(as_view(r.y), "alignment_uniformity", "second view");
  return r;
}
/// Tolerance: the mean cosine over ordered pairs of different rows with equal labels; a number, without gradients.
/// x [B, dim], labels [B]. Refuses labels that are all different. Wang and Liu 2021, arXiv 2012.09740.
template <class X>
auto tolerance(X const& x, id_list labels) {
  auto const mean_cosine = objective(loss::tolerance{}, similarity::cosine{}).named("tolerance");
  auto const r = mean_cosine.value(x, pool::self(x, roles::by_label(labels)));
  require(r.rows_used > 0, "tolerance: no two rows have the same label");
  return r.value;
}

}}  // namespace foil
