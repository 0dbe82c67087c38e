// SPDX-License-Identifier: BSD-3-Clause
// A loss as the engine runs it: its statistics, its formula in double, its reduction.
#pragma once

#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "foil/engine/in_place_states.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S, class L, class Reduce>
class program_of final : public row_program<S> {
  using states_t = row_states<S, L>;
  using numbers = typename states_t::numbers;
  using stats_t = typename states_t::stats_t;
  static constexpr std::size_t N = states_t::N, place = find_in_place<stats_t, S>();
  static_assert(
      is_formula<L, N>(),
      "foil: row(numbers...) returns foil::row_loss<S, N>: the value, and one derivative for each of the N numbers of the statistics");

 public:
  program_of(L const& l, Reduce const& r) : loss_(l), reduce_(r), states_(l), in_place_(states_), shared_exp_(states_) {
    this->batched = has_batch<L>, this->has_total_slopes = states_t::all_have_total_slopes;
    if constexpr (can_work_in_place)
      if (in_place_.able()) this->in_place = &in_place_;
    if constexpr (can_share_exp) this->shared_exp = &shared_exp_;
  }
  program_of(program_of const&) = delete;  // it points into itself

  void reset(idx slots) override { states_.reset(slots); }
  void add(idx slot, slice<S> const& x) override { states_.add(slot, x); }

  row_numbers finish(idx slot, idx row, bool had_negatives, double share) override {
    states_.complete(slot);
    verdict const status = states_.judge(slot, had_negatives);
    if (status != verdict::used) return {.status = status};
    numbers const v = states_.values(slot);
    if constexpr (has_batch<L>) {
      states_.partial(slot) = v;  // until batch() puts the derivatives there
      return {.status = status};
    } else {
      auto const r = formula(row, v, std::make_index_sequence<N>{});
      share *= reduce_.share(row, double(r.value));
      for (std::size_t i = 0; i < N; ++i) states_.partial(slot)[i] = double(r.partial[i]) * share;
      return {double(r.value) * share, double(r.weight) * share, double(r.scale) * share, r.clamped, status};
    }
  }
  total batch([[maybe_unused]] std::span<idx const> used, [[maybe_unused]] double& scale) override {
    if constexpr (has_batch<L>) {
      std::vector<numbers> v(used.size()), partial(used.size());
      for (std::size_t i = 0; i < used.size(); ++i) v[i] = states_.partial(used[i]);
      double explicit_scale = 0;
      double const value = loss_.batch(std::span<numbers>(v), std::span<numbers>(partial), explicit_scale);
      for (std::size_t i = 0; i < used.size(); ++i) states_.partial(used[i]) = partial[i];
      scale = explicit_scale;
      return {value, 1};
    }
    return {};
  }
  total reduce(double sum, double weight, idx rows) const override { return reduce_.finish(sum, weight, rows); }

  S origin(idx slot) const override { return states_.origin(slot); }
  double total_slope(idx slot) const override { return states_.total_slope(slot); }
  void slope(idx slot, slice<S> const& x, S factor, S* out) const override { states_.slope(slot, x, factor, out); }
  void weight_slope(idx slot, slice<S> const& x, S factor, S* out) const override { states_.weight_slope(slot, x, factor, out); }

 private:
  template <std::size_t... i>
  auto formula([[maybe_unused]] idx row, numbers const& v, std::index_sequence<i...>) const {
    if constexpr (requires { loss_.row_at(row, v[i]...); })
      return loss_.row_at(row, v[i]...);  // a state per row
    else
      return loss_.row(v[i]...);
  }

  static constexpr bool can_work_in_place = place < states_t::K;
  static constexpr bool can_share_exp = [] {
    if constexpr (can_work_in_place) return shares_exp<std::tuple_element_t<place, stats_t>, S>;
    return false;
  }();
  struct absent {
    explicit absent(states_t&) {}
  };

  L const& loss_;
  Reduce const& reduce_;
  states_t states_;
  std::conditional_t<can_work_in_place, in_place_states<S, L, place>, absent> in_place_;
  std::conditional_t<can_share_exp, shared_exp_states<S, L, place>, absent> shared_exp_;
};

}}  // namespace foil::engine
