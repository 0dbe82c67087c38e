// Log-probabilities of the chosen tokens, their sum, mean and perplexity.
#pragma once

#include "foil/score/token.hpp"

namespace foil::inline FOIL_ABI::score {

struct logprob_result {
  std::vector<double> token;  ///< [T], masked ones too; -inf for a filtered token
  double sum = 0;             ///< 0 without tokens
  double mean = 0;            ///< undefined (NaN) without tokens
  double perplexity = 0;      ///< exp(-mean); +inf after an impossible token, undefined without tokens
  idx undefined = 0;          ///< unmasked tokens whose row is undefined
};

/// Of log-probabilities that the caller already has.
inline logprob_result logprob_stats(numbers logprob, mask on = {}) {
  require_length(idx(on.size()), logprob.size(), "logprob_stats", "mask");
  logprob_result r;
  guarded_sum sum;
  idx n = 0;
  for (idx t = 0; t < logprob.size(); ++t) {
    r.token.push_back(logprob[t]);
    if (is_on(on, t)) sum.add(logprob[t]), ++n;
  }
  r.sum = sum.value();
  r.mean = sum.over(double(n));
  r.undefined = sum.undefined();
  r.perplexity = finite_bits(r.mean) ? std::exp(-r.mean)
                 : nan_bits(r.mean)  ? quiet_nan<double>()
                 : r.mean < 0        ? infinity<double>()
                                     : 0.0;
  return r;
}

/// ln p(token) = z[token] - log-sum-exp(z), z = logits / temperature, of logits [T, V] and T token ids.
/// O(T V) time. Refuses an id outside 0 .. V-1.
template <class M>
logprob_result logprob_stats(M const& logits, std::span<idx const> chosen, double temperature = 1,
                             mask on = {}) {
  auto const z = as_view(logits);
  double const scale = inverse_temperature(temperature, "logprob_stats");
  require(idx(chosen.size()) == z.rows(), "logprob_stats: tokens must have one id for each of the ", z.rows(),
          " rows of logits, got ", chosen.size());
  for (idx id : chosen)
    require(id >= 0 && id < z.cols(), "logprob_stats: a token must be in 0 .. ", z.cols() - 1, ", got ", id);
  std::vector<double> token;
  for (idx t = 0; t < z.rows(); ++t) {
    stat::vocabulary row;
    row.add(z.row(t), z.cols(), scale);
    token.push_back(row.log_prob(double(z(t, chosen[std::size_t(t)])), scale));
  }
  return logprob_stats(token, on);
}

}  // namespace foil::inline FOIL_ABI::score
