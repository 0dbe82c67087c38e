// SPDX-License-Identifier: BSD-3-Clause
// AnglE: labelled pairs ranked by the angle between their rows, read as complex numbers.
#pragma once

#include <cmath>

#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/listwise/cosent.hpp"
#include "foil/listwise/on_pairs.hpp"
#include "foil/pool/own.hpp"
#include "foil/similarity/cosine.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// CoSENT of sqrt(2) |s|.
struct cosent_of_size : loss::cosent {
  static constexpr char const* name = "angle";

  loss::list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    double const root = std::sqrt(2.0);
    std::vector<double> size;
    for (double x : s) size.push_back(root * std::abs(x));
    auto const r = cosent::row(size, y, slope);
    for (std::size_t j = 0; j < s.size(); ++j) slope[j] *= s[j] > 0 ? root : s[j] < 0 ? -root : 0;
    return r;
  }
};

/// y plus itself turned by a quarter, i y, its halves the real and the imaginary parts; sign -1: the way back of a gradient.
template <Scalar S, class T>
matrix<S> with_quarter_turn(view<T> y, idx half, S sign) {
  matrix<S> out(y.rows(), 2 * half);
  for (idx i = 0; i < y.rows(); ++i)
    for (idx k = 0; k < half; ++k) {
      S const re = S(y(i, k)), im = half + k < y.cols() ? S(y(i, half + k)) : S(0);
      out(i, k) = re - sign * im, out(i, half + k) = im + sign * re;
    }
  return out;
}

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

/// loss::cosent of |cos(x, y) + cos(x, i y)|, where the first half of a row is the real part and the second the imaginary part of a
/// complex vector (a last 0 is added to rows of odd length). x, y [B, dim], row i with row i; labels [B]: higher belongs closer. The
/// sum is sqrt(2) cos(x, y + i y), so the engine sees one cosine. Result: anchors d/dx, pools[0] d/dy. The
/// time goes to cosent's logarithms and to rows opened for one product each. Li and Li 2024, arXiv
/// 2309.12871, as sentence-transformers has it.
template <class X, class Y>
auto angle(X const& x, Y const& y, list_view<double> labels, loss::cosent const& options = {}, execution how = {}) {
  auto const a = as_view(x);
  auto const b = as_view(y);
  using S = arithmetic<typename decltype(a)::Scalar>;
  require(a.cols() == b.cols() && a.rows() == b.rows(), "angle: x is [", a.rows(), ", ", a.cols(), "], y [", b.rows(), ", ", b.cols(), "]");
  idx const half = (a.cols() + 1) / 2, dim = a.cols();
  matrix<S> even = matrix<S>::Zero(a.rows(), 2 * half);
  for (idx i = 0; i < a.rows(); ++i)
    for (idx k = 0; k < dim; ++k) even(i, k) = S(a(i, k));
  matrix<S> const turned = engine::with_quarter_turn<S>(b, half, S(1));
  auto r = objective(loss::on_pairs(engine::cosent_of_size{options}, labels), similarity::cosine{}, reduce::mean{}, how)
               .named("angle")
               .value_and_grad(even, pool::positives(turned));
  r.anchors = r.anchors.leftCols(dim).eval();
  r.pools[0] = engine::with_quarter_turn<S>(as_view(r.pools[0]), half, S(-1)).leftCols(dim).eval();
  require_held(as_view(r.pools[0]), "angle", "second rows");
  return r;
}

}}  // namespace foil
