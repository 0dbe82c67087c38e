// maj@k: the chance that a majority vote of k of n recorded samples is right.
#pragma once

#include <numeric>
#include <span>
#include <vector>

#include "foil/core/numeric.hpp"

namespace foil::inline FOIL_ABI::score {

/// Chance that answer `correct` has the most votes among k samples drawn without replacement, ties broken
/// evenly; counts[a] = samples with answer a, `unanswered` more have none and never win. Exact: for each
/// number a of votes of the right answer, the chances of (t other answers with a votes too, none with more)
/// are carried from answer to answer as hypergeometric draws, so nothing overflows and nothing cancels.
/// correct = -1 (never sampled) gives 0; undefined (NaN) for k < 1 or k > n.
/// O(answers k^3) time, O(n + k^2) memory.
inline double maj_at_k(std::span<idx const> counts, idx correct, idx k, idx unanswered = 0) {
  require(correct >= -1 && correct < idx(counts.size()), "maj_at_k: correct must be an answer (0 .. ",
          idx(counts.size()) - 1, ") or -1, got ", correct);
  require(unanswered >= 0, "maj_at_k: unanswered must not be negative, got ", unanswered);
  for (idx c : counts) require(c >= 0, "maj_at_k: counts must not be negative, got ", c);
  idx const n = std::accumulate(counts.begin(), counts.end(), unanswered);
  if (k < 1 || k > n) return quiet_nan<double>();
  if (correct < 0) return 0;

  std::vector<double> log_factorial(std::size_t(n) + 1, 0.0);
  for (idx i = 2; i <= n; ++i)
    log_factorial[std::size_t(i)] = log_factorial[std::size_t(i - 1)] + std::log(double(i));
  auto const log_choose = [&](idx m, idx j) {
    return log_factorial[std::size_t(m)] - log_factorial[std::size_t(j)] - log_factorial[std::size_t(m - j)];
  };
  // Chance that i of r draws from m samples hit the c marked ones.
  auto const hits = [&](idx m, idx c, idx r, idx i) {
    if (i > c || i > r || r - i > m - c) return 0.0;
    return std::exp(log_choose(c, i) + log_choose(m - c, r - i) - log_choose(m, r));
  };

  idx const right = counts[std::size_t(correct)];
  double chance = 0;
  for (idx a = 1; a <= (std::min)(right, k); ++a) {
    idx const most = k / a,
              width = k - a + 1;  // answers that can have a votes; draws that can be left, plus one
    std::vector<double> now(std::size_t(most * width), 0.0), next;
    now[std::size_t(k - a)] = hits(n, right, k, a);
    idx m = n - right;
    for (std::size_t j = 0; j < counts.size(); ++j) {
      if (idx(j) == correct || counts[j] == 0) continue;
      next.assign(now.size(), 0.0);
      for (idx t = 0; t < most; ++t)
        for (idx r = 0; r < width; ++r) {
          double const p = now[std::size_t(t * width + r)];
          if (!(p > 0)) continue;
          for (idx i = 0; i <= (std::min)(a, r); ++i)
            if (double const q = hits(m, counts[j], r, i); q > 0)
              next[std::size_t((t + (i == a)) * width + r - i)] += p * q;
        }
      now.swap(next), m -= counts[j];
    }
    for (idx t = 0; t < most; ++t)
      for (idx r = 0; r < width; ++r) chance += now[std::size_t(t * width + r)] / double(1 + t);
  }
  return chance;
}

}  // namespace foil::inline FOIL_ABI::score
