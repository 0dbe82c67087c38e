// SPDX-License-Identifier: BSD-3-Clause
// Truncated sampling: masks of the tokens that a rule keeps, for rows of logits.
#pragma once

#include <algorithm>

#include "foil/core/option.hpp"
#include "foil/core/view.hpp"
#include "foil/score/keep.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// Options of `truncate`.
struct truncate_options {
  static constexpr char const* name = "truncate";
  double temperature = 1;  ///< > 0; divisor of logits
  idx min_keep = 1;        ///< >= 0; so many stay, the first in the rule's own order: 1 is what the papers say; 0 may keep none
  static void options(auto list) {
    list("temperature", &truncate_options::temperature, range::divisor);
    list("min_keep", &truncate_options::min_keep, range::at_least(0));
  }
};

/// What `truncate` returns.
struct truncation {
  std::vector<unsigned char> keep;         ///< [T, V], 1 = may be drawn; filtered logits are never kept
  std::vector<double> kept_mass, entropy;  ///< [T]: sum of p over the kept; entropy of the whole row
  idx undefined = 0;                       ///< rows with NaN, +inf or nothing finite: nothing kept, values undefined
};

/// truncate(logits [T, V], keep::top_p{.p = 0.9}): rules are top_k, top_p, min_p, typical, epsilon, eta, top_h of
/// keep.hpp. A rule checks its options and turns a distribution into the tokens it keeps. One row at a time
/// works as well: truncate(foil::rows(z, 1, V), ...). Logits in float and half types are not widened to double: see distribution.
/// O(T V) time, with one exponential per logit (two for top_p and typical, whose time goes to three passes over what tokens cost, too),
/// and O(V log V) a row where probabilities pile up at the cut; O(V) memory beside the result.
template <class M, class Rule>
truncation truncate(M const& logits, Rule const& rule, truncate_options const& options = {}) {
  auto const z = as_view(logits);
  check_options(options), check_options("truncate", rule);
  double const scale = 1 / options.temperature;
  truncation r;
  r.keep.assign(std::size_t(z.rows() * z.cols()), 0);
  distribution d;
  for (idx t = 0; t < z.rows(); ++t) {
    d.load(z.row(t), z.cols(), scale);
    r.entropy.push_back(d.entropy());
    if (!d.defined()) {
      r.kept_mass.push_back(quiet_nan<double>()), ++r.undefined;
      continue;
    }
    std::vector<idx> tokens = rule(d);
    if (idx const least = options.min_keep; idx(tokens.size()) < least) {
      if constexpr (requires { rule.floor(d, least); }) {
        for (idx token : rule.floor(d, least)) tokens.push_back(token);
      } else {
        for (idx token : d.best(least)) tokens.push_back(token);
      }
    }
    idx twice = 0;
    unsigned char* const keep = r.keep.data() + t * z.cols();
    for (idx& token : tokens) {  // what the rule named twice becomes -1
      idx const before = keep[token];
      keep[token] = 1, twice += before, token |= -before;
    }
    if (twice > 0) tokens.erase(std::remove(tokens.begin(), tokens.end(), -1), tokens.end());
    r.kept_mass.push_back(d.mass(tokens));
  }
  return r;
}

}}  // namespace foil::score
