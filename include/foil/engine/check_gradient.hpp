// SPDX-License-Identifier: BSD-3-Clause
// Analytic gradients against central differences: for whoever writes a loss, a statistic or a similarity.
#pragma once

#include "foil/core/random.hpp"
#include "foil/engine/objective.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `check_gradient`.
struct gradient_check_options {
  static constexpr char const* name = "check_gradient";
  double step = 1e-5;      ///< in [1e-12, 1]; a number x is moved by step * max(1, |x|)
  idx numbers = 200;       ///< >= 1; of each matrix so many are moved, drawn without replacement, or all
  std::uint64_t seed = 0;  ///< any; of that draw
  static void options(auto list) {
    list("step", &gradient_check_options::step, range::real{1e-12, 1});
    list("numbers", &gradient_check_options::numbers, range::at_least(1));
  }
};

/// The number whose derivative is worst.
struct gradient_check {
  double error = 0;  ///< |analytic - numeric| over the largest of |analytic|, |numeric| the mean |analytic|; 0: exact, or none checked
  int matrix = -1;   ///< -1: the anchors; k: the candidates of pool k
  idx row = 0, column = 0;           ///< of that number in its matrix
  double analytic = 0, numeric = 0;  ///< its derivative by value_and_grad, and by differences
  idx checked = 0;                   ///< numbers that were moved
};

/// Compares value_and_grad's gradients of anchors and of training candidates with (f(x + h) - f(x - h)) / 2h, in double.
///   foil::check_gradient(foil::objective{my_loss{}}, q, foil::pool::in_batch(k)).error < 1e-6
/// An error near 1 is a wrong formula, or a gradient that a loss stops on purpose; near 1e-8, rounding; a kink (a hinge, a
/// maximum, a filter on scores) within a step may look like the former. Not looked at: own anchors of pool::between, weights,
/// the scale. Of listed pools the named rows are moved. Matrices are copied, of listed pools these rows, and never changed.
/// Cost: at most 1 + 2 * numbers * matrices evaluations.
template <class L, class Sim, class Reduce, class A, class... P>
gradient_check check_gradient(objective<L, Sim, Reduce> const& f, A const& anchors, P const&... pools) {
  return check_gradient(f, gradient_check_options{}, anchors, pools...);
}
template <class L, class Sim, class Reduce, class A, class... P>
gradient_check check_gradient(objective<L, Sim, Reduce> const& f, gradient_check_options const& o, A const& anchors, P const&... pools) {
  static_assert(std::same_as<storage_of<A const&>, double> && (std::same_as<typename P::storage, double> && ...),
                "foil: check_gradient works in double; give it foil::matrix<double> and pools of such");
  check_options(o);
  auto const copy = [](view<double> v) {
    matrix<double> m(v.rows(), v.cols());
    for (idx i = 0; i < v.rows(); ++i) std::copy_n(v.row(i), v.cols(), m.data() + i * m.cols());
    return m;
  };
  auto const called = f.named("check_gradient");
  auto const r = called.value_and_grad(anchors, pools...);  // refuses bad input, and knows which rows of listed pools are named
  matrix<double> q = copy(as_view(anchors));
  std::vector<matrix<double>> k(sizeof...(pools));
  std::vector<std::vector<idx>> places(sizeof...(pools));
  std::size_t at = 0;
  auto const moved = [&](auto pool) {
    pool_gradient<double> const& g = r.pools[at];
    matrix<double>& moving = k[at];
    std::vector<idx>& place = places[at++];
    if (pool.is_self) {
      pool.data = as_view(q);
    } else if (g.sparse()) {
      moving.resize(g.rows(), g.cols());
      for (idx i = 0; i < g.rows(); ++i) std::copy_n(pool.data.row(g.ids[std::size_t(i)]), g.cols(), moving.data() + i * g.cols());
      for (idx i = 0; i < pool.ids.size(); ++i)
        place.push_back(pool.ids[i] < 0 ? -1 : std::lower_bound(g.ids.begin(), g.ids.end(), pool.ids[i]) - g.ids.begin());
      pool.data = as_view(moving), pool.ids = place;
    } else if (g.size() > 0) {
      moving = copy(pool.data);
      pool.data = as_view(moving);
    }
    return pool;
  };
  std::tuple const own{moved(pools)...};
  auto const value = [&] { return std::apply([&](auto const&... p) { return called.value(q, p...).value; }, own); };
  gradient_check worst;
  auto const look_at = [&](matrix<double>& x, matrix<double> const& g, int number) {
    if (g.size() == 0) return;
    double mean = 0;
    for (idx n = 0; n < g.size(); ++n) mean += std::abs(g.data()[n]) / double(g.size());
    random_stream draw(o.seed, purpose::user, 0, std::uint64_t(number + 1));
    for (idx left = g.size(), wanted = (std::min)(o.numbers, left); left > 0 && wanted > 0; --left) {
      if (draw.below(left) >= wanted) continue;
      --wanted;
      idx const n = left - 1;
      double const x0 = x.data()[n], h = o.step * (std::max)(1.0, std::abs(x0));
      x.data()[n] = x0 + h;
      double const above = value();
      x.data()[n] = x0 - h;
      double const below = value();
      x.data()[n] = x0;
      double const analytic = g.data()[n], numeric = (above - below) / ((x0 + h) - (x0 - h));
      double const size = (std::max)({std::abs(analytic), std::abs(numeric), mean});
      double const error = size > 0 ? std::abs(analytic - numeric) / size : 0;
      ++worst.checked;
      if (!(error <= worst.error)) worst = {error, number, n / g.cols(), n % g.cols(), analytic, numeric, worst.checked};
    }
  };
  look_at(q, r.anchors, -1);
  for (std::size_t n = 0; n < k.size(); ++n) look_at(k[n], r.pools[n], int(n));
  if (worst.matrix >= 0)
    if (pool_gradient<double> const& g = r.pools[std::size_t(worst.matrix)]; g.sparse()) worst.row = g.ids[std::size_t(worst.row)];
  return worst;
}

}}  // namespace foil
