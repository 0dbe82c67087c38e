// SPDX-License-Identifier: BSD-3-Clause
// A loss as the engine runs it: states of its statistics, one set per row or per positive, and its formula in double. Its
// statistics are known only here, at compile time, which is why all that loops over them is in one file.
#pragma once

#include <array>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "foil/engine/loss_formula.hpp"
#include "foil/engine/row_program.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S, class L, class Reduce>
class program_of final : public row_program<S> {
  using stats_t = stats_of<L>;
  static constexpr std::size_t K = std::tuple_size_v<stats_t>, N = numbers_in<stats_t>;
  using each = std::make_index_sequence<K>;
  using numbers = std::array<double, N>;
  static_assert(
      is_formula<L, N>(),
      "foil: row(numbers...) returns foil::row_loss<S, N>: the value, and one derivative for each of the N numbers of the statistics");

 public:
  program_of(L const& l, Reduce const& r) : loss_(l), reduce_(r), stats_(l.stats()) {
    this->batched = has_batch<L>, this->in_place = able(), this->shares_exp = shares_exp_, this->lifts = lifts_;
  }

  void reset(idx slots) override {
    states_.assign(std::size_t(slots), {});
    partials_.assign(std::size_t(slots), {});
  }
  void add(idx slot, slice<S> const& x) override { add(states_[std::size_t(slot)], x, each{}); }

  in_place_result<S> add_in_place(idx slot, slice<S> const& x, S const* score, S scale, S* out, bool again) override {
    if constexpr (in_place_stat_ < K) {
      auto const& stat = std::get<in_place_stat_>(stats_);
      state_t& s = states_[std::size_t(slot)];
      if (!again) {
        add_others(s, x, each{});
        return stat.add_in_place(std::get<in_place_stat_>(s), x, score, scale, out);
      }
      auto aside = std::get<in_place_stat_>(s);
      return stat.add_in_place(aside, x, score, scale, out);
    }
    return {};
  }
  S in_place_scale(S scale) const override {
    if constexpr (shares_exp_)
      if constexpr (requires { std::get<in_place_stat_>(stats_).k; }) return S(std::get<in_place_stat_>(stats_).k) * scale;
    return scale;
  }
  void add_in_place_sum(idx slot, S reference, S factor, S sum) override {
    if constexpr (shares_exp_)
      std::get<in_place_stat_>(stats_).add_in_place_sum(std::get<in_place_stat_>(states_[std::size_t(slot)]), reference, factor, sum);
  }
  S in_place_factor(idx slot, S reference, S factor) const override {
    if constexpr (in_place_stat_ < K)
      return std::get<in_place_stat_>(stats_).in_place_factor(std::get<in_place_stat_>(states_[std::size_t(slot)]), reference,
                                                              coefficient<in_place_stat_>(slot, factor));
    return 0;
  }
  void slope_positives(idx slot, slice<S> const& x, S factor, S* out) const override {
    if constexpr (in_place_stat_ < K) slope_positives(slot, x, factor, out, each{});
  }

  row_numbers finish(idx slot, idx row, bool had_negatives, double share) override {
    auto& s = states_[std::size_t(slot)];
    complete(s, each{});
    verdict const status = judge(s, had_negatives, each{});
    if (status != verdict::used) return {.status = status};
    numbers const v = values(s, each{});
    if constexpr (has_batch<L>) {
      partials_[std::size_t(slot)] = v;  // until batch() puts the derivatives there
      return {.status = status};
    } else {
      auto const r = formula(row, v, std::make_index_sequence<N>{});
      share *= reduce_.share(row, double(r.value));
      for (std::size_t i = 0; i < N; ++i) partials_[std::size_t(slot)][i] = double(r.partial[i]) * share;
      return {double(r.value) * share, double(r.weight) * share, double(r.scale) * share, r.clamped, status};
    }
  }
  total batch([[maybe_unused]] std::span<idx const> used, [[maybe_unused]] double& scale) override {
    if constexpr (has_batch<L>) {
      std::vector<numbers> v(used.size()), partial(used.size());
      for (std::size_t i = 0; i < used.size(); ++i) v[i] = partials_[std::size_t(used[i])];
      double explicit_scale = 0;
      double const value = loss_.batch(std::span<numbers>(v), std::span<numbers>(partial), explicit_scale);
      for (std::size_t i = 0; i < used.size(); ++i) partials_[std::size_t(used[i])] = partial[i];
      scale = explicit_scale;
      return {value, 1};
    }
    return {};
  }
  total reduce(double sum, double weight, idx rows) const override { return reduce_.finish(sum, weight, rows); }

