// SPDX-License-Identifier: BSD-3-Clause
// Log-probabilities of the chosen tokens, their sum, mean and perplexity.
#pragma once

#include "foil/core/ids.hpp"
#include "foil/score/aggregate.hpp"
#include "foil/score/token.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// What `logprob_stats` returns.
struct logprob_result {
  std::vector<double> token;  ///< [T], masked ones too; -inf for a filtered token
  double sum = 0;             ///< 0 without tokens
  double mean = 0;            ///< undefined (NaN) without tokens
  double perplexity = 0;      ///< exp(-mean); +inf after an impossible token, undefined without tokens
  idx undefined = 0;          ///< unmasked tokens whose row is undefined
};

/// ln p(chosen) of one row of V logits, for a decoder that scores while it generates; -inf for a filtered token, undefined
/// (NaN) in an undefined row. Refuses an id outside 0 .. V-1. O(V).
template <Storage Z>
double token_logprob(Z const* row, idx vocabulary, idx chosen, double temperature = 1) {
  double const scale = inverse_temperature(temperature, "token_logprob");
  require(chosen >= 0 && chosen < vocabulary, "token_logprob: a token must be in 0 .. ", vocabulary - 1, ", got ", chosen);
  stat::vocabulary s;
  detail::add_row(s, row, vocabulary, scale);
  return s.log_prob(double(arithmetic<Z>(row[chosen])));
}

/// Sum, mean and perplexity of log-probabilities that the caller already has. O(T).
inline logprob_result logprob_stats(real_span logprob, byte_mask on = {}) {
  require_length(idx(on.size()), logprob.size(), "logprob_stats", "mask");
  logprob_result r;
  score::sum sum;
  score::mean mean;
  mean_perplexity inverse;
  for (idx t = 0; t < logprob.size(); ++t) {
    double const l = logprob[t];
    r.token.push_back(l);
    if (is_on(on, t)) sum.add(l), mean.add(l), inverse.add(l), r.undefined += nan_bits(l);
  }
  r.sum = sum.value(), r.mean = mean.value(), r.perplexity = inverse.value();
  return r;
}

/// ln p(token) = z[token] - log-sum-exp(z), z = logits / temperature, of logits [T, V] and T token ids.
/// O(T V) time. Refuses an id outside 0 .. V-1.
template <class M, class Ids = std::vector<idx>>
requires(!std::convertible_to<Ids const&, byte_mask>)  // bytes beside log-probabilities are a mask
    logprob_result logprob_stats(M const& logits, Ids const& chosen_ids, double temperature = 1, byte_mask on = {}) {
  auto const z = as_view(logits);
  id_list const chosen(chosen_ids);
  inverse_temperature(temperature, "logprob_stats");
  require(chosen.size() == z.rows(), "logprob_stats: tokens must have one id for each of the ", z.rows(), " rows of logits, got ",
          chosen.size());
  for (idx t = 0; t < z.rows(); ++t)
    require(chosen[t] >= 0 && chosen[t] < z.cols(), "logprob_stats: a token must be in 0 .. ", z.cols() - 1, ", got ", chosen[t],
            " at position ", t);
  require_length(idx(on.size()), z.rows(), "logprob_stats", "mask");
  std::vector<double> token;
  for (idx t = 0; t < z.rows(); ++t) token.push_back(token_logprob(z.row(t), z.cols(), chosen[t], temperature));
  return logprob_stats(token, on);
}

}}  // namespace foil::score
