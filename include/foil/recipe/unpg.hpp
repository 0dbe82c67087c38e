// SPDX-License-Identifier: BSD-3-Clause
// UNPG: margin softmax over classes, with the batch's own different-label pairs as further negative logits.
#pragma once

#include <vector>

#include "foil/bias/bounds.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/margin_softmax.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/given.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/self.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/roles/target.hpp"
#include "foil/stat/key_tally.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Adds up two key tallies over all rows, into counts [2][256].
struct pair_tally {
  std::uint64_t prefix[2];
  int shift;
  idx (*counts)[256];

  double scale() const { return 1; }
  auto stats() const { return std::tuple{stat::key_tally{prefix[0], shift}, stat::key_tally{prefix[1], shift}}; }
  template <Scalar S>
  S batch(std::span<std::array<S, 512>> rows, std::span<std::array<S, 512>>, S& scale_out) const {
    for (auto const& r : rows)
      for (std::size_t k = 0; k < 512; ++k) counts[k / 256][k % 256] += idx(r[k]);
    return scale_out = 0;
  }
};

/// log of the sum of e^{scaled score} over the unordered pairs of a batch against itself.
struct pair_energy {
  double temperature = 1;

  double scale() const { return 1 / temperature; }
  auto stats() const { return std::tuple{stat::log_sum_exp<over::negatives>{}}; }
  template <Scalar S>
  S batch(std::span<std::array<S, 1>> rows, std::span<std::array<S, 1>> partial, S& scale_out) const {
    double top = double(log_zero<S>), sum = 0;
    for (auto const& r : rows) top = (std::max)(top, double(r[0]));
    for (auto const& r : rows) sum += std::exp(double(r[0]) - top);
    for (std::size_t i = 0; i < rows.size(); ++i) partial[i] = {S(std::exp(double(rows[i][0]) - top) / sum)};
    scale_out = 0;
    return S(top + std::log(sum / 2));
  }
};

/// Bounds [q1 - r (q3 - q1), q3 + r (q3 - q1)] around the quartiles v[n/4], v[3n/4] of the n cosines of different-label
/// pairs. Exact, by one pass per byte of a score; never holds more than a few hundred rows of counts.
template <class T>
bias::bounds pair_fence(view<T> x, std::vector<idx> const& labels, double whisker, execution how) {
  using S = arithmetic<T>;
  constexpr int bits = 8 * int(sizeof(S));
  std::uint64_t prefix[2] = {0, 0};
  idx rank[2] = {0, 0};
  for (int shift = bits - 8; shift >= 0; shift -= 8) {
    idx counts[2][256] = {};
    auto const count =
        objective(pair_tally{{prefix[0], prefix[1]}, shift, counts}, similarity::cosine{}, reduce::mean{}, how).named("unpg");
    for (idx first = 0; first < x.rows(); first += row_quantum) {
      idx const n = (std::min)(row_quantum, x.rows() - first);
      std::span<idx const> const mine(labels.data() + first, std::size_t(n));
      count.value(x.middle(first, n), pool::bank(x, roles::by_label(mine, labels)));
    }
    if (shift == bits - 8) {  // every pair is met twice
      idx pairs = 0;
      for (idx c : counts[0]) pairs += c;
      if (pairs == 0) return {};
      rank[0] = pairs / 2 / 4 * 2, rank[1] = pairs / 2 * 3 / 4 * 2;
    }
    for (std::size_t q : {0u, 1u}) {
      std::size_t byte = 0;
      for (; rank[q] >= counts[q][byte]; ++byte) rank[q] -= counts[q][byte];
      prefix[q] = prefix[q] << 8 | byte;
    }
  }
  double const q1 = double(stat::from_ordered_bits<S>(prefix[0])), q3 = double(stat::from_ordered_bits<S>(prefix[1]));
  return {q1 - whisker * (q3 - q1), q3 + whisker * (q3 - q1)};
}

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

/// What `unpg` returns.
template <Scalar S>
struct unpg_outcome {
  S value = 0;          ///< mean over rows
  matrix<S> x, weight;  ///< d value / d each
  idx kept_pairs = 0;   ///< unordered pairs that every row has as negatives
};

/// loss::margin_softmax of x [B, dim] against the class weights [C, dim], whose every row has e^{scale cos(x_a, x_b)} of all
/// kept pairs a < b with different labels in its denominator. Kept: between the fences `whisker` inter-quartile ranges
/// beyond the quartiles (ends included; the choice is constant for the gradient, the cosines are not). No such pair:
/// margin softmax. Jung et al. 2022, arXiv 2203.11593. The pairs' sum is one number, so memory stays O(B). The
/// time goes to the quartiles: all pairs are scored once for each byte of a score.
template <class X, class W>
auto unpg(X const& x, W const& weight, id_list labels, loss::margin_softmax const& options = {}, double whisker = 1.5, execution how = {}) {
  auto const rows = as_view(x);
  using S = arithmetic<typename decltype(rows)::Scalar>;
  check_option("unpg", "whisker", whisker, range::real{0, range::any.high}), check_options("unpg", options);
  roles::target const classes(labels);
  classes.check(rows.rows(), as_view(weight).rows(), "unpg");
  std::vector<idx> own;
  for (idx i = 0; i < labels.size(); ++i) own.push_back(labels[i]);
  bool const everyone = !finite_bits(whisker) || whisker > 1e6;  // cosines differ by 2 at most
  auto const pairs = objective(engine::pair_energy{options.temperature}, similarity::cosine{}, reduce::mean{}, how).named("unpg");
  auto const energy = pairs.value_and_grad(
      rows, pool::self(rows, roles::by_label(own), everyone ? bias::bounds{} : engine::pair_fence(rows, own, whisker, how)));
  idx kept = 0;
  for (idx n : energy.kept) kept += n;
  bias::max_score const present{kept > 0 ? (std::numeric_limits<double>::max)() : -1};  // no pair: the extra column's 0 leaves
  matrix<S> const extra = matrix<S>::Constant(rows.rows(), 1, kept > 0 ? energy.value * S(options.temperature) : S(0));
  auto r = objective(options, similarity::cosine{}, reduce::mean{}, how)
               .named("unpg")
               .value_and_grad(rows, pool::in_batch(weight, classes), pool::given(extra, roles::all_negative{}, present));
  if (kept > 0) r.anchors += r.pools[1].sum() * S(options.temperature) * energy.anchors;
  require_held(as_view(r.anchors), "unpg", "batch");
  return unpg_outcome<S>{r.value, std::move(r.anchors), std::move(r.pools[0]), kept / 2};
}

}}  // namespace foil
