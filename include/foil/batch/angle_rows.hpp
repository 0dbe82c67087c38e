// SPDX-License-Identifier: BSD-3-Clause
// The angles at which pairs of a label are seen from other labels' rows: from products, and from differences where products leave a
// doubt or lose digits.
#pragma once

#include <bit>
#include <span>
#include <unordered_map>
#include <vector>

#include "foil/batch/angle_limit.hpp"
#include "foil/batch/index_tuples.hpp"
#include "foil/engine/scratch.hpp"
#include "foil/engine/work_range.hpp"
#include "foil/simd/between.hpp"
#include "foil/simd/canonical.hpp"
#include "foil/similarity/packed_columns.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What all workers share: rows [n, d] against columns [m, d], in double.
struct angle_table {
  matrix<double> const &rows, &columns;
  std::vector<double> memory;
  packed_columns<double> product;  ///< of any rows with the columns
  std::vector<double> squares;     ///< of the columns' lengths; 0 up to a whole word
  double longest = 0;              ///< length of a column

  angle_table(matrix<double> const& x, matrix<double> const& c) : rows(x), columns(c) {
    idx const m = c.rows(), d = c.cols();
    memory.resize(std::size_t(packed_columns<double>::space(m, d)));
    product = packed_columns<double>(
        m, d, [&](idx first, idx, double*) { return c.data() + first * d; }, memory.data());
    squares.resize(std::size_t(product.stride()));
    for (idx j = 0; j < m; ++j) {
      double const square = squares[std::size_t(j)] = simd::canonical_sum_of_squares(c.data() + j * d, d);
      longest = (std::max)(longest, std::sqrt(square));
    }
  }
};

/// Finds the triplets of some rows; one for each worker.
class angle_rows {
 public:
  angle_rows(angle_table const& t, double degrees, std::size_t budget)
      : t_(t), product_(t.product), degrees_(degrees), limit_(degrees), d_(t.columns.cols()), stride_(product_.stride()) {
    capacity_ = (std::max)(tile, idx(budget / sizeof(double)) / stride_ / tile * tile);
    heights_.resize(std::size_t(stride_)), middle_.resize(std::size_t(d_));
  }

  /// Appends the triplets of rows [from, to) above the limit. `alike(i)`: the columns of row i's label, a part of one list in which
  /// equal labels stand together; `same`: column i is row i itself; `capacity`: rows that the lists are to hold in the end.
  template <class Alike>
  void operator()(engine::range r, bool same, Alike const& alike, index_triplets& triplets, std::vector<double>& angles, idx capacity) {
    for (idx first = r.from; first < r.to; first += tile) {
      idx const count = (std::min)(tile, r.to - first);
      product_(t_.rows.data() + first * d_, d_, count, own_.fit(tile * stride_));
      for (idx i = first; i < first + count; ++i) {
        std::span<idx const> const positives = alike(i);
        if (idx(positives.size()) == t_.columns.rows()) continue;  // no negatives
        double* const dots = own_.data() + (i - first) * stride_;
        square_ = simd::canonical_sum_of_squares(t_.rows.data() + i * d_, d_);
        with_positives_.clear();
        for (idx p : positives) with_positives_.push_back(dots[p]), dots[p] = -far;
        for (idx k = 0; k < idx(positives.size()); ++k)
          if (idx const p = positives[std::size_t(k)]; !same || p != i)
            pair(i, p, with_positives_[std::size_t(k)], dots, dots_of(positives, k), triplets, angles);
        triplets.expect(i + 1 - r.from, capacity), expect_rows(angles, i + 1 - r.from, capacity);
      }
    }
  }

 private:
  static constexpr idx tile = packed_columns<double>::tile_rows;
  static constexpr double far = 1e300;  ///< minus such a product: no negative

  /// Products of positive k with all columns: of its whole label at once, and kept while there is room.
  double const* dots_of(std::span<idx const> positives, idx k) {
    idx const first = k / capacity_ * capacity_, count = (std::min)(capacity_, idx(positives.size()) - first);
    idx const column = positives[std::size_t(first)];
    auto const at = kept_.find(column);
    if (at != kept_.end()) return store_.data() + (at->second + k - first) * stride_;
    if (store_.empty()) store_.fit(capacity_ * stride_);
    if (used_ + engine::round_up(count, tile) > capacity_) kept_.clear(), used_ = 0;
    double* const some = gathered_.fit(count * d_);
    for (idx j = 0; j < count; ++j) std::copy_n(t_.columns.data() + positives[std::size_t(first + j)] * d_, d_, some + j * d_);
    idx const begin = used_;
    product_(some, d_, count, store_.data() + begin * stride_);
    kept_.try_emplace(column, begin), used_ += engine::round_up(count, tile);
    return store_.data() + (begin + k - first) * stride_;
  }

  /// |n - (a + p) / 2|^2 of all n from products, wrong by at most `error` as the sum of squared differences is.
  void pair(idx i, idx p, double dot, double const* of_row, double const* of_positive, index_triplets& triplets,
            std::vector<double>& angles) {
    double const *const a = t_.rows.data() + i * d_, *const b = t_.columns.data() + p * d_;
    double base = 0;
    for (idx k = 0; k < d_; ++k) {
      base += (a[k] - b[k]) * (a[k] - b[k]);
      middle_[std::size_t(k)] = (a[k] + b[k]) / 2;
    }
    if (base == 0 && degrees_ >= 0) return;
    double const positive = t_.squares[std::size_t(p)], reach = std::sqrt((std::max)(square_, positive)) + t_.longest,
                 error = 2 * product_error<double>(d_, reach * reach, 32);
    double const start = (square_ + positive + 2 * dot) / 4;
    double* const height = heights_.data();
    for (idx n = 0; n < stride_; ++n) height[n] = t_.squares[std::size_t(n)] + start - (of_row[n] + of_positive[n]);
    auto const [sure, possible] = limit_(base);
    for (idx n = 0; n < stride_; n += simd::word) {
      std::uint64_t in = simd::between_word(height + n, -far, possible + error);
      if (in == 0) continue;
      std::uint64_t const exact = in & ~simd::inside_word(height + n, digits * error, sure - error);
      for (std::uint64_t open = in; open != 0; open &= open - 1) {
        idx const bit = std::countr_zero(open);
        bool const plain = (exact >> bit & 1) == 0;
        double const h = plain ? height[n + bit] : height_of(n + bit), angle = angle_of(base, h);
        if (plain || ((base > 0 || h > 0) && angle > degrees_))
          angles.push_back(angle);
        else
          in &= ~(std::uint64_t(1) << bit);
      }
      triplets.add(i, p, n, in, nullptr);
    }
  }
  double height_of(idx n) const {
    double const* const c = t_.columns.data() + n * d_;
    double height = 0;
    for (idx k = 0; k < d_; ++k) height += (c[k] - middle_[std::size_t(k)]) * (c[k] - middle_[std::size_t(k)]);
    return height;
  }

  static constexpr double digits = 1e11;  ///< angles have eleven digits at least
  angle_table const& t_;
  packed_columns<double> product_;  // its scratch is the worker's own
  double degrees_, square_ = 0;     ///< `square_`: of the row's length
  angle_limit limit_;
  idx d_, stride_, capacity_ = 0, used_ = 0;  ///< `capacity_`: rows that the store holds
  engine::scratch<double> own_, store_, gathered_;
  std::unordered_map<idx, idx> kept_;  ///< rows of the store, by the first column of a list of positives
  std::vector<double> heights_, middle_, with_positives_;
};

}}  // namespace foil::mining
