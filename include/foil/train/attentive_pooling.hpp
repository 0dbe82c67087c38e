// SPDX-License-Identifier: BSD-3-Clause
// Tokens pooled by several learned queries, each for its part of the output: a probing head (efficient probing).
#pragma once

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/random.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What `attentive_pooling` returns.
template <Scalar S>
struct attentive_pool {
  matrix<S> attention;    ///< [M, N], rows sum to 1
  std::vector<S> pooled;  ///< [D_out]
};

/// A_m = softmax_n(q_m . x_n / sqrt(D)), without a projection of the keys; block m of the output = W_m sum_n A_mn x_n, where
/// W_m are rows m D_out / M .. of W. tokens [N, D], queries [M, D] (32 in the paper), values W [D_out, D], M divides D_out.
/// Psomas et al. 2025, arXiv 2506.10178. Sums in double. Refuses shapes that do not fit, an empty set of tokens or queries,
/// what is not finite. O(M N D + D_out D); the time goes to products that are one sum in double each, number after number.
template <class X, class Q, class W>
auto attentive_pooling(X const& tokens, Q const& queries, W const& values) {
  auto const x = as_view(tokens);
  auto const q = as_view(queries);
  auto const w = as_view(values);
  using S = arithmetic<typename decltype(x)::Scalar>;
  idx const n = x.rows(), dim = x.cols(), heads = q.rows();
  require(n >= 1 && dim >= 1 && heads >= 1, "attentive_pooling: tokens and queries must not be empty, got [", n, ", ", dim, "] and [",
          heads, ", ", q.cols(), "]");
  require(q.cols() == dim && w.cols() == dim, "attentive_pooling: queries and values must have the tokens' dim ", dim, ", got ", q.cols(),
          " and ", w.cols());
  require(w.rows() % heads == 0, "attentive_pooling: the ", heads, " queries must divide the ", w.rows(), " rows of values");
  require_finite(x, "attentive_pooling", "tokens"), require_finite(q, "attentive_pooling", "queries");
  require_finite(w, "attentive_pooling", "values");
  attentive_pool<S> r;
  r.attention.resize(heads, n), r.pooled.resize(std::size_t(w.rows()));
  std::vector<double> weight(static_cast<std::size_t>(n)), mean(static_cast<std::size_t>(dim));
  idx const part = w.rows() / heads;
  for (idx m = 0; m < heads; ++m) {
    double top = std::numeric_limits<double>::lowest(), sum = 0;
    for (idx i = 0; i < n; ++i) {
      double dot = 0;
      for (idx k = 0; k < dim; ++k) dot += double(q(m, k)) * double(x(i, k));
      require(finite_bits(dot), "attentive_pooling: the product of query ", m, " and token ", i, " is beyond what a double holds");
      top = (std::max)(top, weight[std::size_t(i)] = dot / std::sqrt(double(dim)));
    }
    for (double& a : weight) sum += a = std::exp(a - top);
    mean.assign(mean.size(), 0.0);
    for (idx i = 0; i < n; ++i) {
      double const a = weight[std::size_t(i)] / sum;
      r.attention(m, i) = S(a);
      for (idx k = 0; k < dim; ++k) mean[std::size_t(k)] += a * double(x(i, k));
    }
    for (idx row = m * part; row < (m + 1) * part; ++row) {
      double out = 0;
      for (idx k = 0; k < dim; ++k) out += double(w(row, k)) * mean[std::size_t(k)];
      require(finite_bits(S(out)), "attentive_pooling: output ", row, " is beyond what a ", scalar_name<S>, " holds");
      r.pooled[std::size_t(row)] = S(out);
    }
  }
  return r;
}

/// Queries to begin with: standard normal numbers times scale, >= 0; 0.02 in the released code.
template <Scalar S>
matrix<S> pooling_queries(idx count, idx dim, random_stream draw, double scale = 0.02) {
  require(count >= 1 && dim >= 1, "pooling_queries: count and dim must be at least 1, got ", count, " and ", dim);
  check_option("pooling_queries", "scale", scale, range::not_negative);
  matrix<S> q(count, dim);
  for (idx i = 0; i < q.size(); ++i) q.data()[i] = S(scale * draw.normal());
  return q;
}

}}  // namespace foil::loss
