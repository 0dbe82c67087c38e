// SPDX-License-Identifier: BSD-3-Clause
// Slices of a row of scores as statistics see them: with the roles and weights of their pairs.
#pragma once

#include <algorithm>

#include "foil/engine/row_slots.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Everywhere n is the pool, i the row, [j, j + count) the columns of the pool and s their scores.
template <Scalar S>
class slice_builder {
 public:
  slice_builder(problem<S> const& p, grid<S> const& g, row_prepass<S> const& prepass, row_slots<S> const& s)
      : p_(p), grid_(g), prepass_(prepass), slots_(s) {}

  /// Puts roles and weights into the workspace; returns whether all pairs are negatives of weight 1.
  bool label(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S const* s) const {
    if (!prepass_.selects_negatives() && p_.pools[n]->negatives_alone(i, j, count)) {
      d.labels.positives.clear(), d.labels.positive_bias.clear();
      d.labels.had_negatives = true, d.bias = zeros;
      return true;
    }
    p_.pools[n]->label(i, j, count, s, prepass_.facts(i), d.labels);
    d.bias = d.labels.bias.data();
    return false;
  }
  /// The same without the linear weights of pairs, whose gradient is wanted.
  void label_unweighted(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S const* s) const {
    p_.pools[n]->label_unweighted(i, j, count, s, prepass_.facts(i), d.labels);
    d.bias = d.labels.bias.data();
  }
  /// f(slot, slice) for the labelled slice, once per positive of the row where the loss takes them one by one.
  template <class F>
  void for_each_slot(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S const* s, F const& f) const {
    slice<S> x = at(d, n, i, j, count, scaled(d, s, count), s);
    idx const slot = slots_.first(i);
    if (!p_.one_by_one) return f(slot, x);
    auto const& own = prepass_.positives(i);
    pair_labels<S> const& labels = d.labels;
    for (std::size_t k = 0; k < own.size(); ++k) {
      idx const local = own[k].column - x.first;
      auto const here = std::find(labels.positives.begin(), labels.positives.end(), local);
      auto const p = std::size_t(here - labels.positives.begin());
      x.own_positive = p_.scale * own[k].score;
      x.positives = here == labels.positives.end() ? std::span<idx const>() : std::span<idx const>(&labels.positives[p], 1);
      x.positive_bias = labels.positive_bias.empty() || x.positives.empty() ? nullptr : &labels.positive_bias[p];
      f(slot + idx(k), x);
    }
  }

  /// The labelled slice of a row with one slot whose scores are overwritten: the positives' are those that were saved.
  slice<S> in_place(workspace<S> const& d, std::size_t n, idx i, idx j, idx count) const {
    slice<S> x = at(d, n, i, j, count, d.u.data(), d.plain.data());
    if (p_.one_by_one) x.own_positive = p_.scale * prepass_.positives(i)[0].score;
    return x;
  }
  void save_positive(workspace<S>& d, idx p, S score) const { d.plain[std::size_t(p)] = score, d.u[std::size_t(p)] = p_.scale * score; }

 private:
  slice<S> at(workspace<S> const& d, std::size_t n, idx i, idx j, idx count, S const* u, S const* score) const {
    return {i,
            grid_.first_column(n) + j,
            count,
            u,
            d.bias,
            d.labels.positives,
            d.labels.positive_bias.empty() ? nullptr : d.labels.positive_bias.data(),
            log_zero<S>,
            score,
            p_.scale,
            d.bias == zeros};
  }
  S const* scaled(workspace<S>& d, S const* s, idx count) const {
    if (p_.scale == S(1)) return s;
    simd::scaled(d.u.data(), s, p_.scale, count);
    return d.u.data();
  }

  static constexpr S zeros[quantum] = {};  // log weights of 1

  problem<S> const& p_;
  grid<S> const& grid_;
  row_prepass<S> const& prepass_;
  row_slots<S> const& slots_;
};

}}  // namespace foil::engine
