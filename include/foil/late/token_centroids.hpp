// SPDX-License-Identifier: BSD-3-Clause
// Directions that many tokens are near to, chosen so that the farthest token is not far.
#pragma once

#include "foil/core/executor.hpp"
#include "foil/late/token_lists.hpp"
#include "foil/sample/draw.hpp"
#include "foil/simd/product.hpp"
#include "foil/simd/row.hpp"

namespace foil::late { inline namespace FOIL_ABI {

/// What `centroids_of` returns.
template <Scalar S>
struct token_centroids {
  matrix<S> rows;           ///< [centroids, dim], of unit length; one row of zeros if no token has a direction
  std::vector<idx> labels;  ///< [tokens] each token's centroid
};

/// At most `most` of them. A bound by centroids is as loose as its farthest token, so they are not those of k-means: of a
/// sample of 32 tokens for each, the one farthest from all chosen ones is chosen next (Gonzalez 1985); every token then goes to
/// the one of largest cosine, ties to the first, and their mean directions are the centroids. O(most^2 dim) for the choice,
/// O(tokens most dim) for the rest. The same for any number of threads.
template <Scalar S>
token_centroids<S> centroids_of(opened_tokens<S> const& tokens, idx most, std::uint64_t seed, executor const& on) {
  idx const n = tokens.tokens(), dim = tokens.dim();
  std::vector<idx> directed;
  for (idx r = 0; r < n; ++r)
    if (tokens.length(r) > 0) directed.push_back(r);
  token_centroids<S> out{matrix<S>::Zero(1, dim), std::vector<idx>(std::size_t(n), 0)};
  if (directed.empty()) return out;
  random_stream draw(seed, purpose::cluster);
  std::vector<idx> const drawn = mining::uniform_subset(idx(directed.size()), (std::min)(idx(directed.size()), 32 * most), draw);
  matrix<S> sample(idx(drawn.size()), dim), chosen((std::min)(most, idx(drawn.size())), dim);
  auto const direction = [&](idx r, S* to) {
    double const length = tokens.length(r);
    for (idx k = 0; k < dim; ++k) to[k] = S(double(tokens.row(r)[k]) / length);
  };
  for (idx i = 0; i < sample.rows(); ++i) direction(directed[std::size_t(drawn[std::size_t(i)])], sample.data() + i * dim);
  std::vector<S> nearest(drawn.size(), S(-2));
  idx count = 0;
  for (idx next = 0; count < chosen.rows() && nearest[std::size_t(next)] < S(0.9999); ++count) {
    S* const centre = chosen.data() + count * dim;
    std::copy_n(sample.data() + next * dim, dim, centre);
    for (idx i = 0; i < sample.rows(); ++i)
      nearest[std::size_t(i)] = (std::max)(nearest[std::size_t(i)], simd::dot(sample.data() + i * dim, static_cast<S const*>(centre), dim));
    next = std::min_element(nearest.begin(), nearest.end()) - nearest.begin();
  }
  constexpr idx block = 256;
  idx const blocks = (n + block - 1) / block;
  on.run(on.workers, [&](int part) {
    if (part >= blocks) return;
    std::vector<S> tile(std::size_t(block * count)), buffer(std::size_t(simd::product_workspace<S>(block, count, dim)));
    for (idx b = part; b < blocks; b += on.workers) {
      idx const first = b * block, m = (std::min)(block, n - first);
      simd::product_abt(tokens.row(first), tokens.stride(), m, chosen.data(), dim, count, dim, tile.data(), count, buffer.data());
      for (idx i = 0; i < m; ++i) {
        S const* const x = tile.data() + i * count;
        out.labels[std::size_t(first + i)] = std::find(x, x + count, simd::max_of_sum(x, static_cast<S const*>(nullptr), count)) - x;
      }
    }
  });
  matrix<double> mean = matrix<double>::Zero(count, dim);
  std::vector<S> unit(static_cast<std::size_t>(dim));
  for (idx const r : directed) {
    direction(r, unit.data());
    for (idx k = 0; k < dim; ++k) mean(out.labels[std::size_t(r)], k) += double(unit[std::size_t(k)]);
  }
  out.rows = chosen.topRows(count);
  for (idx c = 0; c < count; ++c) {
    double const length = std::sqrt(simd::canonical_sum_of_squares(mean.data() + c * dim, dim));
    for (idx k = 0; k < dim && length > 1e-3; ++k) out.rows(c, k) = S(mean(c, k) / length);
  }
  return out;
}

}}  // namespace foil::late
