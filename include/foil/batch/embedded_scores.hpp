// SPDX-License-Identifier: BSD-3-Clause
// Scores of embeddings, a panel of rows at a time: by the tiled product with an error bound, or exactly. One file because what is
// measurable, the bound and the canonical score of a pair belong together.
#pragma once

#include "foil/batch/approximate_scores.hpp"
#include "foil/engine/source.hpp"
#include "foil/similarity/packed_columns.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Three ways to fill a panel: the product in S, whose values are wrong by at most `error_bound`; for exact scores of float rows the
/// product in double, rounded to S where its bound leaves no doubt; and pair by pair, where products of these lengths
/// might overflow, or the similarity cannot be inverted. Canonical scores decide whatever is in doubt.
template <Scalar S, Similarity Sim>
class embedded_scores final : public approximate_scores<S> {
 public:
  embedded_scores(engine::source<S> const& rows, engine::source<S> const& columns, Sim const& similarity, char const* function, bool exact)
      : x_(rows), c_(columns), similarity_(similarity), function_(function), own_(std::size_t(rows.dim)), other_(own_) {
    constexpr idx word = simd::word, cache = idx(1) << 19;  // bytes: a panel's values stay in the second-level cache
    this->stride = (c_.n + word - 1) / word * word;
    longest_ = longest_of(c_);
    bool const measurable = is_measurable(longest_of(x_));
    if (measurable && !exact && is_invertible())
      pack(product_, memory_);
    else if (measurable && sizeof(S) == 4)
      pack(wide_product_, wide_memory_);
    idx const row = (std::max)(this->stride, idx(1)) * idx(wide_product_.empty() ? sizeof(S) : sizeof(double));
    this->max_rows = (std::clamp)(cache / row / group * group, group, 16 * group);
    this->values.fit(this->max_rows * this->stride);
    this->error_bound.resize(std::size_t(this->max_rows)), this->shift = this->error_bound;
  }

  void open(idx first, idx count) override {
    engine::dense<S> const rows = x_.open(first, count, opened_.fit(this->max_rows * x_.dim));
    if (!product_.empty()) {
      product_(rows.data, rows.stride, count, this->values.data());
      for (idx i = 0; i < count; ++i) {
        // The canonical number, a sum in double of eight chains, and what becomes of it are rounded, too.
        this->error_bound[std::size_t(i)] = product_error<S>(x_.dim, size_of(rows.row(i)), sizeof(S) == 8 ? double(x_.dim) / 2 + 24 : 16);
        this->shift[std::size_t(i)] = half_square(rows.row(i));
      }
      return;
    }
    if (!wide_product_.empty()) {
      double* const wide = wide_.fit(this->max_rows * x_.dim);
      for (idx i = 0; i < count; ++i) std::copy_n(rows.row(i), x_.dim, wide + i * x_.dim);
      wide_product_(wide, x_.dim, count, wide_values_.fit(this->max_rows * this->stride));
    }
    for (idx i = 0; i < count; ++i) {
      S* const out = this->values.data() + i * this->stride;
      std::fill(out + c_.n, out + this->stride, minus_infinity<S>());
      if (!wide_product_.empty())
        round_scores(first + i, rows.row(i), wide_values_.data() + i * this->stride, out);
      else
        for (idx j = 0; j < c_.n; ++j) out[j] = score(first + i, j);
    }
  }
  /// By the canonical products, so that a batch is mined alike on every machine, and (i, j) ties with (j, i).
  S score(idx row, idx column) override {
    S const *const a = x_.open(row, 1, own_.data()).data, *const b = c_.open(column, 1, other_.data()).data;
    S out;
    if (!engine::score_pair(similarity_, a, b, x_.dim, out)) [[unlikely]]
      require(false, function_, ": row ", row, " of length ", S(engine::length_of(a, x_.dim)), " and reference row ", column, " of length ",
              S(engine::length_of(b, x_.dim)), " have a similarity that ", scalar_name<S>, " cannot hold; scale the embeddings");
    return out;
  }

 private:
  static constexpr bool distance = Sim::kind.distance;
  static constexpr idx group = packed_columns<S>::tile_rows;
  static_assert(group == packed_columns<double>::tile_rows);