  S origin(idx slot) const override { return origin(states_[std::size_t(slot)], each{}); }
  double lift(idx slot) const override { return lift(slot, each{}); }
  void slope(idx slot, slice<S> const& x, S factor, S* out) const override { slope(slot, x, factor, out, each{}); }
  void weight_slope(idx slot, slice<S> const& x, S factor, S* out) const override { weight_slope(slot, x, factor, out, each{}); }

 private:
  using state_t = typename states_of<stats_t, S>::type;

  template <std::size_t... k>
  void add(state_t& s, slice<S> const& x, std::index_sequence<k...>) const {
    (std::get<k>(stats_).add(std::get<k>(s), x), ...);
  }
  template <std::size_t... k>
  void add_others(state_t& s, slice<S> const& x, std::index_sequence<k...>) const {
    auto one = [&]<std::size_t n>(std::integral_constant<std::size_t, n>) {
      if constexpr (n != in_place_stat_) std::get<n>(stats_).add(std::get<n>(s), x);
    };
    (one(std::integral_constant<std::size_t, k>{}), ...);
  }
  template <std::size_t... k>
  void slope_positives(idx slot, slice<S> const& x, S factor, S* out, std::index_sequence<k...>) const {
    auto one = [&]<std::size_t n>(std::integral_constant<std::size_t, n>) {
      auto const& state = std::get<n>(states_[std::size_t(slot)]);
      if constexpr (n == in_place_stat_)
        std::get<n>(stats_).slope_positives(state, coefficient<n>(slot, factor), x, out);
      else
        std::get<n>(stats_).slope(state, coefficient<n>(slot, factor), x, out);
    };
    (one(std::integral_constant<std::size_t, k>{}), ...);
  }
  template <std::size_t... k>
  void complete([[maybe_unused]] state_t& s, std::index_sequence<k...>) const {
    auto one = [](auto const& stat, auto& state) {
      if constexpr (requires { stat.complete(state); }) stat.complete(state);
    };
    (one(std::get<k>(stats_), std::get<k>(s)), ...);
  }
  /// Of the first statistic that has seen one.
  template <std::size_t... k>
  S origin(state_t const& s, std::index_sequence<k...>) const {
    S found = 0;
    auto ask = [&](auto const& stat, auto const& state) {
      if constexpr (requires { stat.origin(state); })
        if (stat.defined(state)) return found = stat.origin(state), true;
      return false;
    };
    (void)(ask(std::get<k>(stats_), std::get<k>(s)) || ...);
    return found;
  }
  template <std::size_t... k>
  double lift([[maybe_unused]] idx slot, std::index_sequence<k...>) const {
    double sum = 0;
    if constexpr (lifts_) {
      numbers rise{};
      (put(rise, at_[k], std::get<k>(stats_).lift(std::get<k>(states_[std::size_t(slot)]))), ...);
      for (std::size_t i = 0; i < N; ++i) sum += partials_[std::size_t(slot)][i] * rise[i];
    }
    return sum;
  }
  template <std::size_t... k>
  verdict judge(state_t const& s, bool had_negatives, std::index_sequence<k...>) const {
    bool skip = false, refuse = false;
    auto ask = [&](auto const& stat, auto const& state) {
      if (stat.defined(state) || stat.empty == when_empty::neutral) return;
      if (stat.empty == when_empty::refuse && !had_negatives)
        refuse = true;
      else
        skip = true;
    };
    (ask(std::get<k>(stats_), std::get<k>(s)), ...);
    return skip ? verdict::skipped : refuse ? verdict::refused : verdict::used;
  }
  /// Position of statistic k's first number.
  template <std::size_t... k>
  static constexpr std::array<std::size_t, K + 1> offsets(std::index_sequence<k...>) {
    std::array<std::size_t, K + 1> at{};
    ((at[k + 1] = at[k] + width_of<std::tuple_element_t<k, stats_t>>), ...);
    return at;
  }
  static constexpr auto at_ = offsets(each{});
  /// The one statistic that leaves its slopes in place of the scores if all others look at positives alone; else K.
  template <std::size_t... k>
  static constexpr std::size_t keeper(std::index_sequence<k...>) {
    std::size_t found = K, able = 0, unable = 0;
    auto ask = [&]<std::size_t n>(std::integral_constant<std::size_t, n>) {
      using stat_t = std::tuple_element_t<n, stats_t>;
      using its = typename stat_t::template state<S>;
      if constexpr (requires(stat_t const t, its& s, slice<S> const x, S* out) { t.add_in_place(s, x, out, S(1), out); })
        found = n, ++able;
      else
        unable += !looks_at_positives<stat_t>;
    };
    (ask(std::integral_constant<std::size_t, k>{}), ...);
    return able == 1 && unable == 0 ? found : K;
  }
  static constexpr std::size_t in_place_stat_ = keeper(each{});
  static constexpr bool shares_exp_ = [] {
    if constexpr (in_place_stat_ < K)
      return requires(std::tuple_element_t<in_place_stat_, stats_t> const t, std::tuple_element_t<in_place_stat_, state_t>& s) {
        t.add_in_place_sum(s, S(0), S(1), S(1));
      };
    return false;
  }();

