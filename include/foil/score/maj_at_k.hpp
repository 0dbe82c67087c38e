// SPDX-License-Identifier: BSD-3-Clause
// maj@k: the chance that a majority vote of k of n recorded samples is right.
#pragma once

#include <limits>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/numeric.hpp"

namespace foil::score { inline namespace FOIL_ABI {

namespace detail {
/// p[i], i = 0 .. r: the chance that i of r draws without replacement from m samples hit the c marked ones; r <= m. Outwards
/// from the likeliest number by ratios of neighbours, then divided by their sum: no factorial, whose digits large m would use up.
inline void hits(idx m, idx c, idx r, std::vector<double>& p) {
  p.assign(std::size_t(r) + 1, 0.0);
  idx const low = (std::max)(idx(0), r - (m - c)), high = (std::min)(c, r);
  double const guess = (double(r) + 1) * (double(c) + 1) / (double(m) + 2);
  idx const mode = (std::min)((std::max)(idx(guess), low), high);
  double sum = p[std::size_t(mode)] = 1;
  for (idx i = mode; i < high; ++i)
    sum += p[std::size_t(i) + 1] = p[std::size_t(i)] * (double(c - i) / double(i + 1)) * (double(r - i) / double(m - c - r + i + 1));
  for (idx i = mode; i > low; --i)
    sum += p[std::size_t(i) - 1] = p[std::size_t(i)] * (double(i) / double(c - i + 1)) * (double(m - c - r + i) / double(r - i + 1));
  for (double& x : p) x /= sum;
}
}  // namespace detail

/// Chance that answer `correct` has the most votes among k samples drawn without replacement, ties broken
/// evenly; counts[a] = samples with answer a, `unanswered` more have none and never win. For each number a of votes
/// of the right answer, the chances of (t other answers with a votes too, none with more) are carried from answer to
/// answer as hypergeometric draws, so nothing overflows and nothing cancels: right to 1e-12 for any number of samples.
/// correct = -1 (never sampled) gives 0; undefined (NaN) for k < 1 or k > n. Refuses negative counts and a sum of counts
/// that no idx holds. O(answers k^3) time, O(k^2) memory; the time goes to the draws' chances, two divisions each.
inline double maj_at_k(id_argument counts, idx correct, idx k, idx unanswered = 0) {
  require(correct >= -1 && correct < counts.size(), "maj_at_k: correct must be an answer (0 .. ", counts.size() - 1, ") or -1, got ",
          correct);
  require(unanswered >= 0, "maj_at_k: unanswered must not be negative, got ", unanswered);
  idx n = unanswered;
  for (idx j = 0; j < counts.size(); ++j) {
    idx const c = counts[j];
    require(c >= 0, "maj_at_k: counts must not be negative, got ", c, " at position ", j);
    require(c <= (std::numeric_limits<idx>::max)() - n, "maj_at_k: counts sum to more than ", (std::numeric_limits<idx>::max)());
    n += c;
  }
  if (k < 1 || k > n) return quiet_nan<double>();
  if (correct < 0) return 0;

  std::vector<double> p;
  idx const right = counts[correct];
  double chance = 0;
  for (idx a = 1; a <= (std::min)(right, k); ++a) {
    idx const most = k / a,
              width = k - a + 1;  // answers that can have a votes; draws that can be left, plus one
    std::vector<double> now(std::size_t(most * width), 0.0), next;
    detail::hits(n, right, k, p), now[std::size_t(k - a)] = p[std::size_t(a)];
    idx m = n - right;
    for (idx j = 0; j < counts.size(); ++j) {
      if (j == correct || counts[j] == 0) continue;
      next.assign(now.size(), 0.0);
      for (idx r = 0; r < (std::min)(width, m + 1); ++r) {
        detail::hits(m, counts[j], r, p);
        for (idx t = 0; t < most; ++t) {
          double const chance_here = now[std::size_t(t * width + r)];
          for (idx i = 0; chance_here > 0 && i <= (std::min)(a, r); ++i)
            if (double const q = p[std::size_t(i)]; q > 0) next[std::size_t((t + (i == a)) * width + r - i)] += chance_here * q;
        }
      }
      now.swap(next), m -= counts[j];
    }
    for (idx t = 0; t < most; ++t)
      for (idx r = 0; r < width; ++r) chance += now[std::size_t(t * width + r)] / double(1 + t);
  }
  return chance;
}

}}  // namespace foil::score
