// SPDX-License-Identifier: BSD-3-Clause
// The optional interfaces of a loss whose statistics have what they ask for.
#pragma once

#include "foil/engine/row_states.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <class T, class S>
inline constexpr bool works_in_place = requires(T const t, typename T::template state<S>& s, slice<S> const x, S* out) {
  t.add_in_place(s, x, out, S(1), out);
};
template <class T, class S>
inline constexpr bool shares_exp = requires(T const t, typename T::template state<S>& s) {
  t.add_in_place_sum(s, S(0), S(1), S(1));
};

/// The one statistic that works in place if all others look at positives alone; else how many there are.
template <class Stats, class S>
consteval std::size_t find_in_place() {
  constexpr std::size_t K = std::tuple_size_v<Stats>;
  std::size_t found = K, able = 0, unable = 0;
  each_index<K>([&](auto k) {
    using stat_t = std::tuple_element_t<k, Stats>;
    if constexpr (works_in_place<stat_t, S>)
      found = k, ++able;
    else
      unable += !looks_at_positives<stat_t>;
  });
  return able == 1 && unable == 0 ? found : K;
}

template <Scalar S, class L, std::size_t place>
class in_place_states final : public in_place_program<S> {
 public:
  explicit in_place_states(row_states<S, L>& s) : states_(s) {}

  /// Whether the statistic can work in place with its options.
  bool able() const {
    if constexpr (requires { stat().in_place(); }) return stat().in_place();
    return true;
  }
  in_place_result<S> add(idx slot, slice<S> const& x, S const* score, S scale, S* out) override {
    states_.each_stat([&](auto k) {
      if constexpr (k != place) states_.template stat<k>().add(states_.template state<k>(slot), x);
    });
    return stat().add_in_place(state(slot), x, score, scale, out);
  }
  in_place_result<S> add_again(idx slot, slice<S> const& x, S const* score, S scale, S* out) const override {
    auto copy = state(slot);
    return stat().add_in_place(copy, x, score, scale, out);
  }
  S factor(idx slot, S reference, S factor) const override {
    return stat().in_place_factor(state(slot), reference, states_.template coefficient<place>(slot, factor));
  }
  void slope_positives(idx slot, slice<S> const& x, S factor, S* out) const override {
    states_.each_stat([&](auto k) {
      auto const& own = states_.template state<k>(slot);
      if constexpr (k == place)
        stat().slope_positives(own, states_.template coefficient<k>(slot, factor), x, out);
      else
        states_.template stat<k>().slope(own, states_.template coefficient<k>(slot, factor), x, out);
    });
  }

 private:
  auto const& stat() const { return states_.template stat<place>(); }
  auto& state(idx slot) const { return states_.template state<place>(slot); }
  row_states<S, L>& states_;
};

template <Scalar S, class L, std::size_t place>
class shared_exp_states final : public shared_exp_program<S> {
 public:
  explicit shared_exp_states(row_states<S, L>& s) : states_(s) {}

  S exponent_factor(S scale) const override {
    auto const& stat = states_.template stat<place>();
    if constexpr (requires { stat.k; }) return S(stat.k) * scale;
    return scale;
  }
  void add_sum(idx slot, S reference, S factor, S sum) override {
    states_.template stat<place>().add_in_place_sum(states_.template state<place>(slot), reference, factor, sum);
  }

 private:
  row_states<S, L>& states_;
};

}}  // namespace foil::engine
