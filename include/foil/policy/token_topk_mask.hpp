// SPDX-License-Identifier: BSD-3-Clause
// D3S at token level: only the tokens that matter most, by |advantage| times entropy, take part in the loss.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/option.hpp"
#include "foil/core/view.hpp"
#include "foil/policy/log_probability.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What `token_topk_mask` returns.
template <Scalar S>
struct token_selection {
  matrix<S> key;                    ///< |advantage| * entropy; 0 where that is no number and the token is off
  std::vector<unsigned char> mask;  ///< row by row: 1 for a token that is kept
  idx kept = 0;                     ///< tokens that are kept
};

/// Keeps the ceil(fraction * tokens) largest keys of the whole batch, at least one; ties go to the lower index. Tokens whose
/// `on` is 0 are neither counted nor kept, whatever they hold. advantage and entropy (nats) are [rows, tokens]. Refuses a fraction
/// outside (0, 1], shapes that differ, and of all other tokens NaN and infinities. arXiv 2509.22115. O(tokens).
template <class A, class H>
auto token_topk_mask(A const& advantage, H const& entropy, double fraction, byte_mask on = {}) {
  auto const a = as_view(advantage);
  auto const h = as_view(entropy);
  using S = typename decltype(a)::Scalar;
  static_assert(Scalar<S> && std::same_as<S, typename decltype(h)::Scalar>,
                "foil: token_topk_mask takes advantages and entropies as float or as double, both alike");
  idx const n = a.rows() * a.cols();
  check_option("token_topk_mask", "fraction", fraction, range::real{0, 1, true});
  require(h.rows() == a.rows() && h.cols() == a.cols(), "token_topk_mask: advantage is [", a.rows(), ", ", a.cols(), "], entropy [",
          h.rows(), ", ", h.cols(), "]");
  if (!on.empty()) require_size(on.size(), std::size_t(n), "token_topk_mask", "on");
  if (on.empty()) require_finite(a, "token_topk_mask", "advantage"), require_finite(h, "token_topk_mask", "entropy");
  token_selection<S> r{.key = matrix<S>(a.rows(), a.cols()), .mask = std::vector<unsigned char>(std::size_t(n))};
  std::vector<idx> order;
  order.reserve(std::size_t(n));
  for (idx row = 0, i = 0; row < a.rows(); ++row)
    for (idx t = 0; t < a.cols(); ++t, ++i) {
      S& key = r.key.data()[i];
      key = std::abs(a(row, t)) * h(row, t);
      bool const held = finite_bits(key), counts = is_on(on, i);
      if (counts && !held) {
        require(finite_bits(a(row, t)), "token_topk_mask: argument advantage holds ", double(a(row, t)), " at row ", row, ", column ", t);
        require(finite_bits(h(row, t)), "token_topk_mask: argument entropy holds ", double(h(row, t)), " at row ", row, ", column ", t);
      }
      require(held || !counts, "token_topk_mask: the product of advantage and entropy at position ", i, " is not a number of its type");
      if (counts) order.push_back(i);
      if (!held) key = S(0);
    }
  if (order.empty()) return r;
  r.kept = (std::max)(idx(1), ceil_of_share(fraction, idx(order.size())));
  S const* const key = r.key.data();
  std::nth_element(order.begin(), order.begin() + (r.kept - 1), order.end(),
                   [key](idx i, idx j) { return key[i] > key[j] || (key[i] == key[j] && i < j); });
  for (idx k = 0; k < r.kept; ++k) r.mask[std::size_t(order[std::size_t(k)])] = 1;
  return r;
}

}}  // namespace foil::loss
