// SPDX-License-Identifier: BSD-3-Clause
// Synthetic outliers: noise around the rows at the edge of the data, of which the farthest from all data stay (OVOR).
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/executor.hpp"
#include "foil/core/option.hpp"
#include "foil/core/random.hpp"
#include "foil/simd/unit_row.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `virtual_outliers`.
struct outlier_options {
  static constexpr char const* name = "virtual_outliers";
  idx neighbour = 50;         ///< >= 1; K: the K-th nearest row tells how remote a point is; beyond n the farthest
  idx boundary = 50;          ///< >= 1; rows at the edge; beyond n all
  double scale = 0.1;         ///< > 0; of the noise
  idx keep = 40;              ///< >= 0; outliers, at most all candidates (40 for each class in the paper)
  foil::executor executor{};  ///< foil::threads(n) for n threads
  static void options(auto list) {
    using o = outlier_options;
    list("neighbour", &o::neighbour, range::at_least(1)), list("boundary", &o::boundary, range::at_least(1));
    list("scale", &o::scale, range::positive), list("keep", &o::keep, range::at_least(0)), list("executor", &o::executor);
  }
};

/// What `virtual_outliers` returns.
template <Scalar S>
struct outliers {
  std::vector<double> row_distance;        ///< [n] squared distance of each unit row to its K-th nearest, itself the first
  std::vector<idx> boundary;               ///< the rows of the largest such distances, ascending
  std::vector<double> candidate_distance;  ///< [boundary * noise] of each candidate to its K-th nearest row
  std::vector<idx> kept;                   ///< candidates, farthest first: candidate b * noise rows + s is boundary row b with noise s
  matrix<S> rows;                          ///< [kept, d]
};

/// Rows are scaled to unit length (zero rows stay zero); candidates are a boundary row + scale * noise row, for each pair of
/// them (the released code forgets the boundary row). noise: [S, d], standard normal (600 rows in the paper). Ties to the lower
/// index. Huang et al. 2024 (ICLR), OVOR. Refuses an empty matrix and what is not finite. Squares of differences in double:
/// O((n + boundary S) n d); the time goes to distances in double, in the canonical order.
template <Scalar S>
outliers<S> virtual_outliers(view<S> features, view<S> noise, outlier_options const& o = {}) {
  check_options(o);
  idx const n = features.rows(), d = features.cols();
  require(n >= 1 && d >= 1, "virtual_outliers: features must not be empty, got [", n, ", ", d, "]");
  require(noise.cols() == d, "virtual_outliers: noise must have the features' dim ", d, ", got ", noise.cols());
  require_finite(features, "virtual_outliers", "features"), require_finite(noise, "virtual_outliers", "noise");
  matrix<double> unit(n, d);
  for (idx i = 0; i < n; ++i) {
    for (idx k = 0; k < d; ++k) unit(i, k) = double(features(i, k));
    simd::scale_to_unit(unit.data() + i * d, d);
  }
  idx const rank = (std::min)(o.neighbour, n) - 1;
  call_executor const started(o.executor);
  auto const remoteness = [&](idx points, auto const& point) {
    std::vector<double> far(static_cast<std::size_t>(points));
    int const parts = o.executor.workers;
    started.get().run(parts, [&](int part) {
      std::vector<double> squares(static_cast<std::size_t>(n)), row(static_cast<std::size_t>(d));
      for (idx i = points * part / parts; i < points * (part + 1) / parts; ++i) {
        point(i, row.data());
        idx j = 0;
        for (; j + 4 <= n; j += 4) simd::canonical_squares_of_difference<4>(row.data(), unit.data() + j * d, d, d, squares.data() + j);
        for (; j < n; ++j) squares[std::size_t(j)] = simd::canonical_square_of_difference(row.data(), unit.data() + j * d, d);
        std::nth_element(squares.begin(), squares.begin() + rank, squares.end());
        far[std::size_t(i)] = squares[std::size_t(rank)];
      }
    });
    return far;
  };
  outliers<S> r;
  r.row_distance = remoteness(n, [&](idx i, double* out) { std::copy_n(unit.data() + i * d, d, out); });
  r.boundary = canonical_order(r.row_distance, o.boundary);
  std::sort(r.boundary.begin(), r.boundary.end());
  auto const candidate = [&](idx c, double* out) {
    idx const row = r.boundary[std::size_t(c / noise.rows())], s = c % noise.rows();
    for (idx k = 0; k < d; ++k) out[k] = unit(row, k) + o.scale * double(noise(s, k));
  };
  r.candidate_distance = remoteness(idx(r.boundary.size()) * noise.rows(), candidate);
  r.kept = canonical_order(r.candidate_distance, o.keep);
  r.rows.resize(idx(r.kept.size()), d);
  std::vector<double> row(static_cast<std::size_t>(d));
  for (idx i = 0; i < r.rows.rows(); ++i) {
    candidate(r.kept[std::size_t(i)], row.data());
    for (idx k = 0; k < d; ++k) r.rows(i, k) = S(row[std::size_t(k)]);
    require(first_bad(r.rows.data() + i * d, d) < 0, "virtual_outliers: noise row ", r.kept[std::size_t(i)] % noise.rows(),
            " times scale leads beyond ", scalar_name<S>);
  }
  return r;
}

/// The same with drawn noise: as many standard normal rows.
template <Scalar S>
outliers<S> virtual_outliers(view<S> features, idx noise_rows, random_stream draw, outlier_options const& o = {}) {
  check_options(o), check_length("virtual_outliers", "argument noise_rows", noise_rows);
  matrix<S> noise(noise_rows, features.cols());
  for (idx i = 0; i < noise.size(); ++i) noise.data()[i] = S(draw.normal());
  return virtual_outliers(features, as_view(noise), o);
}

}}  // namespace foil::mining
