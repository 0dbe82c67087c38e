// SPDX-License-Identifier: BSD-3-Clause
// Snippet similarity (SimMTM): masked copies of a sample find each other, and rebuild it from their neighbours.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "foil/core/id_set.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/self.hpp"
#include "foil/reduce/weighted.hpp"
#include "foil/roles/by_label.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// mean squared error of sum_{j != own_i} softmax(u_i)_j h_j against target_i; gradient_h [N, width] receives d / dh.
template <class H, class T>
struct reconstruction {
  double temperature;
  view<H> h;
  view<T> target;
  id_list own;
  matrix<double>* gradient_h;

  double scale() const { return 1 / temperature; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    idx const n = u.cols(), width = h.cols();
    double const each = 1 / double(u.rows() * width);
    double value = 0;
    std::vector<double> p(std::size_t(u.cols())), off(std::size_t(h.cols())), through(p.size());
    for (idx i = 0; i < u.rows(); ++i) {
      double top = -1e300, all = 0, mean = 0;
      for (idx j = 0; j < n; ++j) top = j == own[i] ? top : (std::max)(top, double(u(i, j)));
      for (idx j = 0; j < n; ++j) all += p[std::size_t(j)] = j == own[i] ? 0 : std::exp(double(u(i, j)) - top);
      for (idx k = 0; k < width; ++k) off[std::size_t(k)] = -double(target(i, k));
      for (idx j = 0; j < n; ++j) {
        p[std::size_t(j)] /= all;
        for (idx k = 0; k < width; ++k) off[std::size_t(k)] += p[std::size_t(j)] * double(h(j, k));
      }
      for (double x : off) value += each * x * x;
      for (idx j = 0; j < n; ++j) {
        through[std::size_t(j)] = 0;
        for (idx k = 0; k < width; ++k) {
          through[std::size_t(j)] += 2 * each * off[std::size_t(k)] * double(h(j, k));
          (*gradient_h)(j, k) += 2 * each * off[std::size_t(k)] * p[std::size_t(j)];
        }
        mean += p[std::size_t(j)] * through[std::size_t(j)];
      }
      for (idx j = 0; j < n; ++j) slopes[i * n + j] = S(p[std::size_t(j)] * (through[std::size_t(j)] - mean));
    }
    return S(value);
  }
};

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

/// Options of `snippet_similarity`.
struct snippet_options {
  static constexpr char const* name = "snippet_similarity";
  double temperature = 0.2;  ///< > 0; divisor of cosines
  double lambda_rec = 1;     ///< a number; weight of the rebuilding
  static void options(auto list) {
    list("temperature", &snippet_options::temperature, range::temperature),
        list("lambda_rec", &snippet_options::lambda_rec, range::either_sign);
  }
};

/// What `snippet_similarity` returns.
template <Scalar S>
struct snippet_outcome {
  S value = 0, constraint = 0, rebuild = 0;  ///< constraint + lambda_rec rebuild; its two parts
  matrix<S> s, h;                            ///< d value / ds, d value / dh
};

///   constraint = 1/N sum_i sum_{p in P_i} ( -z_ip + log sum_{j != i} e^{z_ij} ),   z = cosine(s_i, s_j) / temperature
///   rebuild = mean over `originals` and columns of (sum_{j != i} softmax(z_i)_j h_j - target)^2
/// s [N, dim]: snippets; group [N]: equal for a sample and its masked copies, P_i the others of i's group; h [N, width]: what
/// is averaged; originals: the rows that are samples, target [originals, width] what they were. Bad rows are refused.
/// Sums over positives, SupCon means. Dong et al. 2023 (SimMTM), arXiv 2302.00861. Memory: twice originals x N, the constraint is
/// streamed. The time goes to the averages and their gradients, in double.
template <class X, class H, class T>
auto snippet_similarity(X const& s, id_list group, H const& h, id_list originals, T const& target, snippet_options const& o = {},
                        execution how = {}) {
  auto const x = as_view(s);
  using S = arithmetic<typename decltype(x)::Scalar>;
  idx const n = x.rows(), some = originals.size();
  check_options(o);
  require(how.bad_rows != bad_rows::skip,
          "snippet_similarity: execution.bad_rows = skip is not taken, a skipped snippet would still count as a copy of its sample; leave "
          "bad rows out of s, group and h");
  require(group.size() == n, "snippet_similarity: ", n, " snippets, but ", group.size(), " groups");
  require(h.rows() == n && target.rows() == some && target.cols() == h.cols(), "snippet_similarity: ", n, " snippets and ", some,
          " originals, but h is [", h.rows(), ", ", h.cols(), "], target [", target.rows(), ", ", target.cols(), "]");
  require_finite(as_view(h), "snippet_similarity", "h"), require_finite(as_view(target), "snippet_similarity", "target");
  require(some == 0 || h.cols() == 0 || n > 1, "snippet_similarity: one snippet has no others to be rebuilt from");
  for (idx i = 0; i < some; ++i)
    require(originals[i] >= 0 && originals[i] < n, "snippet_similarity: original ", i, " is row ", originals[i], ", outside 0 .. ", n - 1);
  snippet_outcome<S> r{.s = matrix<S>::Zero(n, x.cols()), .h = matrix<S>::Zero(n, h.cols())};
  loss::info_nce const contrast{o.temperature};
  mining::id_places const places(group);
  std::vector<double> pairs;
  double all = 0;
  for (idx i = 0; i < group.size(); ++i) {
    pairs.push_back(double(places.of(group[i]).size() - 1)), all += pairs.back();
  }
  if (all > 0) {  // a mean over pairs, times pairs over N
    auto near = objective(contrast, similarity::cosine{}, reduce::weighted(pairs), how)
                    .named("snippet_similarity")
                    .value_and_grad(x, pool::self(x, roles::by_label(group)));
    S const factor = S(all / double(n));
    r.constraint = factor * near.value, r.s = factor * near.anchors;
  }
  if (some > 0 && h.cols() > 0) {
    matrix<S> anchors(some, x.cols());
    for (idx i = 0; i < some; ++i)
      for (idx k = 0; k < x.cols(); ++k) anchors(i, k) = S(x(originals[i], k));
    using wide = matrix<double_for<S>>;
    wide by_h = wide::Zero(n, h.cols());
    engine::reconstruction<storage_of<H>, storage_of<T>> const average{o.temperature, as_view(h), as_view(target), originals, &by_h};
    auto const back = objective(average, similarity::cosine{}, reduce::mean{}, how)
                          .named("snippet_similarity")
                          .value_and_grad(anchors, pool::trained(pool::bank(x)));
    S const lambda = S(o.lambda_rec);
    r.rebuild = back.value, r.s += lambda * back.pools[0], r.h = (o.lambda_rec * by_h).template cast<S>();
    for (idx i = 0; i < some; ++i) r.s.row(originals[i]) += lambda * back.anchors.row(i);
  }
  r.value = r.constraint + S(o.lambda_rec) * r.rebuild;
  require_held(r.value, "snippet_similarity");
  require_held(as_view(r.s), "snippet_similarity", "snippets"), require_held(as_view(r.h), "snippet_similarity", "averaged rows");
  return r;
}

}}  // namespace foil
