// SPDX-License-Identifier: BSD-3-Clause
// Alignment by optimal transport: sorted log-ratios against sorted log-ratios, so that distributions are compared, not pairs.
#pragma once

#include "foil/core/option.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"
#include "foil/policy/dpo.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean_k of (1 - e) softplus(-beta d_k) + e softplus(beta d_k)
///   d_k = k-th smallest (logp of the chosen - of the rejected) - k-th smallest of the same under the reference
/// `unpaired`: d_k = k-th smallest log-ratio of a chosen answer - k-th smallest of a rejected one; then the answers need not belong to
/// the same prompts. The sorted pairing is the optimal transport in one dimension: the loss is low where the first distribution
/// dominates the second. Melnyk et al. 2024, arXiv 2406.05882.
struct aot {
  static constexpr char const* name = "aot";
  double beta = 0.1;      ///< > 0; factor on the differences
  double flipped = 0;     ///< in [0, 0.5); share of wrong labels
  bool unpaired = false;  ///< chosen against rejected answers in place of pairs against the reference
  static void options(auto list) {
    list("beta", &aot::beta, range::positive), list("flipped", &aot::flipped, range::real{0, 0.5, false, true});
  }
};

namespace detail {
/// The link of what was sorted.
struct aot_link : cdpo {
  static constexpr char const* name = "aot";
};
}  // namespace detail

/// As other preference losses, all four lists given; equal numbers are sorted by index. `pairs` holds the term of each chosen
/// answer (of each pair). O(B log B).
template <Scalar S>
preference_outcome<S> value_and_grad(aot const& loss, preference_pairs<S> const& p) {
  check_options(loss);
  std::size_t const n = p.chosen.size();
  require_size(p.rejected.size(), n, "aot", "rejected"), require_size(p.ref_chosen.size(), n, "aot", "ref_chosen");
  require_size(p.ref_rejected.size(), n, "aot", "ref_rejected");
  using list = std::span<S const>;
  auto const order = [n](list a, list b) {  // of a - b
    return places_by(n, [&](std::size_t i) { return order_key(log_probability(b[i]) - log_probability(a[i])); });
  };
  auto const sorted = [](list x, std::vector<std::size_t> const& at) {
    std::vector<S> out;
    for (std::size_t i : at) out.push_back(x[i]);
    return out;
  };
  for (auto [x, argument] : {std::pair{list(p.chosen), "chosen"}, {list(p.rejected), "rejected"}}) require_logp(x, false, "aot", argument);
  for (auto [x, argument] : {std::pair{list(p.ref_chosen), "ref_chosen"}, {list(p.ref_rejected), "ref_rejected"}})
    require_logp(x, true, "aot", argument);
  // Policy against policy and reference against reference, or each answer against its own reference.
  auto const first = loss.unpaired ? order(p.chosen, p.ref_chosen) : order(p.chosen, p.rejected);
  auto const second = loss.unpaired ? order(p.rejected, p.ref_rejected) : order(p.ref_chosen, p.ref_rejected);
  auto const& of_rejected = loss.unpaired ? second : first;
  auto const& of_ref_chosen = loss.unpaired ? first : second;
  auto const w = sorted(p.chosen, first), l = sorted(p.rejected, of_rejected), w0 = sorted(p.ref_chosen, of_ref_chosen),
             l0 = sorted(p.ref_rejected, second);
  auto const r = value_and_grad(detail::aot_link{{loss.beta, loss.flipped}},
                                preference_pairs<S>{w, l, w0, l0, p.length_chosen, p.length_rejected, p.reward_chosen, p.reward_rejected});
  preference_outcome<S> out{.value = r.value, .pairs = std::vector<S>(n), .chosen = std::vector<S>(n), .rejected = std::vector<S>(n)};
  for (std::size_t k = 0; k < n; ++k)
    out.pairs[first[k]] = r.pairs[k], out.chosen[first[k]] = r.chosen[k], out.rejected[of_rejected[k]] = r.rejected[k];
  return out;
}

}}  // namespace foil::loss