  /// Whether a score tells the product or squared distance that it was made of; sets how, for values that are not scores.
  bool is_invertible() {
    double const at_one = double(similarity_.link(S(1)));
    if constexpr (!is_monotone<Sim> || !(distance || requires { requires Sim::identity; })) return false;
    if constexpr (!distance) return true;
    if (!(at_one < 0) || double(similarity_.link(S(0))) != 0) return false;
    if constexpr (requires { requires Sim::square_root; }) {
      this->is_root_ = true, this->factor_ = at_one;
      return true;
    }
    if constexpr (requires { requires Sim::linear; }) {
      this->factor_ = -2 * at_one;
      return true;
    }
    return false;
  }
  double half_square(S const* row) const { return distance ? simd::canonical_sum_of_squares(row, c_.dim) / 2 : 0; }
  static double longest_of(engine::source<S> const& from) {
    if (distance) return std::sqrt(from.longest);
    if (Sim::kind.unit) return 1;
    double longest = 0;
    std::vector<S> scratch(std::size_t(from.dim));
    for (idx i = 0; i < from.n; ++i) longest = (std::max)(longest, engine::length_of(from.open(i, 1, scratch.data()).data, from.dim));
    return longest;
  }
  /// No number on the way to a score of rows up to this long leaves the range of S.
  bool is_measurable(double length) const {
    return distance ? length + longest_ < std::sqrt(engine::max_square<S> / 4) : length * longest_ < engine::max_square<S> / 4;
  }
  /// Most that start and product of a row can add up to on the way, and half its largest squared distance.
  double size_of(S const* row) const {
    double const length = Sim::kind.unit ? 1 : engine::length_of(row, x_.dim), longest = longest_ * 1.0001;
    return distance ? (length + longest) * (length + longest) / 2 : length * longest;
  }
  template <Scalar P>
  void pack(packed_columns<P>& to, engine::scratch<P>& memory) {
    std::vector<S> scratch(std::size_t(simd::threshold_columns<P> * c_.dim));
    auto const open = [&](idx first, idx count, P* out) {
      engine::dense<S> const rows = c_.open(first, count, scratch.data());
      for (idx j = 0; j < count; ++j) std::copy_n(rows.row(j), c_.dim, out + j * c_.dim);
      return static_cast<P const*>(out);
    };
    to = packed_columns<P>(c_.n, c_.dim, open, memory.fit((std::max)(packed_columns<P>::space(c_.n, c_.dim), idx(1))));
    for (idx j = 0; j < c_.n && distance; ++j) to.start(j) = P(-half_square(c_.open(j, 1, scratch.data()).data));
  }
  /// Scores from products in double: what they may be rounded to in S, where that is one number.
  void round_scores(idx row, S const* a, double const* product, S* out) {
    double const from = half_square(a), wide = (distance ? 2 : 1) * product_error<double>(x_.dim, size_of(a), double(x_.dim) + 24);
    auto const in_doubt = [](S low, S high) {
      constexpr S least = distance ? S(engine::min_square<S>) : std::numeric_limits<S>::lowest();
      return int(low != high) | int(!(low > least));
    };
    S low[std::size_t(simd::word)], high[std::size_t(simd::word)];
    for (idx j = 0; j < c_.n; j += simd::word, product += simd::word, out += simd::word) {
      for (idx k = 0; k < simd::word; ++k) {
        double const y = distance ? 2 * (from - product[k]) : product[k];
        low[k] = S(y - wide), high[k] = S(y + wide);
      }
      idx const n = (std::min)(simd::word, c_.n - j);
      int doubt = 0;
      for (idx k = 0; k < n; ++k) doubt |= in_doubt(low[k], high[k]);
      std::copy_n(high, n, out);
      link(out, n);
      for (idx k = 0; k < n && doubt != 0; ++k)
        if (in_doubt(low[k], high[k]) != 0) out[k] = score(row, j + k);
    }
  }
  void link(S* x, idx n) const {
#if !defined(__FAST_MATH__)
    if constexpr (requires { similarity_.link_all(x, n); }) return similarity_.link_all(x, n);
#endif
    if constexpr (!requires { requires Sim::identity; })
      for (idx j = 0; j < n; ++j) x[j] = similarity_.link(x[j]);
  }

  engine::source<S> const &x_, &c_;
  Sim similarity_;
  char const* function_;  ///< that the user called
  double longest_ = 1;    ///< length of the longest column
  packed_columns<S> product_;
  packed_columns<double> wide_product_;
  engine::scratch<S> memory_, opened_;
  engine::scratch<double> wide_memory_, wide_, wide_values_;
  std::vector<S> own_, other_;
};

}}  // namespace foil::mining
