// SPDX-License-Identifier: BSD-3-Clause
// What a loss is made of: its statistics, the numbers that they give and the formula that takes them.
#pragma once

#include <array>
#include <span>
#include <tuple>
#include <utility>

#include "foil/core/row_loss.hpp"
#include "foil/stat/statistic.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// f(k) for k = 0 .. n - 1, each a std::integral_constant.
template <std::size_t n, class F>
constexpr void each_index(F const& f) {
  [&]<std::size_t... k>(std::index_sequence<k...>) { (f(std::integral_constant<std::size_t, k>{}), ...); }
  (std::make_index_sequence<n>{});
}

template <class L>
using stats_of = std::remove_cvref_t<decltype(std::declval<L const&>().stats())>;

template <class Tuple>
inline constexpr std::size_t numbers_in = 0;
template <class... T>
inline constexpr std::size_t numbers_in<std::tuple<T...>> = (width_of<T> + ... + 0);

template <class... T>
consteval bool are_statistics(std::type_identity<std::tuple<T...>>) {
  return (Statistic<T, double> && ...);
}
template <class L>
consteval bool gives_statistics() {
  if constexpr (requires { typename stats_of<L>; })
    return are_statistics(std::type_identity<stats_of<L>>{});
  else
    return true;  // another sentence says what is missing
}

template <class Tuple, class S>
struct states_of;
template <class... T, class S>
struct states_of<std::tuple<T...>, S> {
  using type = std::tuple<typename T::template state<S>...>;
};

/// Position of each statistic's first number among all of them.
template <class Stats>
consteval auto first_numbers() {
  constexpr std::size_t K = std::tuple_size_v<Stats>;
  std::array<std::size_t, K + 1> at{};
  each_index<K>([&](auto k) { at[k + 1] = at[k] + width_of<std::tuple_element_t<k, Stats>>; });
  return at;
}
template <class Stats, class S>
consteval bool have_total_slopes() {
  bool all = true;
  each_index<std::tuple_size_v<Stats>>([&](auto k) {
    using stat_t = std::tuple_element_t<k, Stats>;
    all = all && has_total_slope<stat_t, typename stat_t::template state<S>>;
  });
  return all;
}

/// Whether a row without a positive is worth nothing, whatever else it holds.
template <class... T>
bool need_a_positive(std::tuple<T...> const& stats) {
  return std::apply(
      [](auto const&... s) { return (((looks_at_positives<T> || skips_without_positive<T>)&&s.empty != when_empty::neutral) || ...); },
      stats);
}

/// Formulas of rows and of batches are evaluated in double, whatever the scores are: a few numbers per row cost nothing.
template <class L>
inline constexpr bool has_batch = requires(L const& l, std::span<std::array<double, numbers_in<stats_of<L>>>> v, double& s) {
  l.batch(v, v, s);
};

/// The loss's formula takes N numbers and gives N derivatives.
template <class L, std::size_t N>
consteval bool is_formula() {
  return []<std::size_t... i>(std::index_sequence<i...>) {
    constexpr bool by_row = requires(L const& l, double x) { l.row((void(i), x)...); }
    , by_number = requires(L const& l, double x) { l.row_at(idx(0), (void(i), x)...); };
    static_assert(by_row || by_number || has_batch<L>,
                  "foil: a loss has row(numbers...), its formula, with one argument for each number that its statistics give");
    auto const fits = []<class R>(std::type_identity<R>) {
      return std::convertible_to<R, row_loss<double, N>> || std::convertible_to<R, row_loss<float, N>>;
    };
    if constexpr (has_batch<L>)
      return true;
    else if constexpr (by_number)
      return fits(std::type_identity<decltype(std::declval<L const&>().row_at(idx(0), (void(i), double())...))>{});
    else if constexpr (by_row)
      return fits(std::type_identity<decltype(std::declval<L const&>().row((void(i), double())...))>{});
    else
      return true;
  }
  (std::make_index_sequence<N>{});
}

}}  // namespace foil::engine
