// SPDX-License-Identifier: BSD-3-Clause
// The statistics of a loss, with a state of each per slot, and the numbers that they give to its formula. One file because every call
// goes over the same tuple of statistics.
#pragma once

#include <array>
#include <tuple>
#include <vector>

#include "foil/engine/loss_formula.hpp"
#include "foil/engine/row_program.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

// What a statistic may have beside what it must (stat/statistic.hpp). Not asked where they are used: clang 14 finds requirements on the
// parameter of a generic lambda unmet.
template <class T, class State>
inline constexpr bool completes = requires(T const t, State& s) {
  t.complete(s);
};
template <class T, class State>
inline constexpr bool has_origin = requires(T const t, State const& s) {
  t.origin(s);
};
template <class T, class State, class Coefficient, class S>
inline constexpr bool has_weight_slope = requires(T const t, State const& s, Coefficient const c, slice<S> const& x, S* out) {
  t.weight_slope(s, c, x, out);
};

template <Scalar S, class L>
class row_states {
 public:
  using stats_t = stats_of<L>;
  using state_t = typename states_of<stats_t, S>::type;
  static constexpr std::size_t K = std::tuple_size_v<stats_t>, N = numbers_in<stats_t>;
  using numbers = std::array<double, N>;
  static constexpr bool all_have_total_slopes = have_total_slopes<stats_t, S>();

  template <std::size_t k>
  using stat_t = std::tuple_element_t<k, stats_t>;
  template <std::size_t k>
  using own_state = std::tuple_element_t<k, state_t>;

  explicit row_states(L const& l) : stats_(l.stats()) {}

  void reset(idx slots) {
    states_.assign(std::size_t(slots), {});
    partials_.assign(std::size_t(slots), {});
  }
  /// f(k) for k = 0 .. K - 1, a std::integral_constant: the number of a statistic.
  template <class F>
  static constexpr void each_stat(F const& f) {
    each_index<K>(f);
  }
  template <std::size_t k>
  auto const& stat() const {
    return std::get<k>(stats_);
  }
  template <std::size_t k>
  auto& state(idx slot) {
    return std::get<k>(states_[std::size_t(slot)]);
  }
  template <std::size_t k>
  auto const& state(idx slot) const {
    return std::get<k>(states_[std::size_t(slot)]);
  }
  /// The derivatives of the row's loss by the numbers of the statistics.
  numbers& partial(idx slot) { return partials_[std::size_t(slot)]; }
  /// The derivatives by the numbers of statistic k alone, times a factor: one number, or an array if the statistic gives several.
  template <std::size_t k>
  auto coefficient(idx slot, S factor) const {
    numbers const& p = partials_[std::size_t(slot)];
    constexpr std::size_t w = width_of<std::tuple_element_t<k, stats_t>>;
    if constexpr (w == 1) {
      return S(p[at_[k]] * double(factor));
    } else {
      std::array<S, w> c{};
      for (std::size_t i = 0; i < w; ++i) c[i] = S(p[at_[k] + i] * double(factor));
      return c;
    }
  }

  void add(idx slot, slice<S> const& x) {
    each_stat([&](auto k) { stat<k>().add(state<k>(slot), x); });
  }
  void complete([[maybe_unused]] idx slot) {
    each_stat([&](auto k) {
      if constexpr (completes<stat_t<k>, own_state<k>>) stat<k>().complete(state<k>(slot));
    });
  }
  /// Whether a row counts, by the `empty` of the statistics that have no value for it.
  verdict judge(idx slot, bool had_negatives) const {
    bool skip = false, refuse = false;
    each_stat([&](auto k) {
      auto const& s = stat<k>();
      if (s.defined(state<k>(slot)) || s.empty == when_empty::neutral) return;
      (s.empty == when_empty::refuse && !had_negatives ? refuse : skip) = true;
    });
    return skip ? verdict::skipped : refuse ? verdict::refused : verdict::used;
  }
  numbers values(idx slot) const {
    numbers v{};
    each_stat([&](auto k) { put<k>(v, stat<k>().value(state<k>(slot))); });
    return v;
  }
  /// A score of the row, from the first statistic that has one.
  S origin(idx slot) const {
    S score = 0;
    bool found = false;
    each_stat([&](auto k) {
      if constexpr (has_origin<stat_t<k>, own_state<k>>)
        if (!found && stat<k>().defined(state<k>(slot))) score = stat<k>().origin(state<k>(slot)), found = true;
    });
    return score;
  }
  double total_slope([[maybe_unused]] idx slot) const {
    double sum = 0;
    if constexpr (all_have_total_slopes) {
      numbers rise{};
      each_stat([&](auto k) { put<k>(rise, stat<k>().total_slope(state<k>(slot))); });
      for (std::size_t i = 0; i < N; ++i) sum += partials_[std::size_t(slot)][i] * rise[i];
    }
    return sum;
  }
  void slope(idx slot, slice<S> const& x, S factor, S* out) const {
    each_stat([&](auto k) { stat<k>().slope(state<k>(slot), coefficient<k>(slot, factor), x, out); });
  }
  void weight_slope([[maybe_unused]] idx slot, [[maybe_unused]] slice<S> const& x, [[maybe_unused]] S factor,
                    [[maybe_unused]] S* out) const {
    each_stat([&](auto k) {
      if constexpr (has_weight_slope<stat_t<k>, own_state<k>, decltype(coefficient<k>(slot, factor)), S>)
        stat<k>().weight_slope(state<k>(slot), coefficient<k>(slot, factor), x, out);
    });
  }

 private:
  /// Position of each statistic's first number.
  static constexpr auto at_ = first_numbers<stats_t>();
  /// What statistic k gives: a number or an array of them.
  template <std::size_t k, class V>
  static void put(numbers& to, V const& got) {
    if constexpr (std::is_arithmetic_v<V>)
      to[at_[k]] = double(got);
    else
      for (std::size_t i = 0; i < got.size(); ++i) to[at_[k] + i] = double(got[i]);
  }

  stats_t stats_;
  std::vector<state_t> states_;
  std::vector<numbers> partials_;
};

}}  // namespace foil::engine
