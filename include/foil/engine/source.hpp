// Rows of embeddings as the products want them: in the computing scalar, unit length where the similarity says so.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "foil/core/frame.hpp"
#include "foil/core/numeric.hpp"
#include "foil/engine/scratch.hpp"
#include "foil/simd/canonical.hpp"
#include "foil/simd/settle.hpp"

namespace foil::inline FOIL_ABI::engine {

/// A few rows, opened: row i at data + i * stride.
template <Scalar S>
struct dense {
  S const* data;
  idx stride;
  S const* row(idx i) const { return data + i * stride; }
};

/// Length of a row without underflow or overflow; the same bits on every instruction set.
template <class T>
double length_of(T const* x, idx n) {
  if constexpr (std::same_as<T, double>) {
    double largest = 0;
    for (idx j = 0; j < n; ++j) largest = (std::max)(largest, std::abs(x[j]));
    if (largest == 0) return 0;
    if (largest < 1e-140 || largest > 1e140) {
      double const unit = std::exp2(-double(std::ilogb(largest)));
      double sum = 0;
      for (idx j = 0; j < n; ++j) sum += (x[j] * unit) * (x[j] * unit);
      return std::sqrt(sum) / unit;
    }
  }
  return std::sqrt(simd::canonical_sum_of_squares(x, n));
}

template <Scalar S>
struct source {
  idx n = 0, dim = 0;
  frame of;
  std::vector<double> inverse;  ///< of unit frames: 1 / length, 0 for a zero row
  std::vector<S> square;        ///< of distance frames: squared length of the opened row
  idx zero_rows = 0, bad_rows = 0;
  std::vector<unsigned char> bad;  ///< 1 for a row that is treated as absent; empty if there is none

  bool is_bad(idx i) const { return !bad.empty() && bad[std::size_t(i)]; }
  virtual ~source() = default;
  /// Rows first .. first + count; `scratch` holds count * dim numbers and may stay unused.
  virtual dense<S> open(idx first, idx count, S* scratch) const = 0;
  /// Announces that row i will be opened soon.
  virtual void prefetch(idx i) const = 0;

  /// From the gradient of the opened rows to the gradient of the stored ones, in place. `sums` is the row sum of the
  /// product slopes (distance frames), `factor` multiplies the result.
  void pull(matrix<S>& g, std::vector<double> const& sums, double factor) const {
    std::vector<S> scratch(static_cast<std::size_t>(dim));
    double const most = double((std::numeric_limits<S>::max)());
    for (idx i = 0; i < n; ++i) {
      S* const row = g.data() + i * dim;
      S const* const x = open(i, 1, scratch.data()).data;
      if (of.distance) simd::scale_add(row, x, S(-sums[std::size_t(i)]), dim);
      if (of.unit) simd::scale_add(row, x, -simd::dot(row, x, dim), dim);
      double const scale = of.unit ? factor * inverse[std::size_t(i)] : factor;
      if (scale < 1e30 && scale > -1e30)
        simd::scale(row, S(scale), dim);
      else  // the gradient of a tiny row is huge, and stays a number
        for (idx j = 0; j < dim; ++j) row[j] = S(std::clamp(double(row[j]) * scale, -most, most));
    }
  }
};

template <Scalar S, Storage T>
struct source_of final : source<S> {
  view<T> x;

  /// Numbers as they are, unchecked (given scores that are only selected from).
  explicit source_of(view<T> v) : x(v) { this->n = v.rows(), this->dim = v.cols(); }
  /// `skip`: rows with a NaN or an infinity become absent; otherwise they are refused by name. Rows that need work
  /// to be opened are opened once and kept if all of them fit `cache` bytes.
  source_of(view<T> v, frame f, bool skip, char const* name, std::size_t cache = 0) : source_of(v) {
    this->of = f;
    if (!skip) require_finite(v, "value_and_grad", name);
    for (idx i = 0; skip && i < v.rows(); ++i)
      if (first_bad(v.row(i), v.cols()) >= 0) {
        this->bad.resize(std::size_t(v.rows()));
        this->bad[std::size_t(i)] = 1, ++this->bad_rows;
      }
    if (f.unit) {
      this->inverse.resize(std::size_t(v.rows()));
      for (idx i = 0; i < v.rows(); ++i) {
        if (this->is_bad(i)) continue;
        double const length = length_of(v.row(i), v.cols());
        this->inverse[std::size_t(i)] = length > 0 ? (std::min)(1 / length, 1e300) : 0;
        this->zero_rows += !(length > 0);
      }
    }
    bool const direct = std::same_as<S, T> && !f.unit && this->bad.empty();
    if (auto const all = std::size_t(v.rows() * v.cols()); !direct && all > 0 && all * sizeof(S) <= cache) {
      scratch<S> kept;
      open(0, v.rows(), kept.fit(idx(all)));
      opened_ = std::move(kept);
    }
    if (f.distance) {
      this->square.resize(std::size_t(v.rows()));
      std::vector<S> scratch(static_cast<std::size_t>(v.cols()));
      for (idx i = 0; i < v.rows(); ++i)
        this->square[std::size_t(i)] = S(simd::canonical_sum_of_squares(open(i, 1, scratch.data()).data, v.cols()));
    }
  }
  dense<S> open(idx first, idx count, S* scratch) const override {
    if (!opened_.empty()) return {opened_.data() + first * this->dim, this->dim};
    if constexpr (std::same_as<S, T>)
      if (!this->of.unit && this->bad.empty()) return {x.row(first), x.stride()};
    for (idx i = 0; i < count; ++i) {
      T const* const from = x.row(first + i);
      S* const to = scratch + i * this->dim;
      if (this->is_bad(first + i)) {
        std::fill_n(to, this->dim, S(0));
      } else if (this->of.unit) {
        double const s = this->inverse[std::size_t(first + i)];
        if constexpr (std::same_as<S, T>)
          if (s < 1e30 && s > 1e-30) {
            simd::scaled(to, from, S(s), this->dim);
            continue;
          }
        for (idx j = 0; j < this->dim; ++j) to[j] = S(double(S(from[j])) * s);
      } else {
        for (idx j = 0; j < this->dim; ++j) to[j] = S(from[j]);
      }
    }
    return {scratch, this->dim};
  }
  void prefetch(idx i) const override {
    auto const from = opened_.empty() ? reinterpret_cast<char const*>(x.row(i)) : reinterpret_cast<char const*>(opened_.data() + i * this->dim);
    for (idx at = 0; at < this->dim * idx(opened_.empty() ? sizeof(T) : sizeof(S)); at += 64) __builtin_prefetch(from + at, 0, 2);
  }

 private:
  scratch<S> opened_;
};

}  // namespace foil::inline FOIL_ABI::engine