  template <std::size_t... k>
  static constexpr bool all_lift(std::index_sequence<k...>) {
    return (has_lift<std::tuple_element_t<k, stats_t>, std::tuple_element_t<k, state_t>> && ...);
  }
  static constexpr bool lifts_ = all_lift(each{});

  bool able() const {
    if constexpr (in_place_stat_ < K) {
      if constexpr (requires { std::get<in_place_stat_>(stats_).in_place(); }) return std::get<in_place_stat_>(stats_).in_place();
      return true;
    }
    return false;
  }

  /// What a statistic gives: a number or an array of them.
  template <class V>
  static void put(numbers& to, std::size_t at, V const& got) {
    if constexpr (std::is_arithmetic_v<V>)
      to[at] = double(got);
    else
      for (std::size_t i = 0; i < got.size(); ++i) to[at + i] = double(got[i]);
  }
  template <std::size_t... k>
  numbers values(state_t const& s, std::index_sequence<k...>) const {
    numbers v{};
    (put(v, at_[k], std::get<k>(stats_).value(std::get<k>(s))), ...);
    return v;
  }
  template <std::size_t... i>
  auto formula([[maybe_unused]] idx row, numbers const& v, std::index_sequence<i...>) const {
    if constexpr (requires { loss_.row_at(row, v[i]...); })
      return loss_.row_at(row, v[i]...);  // a state per row
    else
      return loss_.row(v[i]...);
  }
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
  template <std::size_t... k>
  void slope(idx slot, slice<S> const& x, S factor, S* out, std::index_sequence<k...>) const {
    auto const& s = states_[std::size_t(slot)];
    (std::get<k>(stats_).slope(std::get<k>(s), coefficient<k>(slot, factor), x, out), ...);
  }
  template <std::size_t... k>
  void weight_slope([[maybe_unused]] idx slot, [[maybe_unused]] slice<S> const& x, [[maybe_unused]] S factor, [[maybe_unused]] S* out,
                    std::index_sequence<k...>) const {
    auto one = [&](auto const& stat, auto const& state, auto c) {
      if constexpr (requires { stat.weight_slope(state, c, x, out); }) stat.weight_slope(state, c, x, out);
    };
    (one(std::get<k>(stats_), std::get<k>(states_[std::size_t(slot)]), coefficient<k>(slot, factor)), ...);
  }

  L const& loss_;
  Reduce const& reduce_;
  stats_t stats_;
  std::vector<state_t> states_;
  std::vector<numbers> partials_;
};

}}  // namespace foil::engine
