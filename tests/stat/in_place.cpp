// SPDX-License-Identifier: BSD-3-Clause
// Statistics that leave their slopes in place of the scores: what they leave, times its factor, is what slope() gives;
// the state is what add() makes. Tests stat/pair_term.hpp.
#include "../catch.hpp"
#include "foil/core/random.hpp"
#include "foil/loss/circle.hpp"
#include "foil/loss/clan.hpp"
#include "foil/stat/contrast.hpp"
#include "foil/stat/hinge_pairs.hpp"
#include "foil/stat/sum_of.hpp"
#include "foil/stat/tilted_pair.hpp"

using namespace foil;

namespace {

template <class S>
struct row {
  std::vector<S> score, bias;
  std::vector<idx> positives;

  row(idx n, bool weighted, std::uint64_t seed) {
    random_stream draw(seed, purpose::user);
    for (idx j = 0; j < n; ++j) {
      score.push_back(S(draw.normal()));
      idx const what = weighted ? draw.below(5) : 0;
      bias.push_back(weighted ? what < 3 ? S(0.3 * draw.normal()) : log_zero<S> : S(0));
      if (what == 4) positives.push_back(j);
    }
  }
};

/// c in the result the statistic takes it.
template <class S, class T>
auto coefficient(S c) {
  if constexpr (width_of<T> == 1)
    return c;
  else
    return std::array<S, width_of<T>>{c};
}
template <class V>
double first_of(V const& v) {
  if constexpr (std::is_arithmetic_v<V>)
    return double(v);
  else
    return double(v[0]);
}
template <class T, class State>
void complete(T const& stat, State& s) {
  if constexpr (requires { stat.complete(s); }) stat.complete(s);
}

template <class S, class T>
void check(T const& stat, idx n, bool weighted) {
  INFO(n << (weighted ? " weighted" : " plain"));
  S const scale = S(1.5), c = S(0.7);
  row<S> const r(n, weighted, std::uint64_t(7 * n + 1));
  std::vector<S> u(r.score), seen(std::size_t(n), S(1e30)), plain(seen);  // only the positives' scores may be looked at
  for (S& x : u) x *= scale;
  for (idx p : r.positives) seen[std::size_t(p)] = u[std::size_t(p)], plain[std::size_t(p)] = r.score[std::size_t(p)];
  slice<S> const x{0, 0, n, u.data(), r.bias.data(), r.positives, nullptr, S(0.2), r.score.data(), scale};
  slice<S> const overwritten{0, 0, n, seen.data(), r.bias.data(), r.positives, nullptr, S(0.2), plain.data(), scale};
  typename T::template state<S> added{}, state{};
  stat.add(added, x);
  std::vector<S> left(r.score);
  auto const result = stat.add_in_place(state, overwritten, left.data(), scale, left.data());
  double const eps = sizeof(S) == 4 ? 3e-5 : 1e-12;
  CHECK(stat.defined(state) == stat.defined(added));
  CHECK(first_of(stat.value(state)) == Approx(first_of(stat.value(added))).epsilon(eps).margin(eps));
  complete(stat, added), complete(stat, state);

  auto const share = coefficient<S, T>(c);
  S const factor = stat.in_place_factor(state, result.reference, share);
  std::vector<S> wanted(std::size_t(n), S(0)), found(std::size_t(n), S(0));
  stat.slope(added, share, x, wanted.data());
  double sum_g = 0, sum_g_s = 0;
  for (std::size_t j = 0; j < left.size(); ++j)
    sum_g += double(left[j]), sum_g_s += double(left[j]) * (double(r.score[j]) - double(result.origin));
  CHECK(result.sum_g == Approx(sum_g).epsilon(eps).margin(eps));
  CHECK(result.sum_g_s == Approx(sum_g_s).epsilon(eps).margin(eps));
  stat.slope_positives(state, share, overwritten, found.data());
  double size = 1e-3;
  for (S g : wanted) size = (std::max)(size, std::abs(double(g)));
  for (std::size_t j = 0; j < left.size(); ++j) CHECK(std::abs(double(found[j] + factor * left[j]) - double(wanted[j])) <= eps * size);
}

template <class T>
void check_all(T const& stat) {
  for (idx n : {1, 5, 16, 33, 255, 256})
    for (bool weighted : {false, true}) check<float>(stat, n, weighted), check<double>(stat, n, weighted);
}

}  // namespace

TEST_CASE("in place: log-sum-exps", "[stat]") {
  check_all(stat::log_sum_exp<over::negatives>{});
  check_all(stat::log_sum_exp<over::negatives>{.k = -1.7});
  check_all(stat::log_sum_exp<over::everyone>{});
  check_all(stat::tilted_pair{}), check_all(stat::contrast{});
  CHECK_FALSE(stat::tilted_pair{.beta = 0.5}.in_place());
  check_all(stat::log_sum_exp_of<over::negatives, loss::circle_logit>{{.gamma = 4, .reach = 0.3, .shift = -0.3, .detached = false}});
  check_all(stat::log_sum_exp_of<over::everyone, loss::circle_logit>{{.gamma = 2, .sign = -1, .reach = 1, .shift = 0.5}});
}
TEST_CASE("in place: hinges and sums", "[stat]") {
  check_all(stat::sum_of<over::negatives, stat::smooth_hinge>{.k = 1.3, .c = -0.4});
  check_all(stat::sum_of<over::negatives, stat::focal_hinge>{.k = 1.3, .c = -0.4, .f = {1.5}});
  for (int power : {1, 2}) check_all(stat::sum_of<over::negatives, stat::moment>{.k = 1.3, .c = -0.4, .f = {power}});
  for (bool soft : {false, true})
    for (bool nonzero : {false, true}) {
      check_all(stat::hinge_pairs<stat::hinge>{.c = 0.3, .f = {soft, nonzero}});
      check_all(stat::active_sum<over::negatives, stat::hinge>{.k = -1.2, .c = 0.4, .f = {soft, nonzero}});
    }
  check_all(stat::active_sum<over::everyone, stat::hinge>{.k = 1, .c = -0.4});
  check_all(stat::active_sum<over::negatives, loss::clan_term>{.k = 0.5, .c = 0.1, .f = {false, 1e-6}});
  check_all(stat::active_sum<over::negatives, loss::clan_term>{.k = 0.5, .c = 0.1, .f = {true, 1e-6}});
}
