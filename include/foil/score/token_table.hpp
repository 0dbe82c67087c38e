// SPDX-License-Identifier: BSD-3-Clause
// Every token statistic of every row in one pass over the logits.
#pragma once

#include "foil/core/option.hpp"
#include "foil/score/self_certainty.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// Options of `all_token_statistics`.
struct token_options {
  static constexpr char const* name = "all_token_statistics";
  double temperature = 1;        ///< > 0; divisor of logits
  idx top_k = 20;                ///< >= 1; of topk_confidence
  support over = support::full;  ///< of self_certainty and topk_confidence
  static void options(auto list) {
    list("temperature", &token_options::temperature, range::divisor), list("top_k", &token_options::top_k, range::at_least(1));
    list("over", &token_options::over, support::finite);
  }
};

/// What `all_token_statistics` returns.
struct token_table {
  /// [T] each: the log of the sum of exponentials, and the statistics of score/token.hpp and score/self_certainty.hpp by their names;
  /// quiet NaN where the row is undefined.
  std::vector<double> log_sum_exp, max_prob, entropy, gini, self_certainty, topk_confidence, margin;
  idx undefined = 0;  ///< rows that hold a NaN or +inf, or nothing finite
};

/// Statistics of logits [T, V], natural logarithms. Refuses a temperature that is not positive and finite, and a top_k below
/// 1. O(T V) time, one exp per logit, O(T) memory.
template <class M>
token_table all_token_statistics(M const& logits, token_options const& options = {}) {
  auto const z = as_view(logits);
  check_options(options);
  double const scale = 1 / options.temperature;
  topk_confidence const top{options.temperature, options.top_k, options.over};
  margin const gap{options.temperature};
  token_table r;
  for (idx t = 0; t < z.rows(); ++t) {
    peaks row{{}, stat::largest((std::max)(options.top_k, idx(2)))};
    detail::add_row(row, z.row(t), z.cols(), scale);
    r.log_sum_exp.push_back(row.all.log_sum_exp());
    r.max_prob.push_back(row.all.max_prob());
    r.entropy.push_back(row.all.entropy());
    r.gini.push_back(row.all.gini());
    r.self_certainty.push_back(row.all.self_certainty(options.over));
    r.topk_confidence.push_back(top.value(row));
    r.margin.push_back(gap.value(row));
    r.undefined += !row.all.defined();
  }
  return r;
}

}}  // namespace foil::score
