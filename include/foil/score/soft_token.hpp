// SPDX-License-Identifier: BSD-3-Clause
// Soft tokens: a mean of token embeddings in place of one token, plain or with noise.
#pragma once

#include "foil/core/option.hpp"
#include "foil/score/best_of_n.hpp"

namespace foil::score { inline namespace FOIL_ABI {

enum class soft_noise {
  none,       ///< w = p
  gumbel,     ///< w = softmax((ln p - ln e) / temperature), noise e ~ Exponential(1): for a low temperature a sample of p
  dirichlet,  ///< w = g / sum g, noise g_i ~ Gamma(concentration p_i, 1): mean p
};
/// Options of `soft_token`.
struct soft_token_options {
  static constexpr char const* name = "soft_token";
  soft_noise noise = soft_noise::none;  ///< how weights are drawn from the probabilities
  double temperature = 1;               ///< > 0; of gumbel
  static void options(auto list) {
    list("noise", &soft_token_options::noise, soft_noise::dirichlet);
    list("temperature", &soft_token_options::temperature, range::divisor);
  }
};
/// What `soft_token` returns.
template <Scalar S>
struct soft_token_result {
  std::vector<double> weight;  ///< [K], sum 1
  std::vector<S> embedding;    ///< [D] sum_i weight_i embedding_i
};

/// probability [K] >= 0 (of the tokens that a truncation kept; divided by their sum here), embeddings [K, D], and the noise
/// [K] > 0, drawn by the caller so that results can be repeated (Gamma draws may be 0). A token of probability 0 keeps
/// weight 0; if all Gamma draws are 0 the likeliest token is taken. After soft thinking, arXiv 2508.03440. Refuses unequal
/// lengths, NaN and infinities, negative numbers, and probabilities without mass. O(K D);
/// the time goes to sums in double and to checks.
template <class M>
auto soft_token(real_span probability, M const& embeddings, soft_token_options const& options = {}, real_span noise = {}) {
  auto const e = as_view(embeddings);
  using S = arithmetic<typename decltype(e)::Scalar>;
  idx const n = probability.size();
  bool const gumbel = options.noise == soft_noise::gumbel, noisy = options.noise != soft_noise::none;
  check_options(options);
  double const scale = 1 / options.temperature;
  require(e.rows() == n, "soft_token: ", n, " probabilities, but ", e.rows(), " embeddings");
  require(noise.size() == (noisy ? n : 0), "soft_token: noise must have ", noisy ? n : 0, " elements, got ", noise.size());
  require_finite(e, "soft_token", "embeddings");
  double largest = 0, largest_noise = 0;
  for (idx i = 0; i < n; ++i) {
    require(finite_bits(probability[i]) && probability[i] >= 0, "soft_token: a probability must be >= 0, got ", probability[i]);
    require(!noisy || (finite_bits(noise[i]) && noise[i] >= 0 && (noise[i] > 0 || !gumbel)), "soft_token: noise must be positive, got ",
            noisy ? noise[i] : 0);
    largest = (std::max)(largest, probability[i]);
    if (noisy) largest_noise = (std::max)(largest_noise, noise[i]);
  }
  require(largest > 0, "soft_token: the probabilities must have a positive sum, got ", largest);
  // Times powers of two, so that no sum of them overflows.
  auto const p = [&, power = -std::ilogb(largest)](idx i) { return std::ldexp(probability[i], power); };
  auto const g = [&, power = largest_noise > 0 ? -std::ilogb(largest_noise) : 0](idx i) { return std::ldexp(noise[i], power); };
  double mass = 0;
  for (idx i = 0; i < n; ++i) mass += p(i);

  soft_token_result<S> r;
  // Up to a constant; of the probability as it is given, since p(i) of a very small one beside a very large one is 0.
  auto const log_weight = [&](idx i) { return std::log(probability[i]) - std::log(noise[i]); };
  double top = log_zero<double>, sum = 0;
  for (idx i = 0; gumbel && i < n; ++i)
    if (probability[i] > 0) top = (std::max)(top, log_weight(i));
  for (idx i = 0; i < n; ++i) {
    bool const possible = probability[i] > 0;
    double const w = !possible ? 0 : gumbel ? std::exp((std::max)((log_weight(i) - top) * scale, -746.0)) : noisy ? g(i) : p(i) / mass;
    r.weight.push_back(w), sum += w;
  }
  if (!(sum > 0)) r.weight[std::size_t(best_of_n(probability).index)] = sum = 1;
  for (double& w : r.weight) w /= sum;
  std::vector<double> sum_of(std::size_t(e.cols()), 0.0);
  for (idx i = 0; i < n; ++i)
    for (idx d = 0; d < e.cols(); ++d) sum_of[std::size_t(d)] += r.weight[std::size_t(i)] * double(S(e(i, d)));
  for (double x : sum_of) r.embedding.push_back(S(x));
  return r;
}

}}  // namespace foil::score
