// SPDX-License-Identifier: BSD-3-Clause
// Rows of stored embeddings, looked at once and opened when they are needed. One file because how a row is opened follows
// from what was found in it: numbers that are not finite, lengths near the end of the scalar.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "foil/engine/execution.hpp"
#include "foil/engine/scratch.hpp"
#include "foil/engine/source.hpp"
#include "foil/engine/work_range.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// A source over a view of stored rows of type T.
template <Scalar S, Stored T>
struct source_of final : source<S> {
  static constexpr bool whole = std::same_as<T, std::int8_t>;  ///< whole numbers with a scale per row
  using number = std::conditional_t<whole, S, T>;              ///< of a row as it is read
  view<T> x;

  /// Numbers as they are, unchecked (given scores that are only selected from).
  explicit source_of(view<T> v) : x(v) { this->n = v.rows(), this->dim = v.cols(); }
  /// `skip`: rows with a NaN or an infinity become absent; otherwise `function` refuses them by name. Rows that need work
  /// to be opened are opened once and kept if all of them fit `cache` bytes; `products` bf16: as pairs. `table`: v is the rows named there.
  /// `first`: what messages call row 0.
  source_of(view<T> v, metric f, bool skip, char const* function, char const* name, std::size_t cache = 0, executor const& on = {},
            precision products = precision::full, named_rows const* table = nullptr, idx first = 0)
      : source_of(v) {
    this->kind = f, this->of_table = table, this->first_number = first;
    idx const all_rows = v.rows();
    int const workers = all_rows * v.cols() < 1 << 16 ? 1 : (std::max)(1, on.workers);
    auto const each_row = [&](auto const& work) {
      on.run(workers, [&](int w) {
        range const rows_of_worker = part(0, all_rows, w, workers, 1);
        for (idx i = rows_of_worker.from; i < rows_of_worker.to; ++i) work(i, w);
      });
    };
    std::vector<seen> found(static_cast<std::size_t>(workers));
    if (f.unit) this->inverse.resize(std::size_t(all_rows));
    on.run(workers, [&](int w) { look_at(part(0, all_rows, w, workers, 1), found[std::size_t(w)]); });
    for (seen const& s : found) {
      for (idx i : s.odd) {
        if constexpr (!whole)
          if (!skip) require_finite_row(v.row(i), v.cols(), this->row_number(i), function, name);
        this->bad.resize(std::size_t(all_rows));
        this->bad[std::size_t(i)] = 1, ++this->bad_rows;
      }
      for (idx i : s.extreme) set_rescaled_length(i);
      this->longest = (std::max)(this->longest, s.largest);
    }
    bool plain = this->bad.empty() && this->exponents.empty();
    for (seen const& s : found) this->zero_rows += s.zeros, plain = plain && !s.has_far_factor;
    if constexpr (std::same_as<S, T>)
      if (plain) this->stored = {x.data(), x.stride(), f.unit ? this->inverse.data() : nullptr};
    std::vector<std::vector<S>> buffers(static_cast<std::size_t>(workers), std::vector<S>(static_cast<std::size_t>(v.cols())));
    bool const rounds = products == precision::bf16;
    if (idx const step = rounds ? this->pairs() : this->dim, all = all_rows * step;
        !(rounds ? stored_as_pairs() : std::same_as<S, T> && !f.unit && this->bad.empty()) && all > 0 &&
        std::size_t(all) * sizeof(S) <= cache) {
      scratch<S> all_opened;
      S* const to = all_opened.fit(all);
      each_row(
          [&](idx i, int w) { rounds ? round_row(i, buffers[std::size_t(w)].data(), to + i * step) : void(open(i, 1, to + i * step)); });
      (rounds ? opened_pairs_ : opened_) = std::move(all_opened);
      if (!rounds) this->stored = {opened_.data(), step};
    }
    if (!f.distance) return;
    this->square.resize(std::size_t(all_rows));
    for (seen& s : found) s = {};
    each_row([&](idx i, int w) {
      S const* row = open(i, 1, buffers[std::size_t(w)].data()).data;
      if (rounds) row = rounded(row, buffers[std::size_t(w)].data());  // what the products see, or near rows would cancel
      double sum = simd::canonical_sum_of_squares(row, v.cols());
      seen& s = found[std::size_t(w)];
      if (!finite_bits(sum) || sum > max_square<S>) sum = 2 * max_square<S>;
      if (sum < min_square<S> && (sum > 0 || largest_magnitude(row, v.cols()) > 0)) {
        s.has_tiny = true;
        sum = (std::max)(sum, double((std::numeric_limits<S>::min)()));
      }
      s.largest = (std::max)(s.largest, sum);
      this->square[std::size_t(i)] = S(sum);
    });
    this->longest = 0;
    for (seen const& s : found) this->longest = (std::max)(this->longest, s.largest), this->has_tiny = this->has_tiny || s.has_tiny;
  }
  dense<S> open(idx first, idx count, S* scratch) const override {
    if (!opened_.empty()) return {opened_.data() + first * this->dim, this->dim};
    if constexpr (std::same_as<S, T>)
      if (!this->kind.unit && this->bad.empty()) return {x.row(first), x.stride()};
    for (idx i = 0; i < count; ++i) {
      S* const to = scratch + i * this->dim;
      number const* const from = read(first + i, to);
      if (this->is_bad(first + i)) {
        std::fill_n(to, this->dim, S(0));
      } else if (this->kind.unit) {
        double const s = this->inverse[std::size_t(first + i)];
        if (int const exponent = this->exponents.empty() ? 0 : this->exponents[std::size_t(first + i)]; exponent != 0) {
          // Not by a factor 2^exponent: -ffast-math would multiply the two factors first, which is a denormal number.
          for (idx j = 0; j < this->dim; ++j) to[j] = S(std::ldexp(double(S(from[j])), exponent) * s);
          continue;
        }
        if constexpr (std::same_as<S, number>)
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
  dense<S> open_pairs(idx first, idx count, S* scratch) const override {
    idx const step = this->pairs();
    if (!opened_pairs_.empty()) return {opened_pairs_.data() + first * step, step};
    if constexpr (std::same_as<T, Eigen::bfloat16>)
      if (stored_as_pairs()) return {reinterpret_cast<S const*>(x.row(first)), x.stride() / 2};
    for (idx i = 0; i < count; ++i) round_row(first + i, scratch + count * step, scratch + i * step);
    return {scratch, step};
  }
  void prefetch(idx i) const override {
    opened_.empty() ? announce_row(x.row(i), this->dim) : announce_row(opened_.data() + i * this->dim, this->dim);
  }

 private:
  /// What one worker found in its rows.
  struct seen {
    std::vector<idx> odd;      ///< rows with something else than finite numbers
    std::vector<idx> extreme;  ///< rows whose length, or its inverse, is near the end of the doubles
    double largest = 0;
    bool has_tiny = false;
    idx zeros = 0;                ///< rows of length 0, where lengths are looked at
    bool has_far_factor = false;  ///< of stored_rows
  };
  /// Lengths of some rows, where rows are opened at length 1; else the largest number.
  void look_at(range rows, seen& s) {
    std::vector<S> widened(whole ? std::size_t(this->dim) : 0);
    // A double holds the square of any float: the sum that makes a length says whether a number was none.
    auto const by_sum = [&](idx i, double squares) { finite_bits(squares) ? set_length(i, std::sqrt(squares), s) : s.odd.push_back(i); };
    idx i = rows.from;
    if constexpr (std::same_as<T, float>)
      for (double squares[4]; this->kind.unit && i + 4 <= rows.to; i += 4) {
        simd::canonical_sums_of_squares<4>(x.row(i), x.stride(), this->dim, squares);
        for (idx k = 0; k < 4; ++k) by_sum(i + k, squares[k]);
      }
    for (; i < rows.to; ++i) {
      if (this->kind.unit && !std::same_as<T, double>) {
        by_sum(i, simd::canonical_sum_of_squares(read(i, widened.data()), this->dim));
        continue;
      }
      number const largest = largest_magnitude(read(i, widened.data()), this->dim);
      if (!finite_bits(largest))
        s.odd.push_back(i);
      else
        s.largest = (std::max)(s.largest, double(largest));
      if constexpr (std::same_as<T, double>)
        if (this->kind.unit && finite_bits(largest)) {
          if (largest > 0 && (largest < 0x1p-960 || largest > 0x1p960))
            s.extreme.push_back(i);
          else
            set_length(i, length_of(x.row(i), this->dim), s);
        }
    }
  }
  /// Rows of bfloat16 that are read where they are.
  bool stored_as_pairs() const {
    return std::same_as<T, Eigen::bfloat16> && !this->kind.unit && this->bad.empty() && this->dim % 2 == 0 && x.stride() % 2 == 0;
  }
  void round_row([[maybe_unused]] idx i, [[maybe_unused]] S* buffer, [[maybe_unused]] S* pairs) const {
    if constexpr (std::same_as<S, float>) simd::bf16_round(open(i, 1, buffer).data, this->dim, pairs);
  }
  S const* rounded(S const* row, [[maybe_unused]] S* buffer) const {
    if constexpr (!std::same_as<S, float>) return row;
    for (idx j = 0; j < this->dim; ++j) buffer[j] = S(simd::bf16_rounded(float(row[j])));
    return buffer;
  }
  /// Row i; one of whole numbers as a float copy would hold it, in `to`.
  number const* read(idx i, [[maybe_unused]] S* to) const {
    if constexpr (whole) {
      std::int8_t const* const from = x.row(i);
      for (idx j = 0; j < this->dim; ++j) to[j] = x.scales[i] * S(from[j]);
      return to;
    } else {
      return x.row(i);
    }
  }
  void set_length(idx i, double length, seen& s) {
    double const factor = this->inverse[std::size_t(i)] = length > 0 ? 1 / length : 0;
    s.zeros += factor == 0;
    s.has_far_factor = s.has_far_factor || (factor != 0 && !(factor > min_factor && factor < max_factor));
  }
  void set_rescaled_length(idx i) {
    if constexpr (std::same_as<T, double>) {
      int const exponent = scaling_exponent(detail::largest_of(x.row(i), this->dim));
      this->exponents.resize(std::size_t(this->n));
      this->exponents[std::size_t(i)] = exponent;
      this->inverse[std::size_t(i)] = 1 / length_of(x.row(i), this->dim, exponent);
    }
  }
  scratch<S> opened_, opened_pairs_;
};

#if defined(FOIL_COMPILED)
extern template struct source_of<float, float>;
extern template struct source_of<double, double>;
#endif

}}  // namespace foil::engine
