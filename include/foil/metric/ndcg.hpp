// SPDX-License-Identifier: BSD-3-Clause
// Normalised discounted cumulative gain, of graded judgements.
#pragma once

#include <cmath>

#include "foil/core/option.hpp"
#include "foil/metric/judged_ranking.hpp"

namespace foil::metrics { inline namespace FOIL_ABI {

/// What a document of a grade is worth.
enum class gain {
  linear,      ///< the grade (trec_eval)
  exponential  ///< 2^grade - 1 (Burges et al. 2005)
};

/// DCG = sum over ranks i = 1 .. k of gain(grade_i) / log2(i + 1), over the DCG of the judged documents in their best order; in [0, 1].
/// Jaervelin and Kekaelaeinen 2002. Grades above 0 count, whatever relevant_from is; documents without judgement gain 0.
struct ndcg {
  static constexpr char const* name = "ndcg";
  idx k = every_rank;                          ///< >= 1; ranks looked at, of both orders
  metrics::gain gain = metrics::gain::linear;  ///< of a grade
  static void options(auto list) { list("k", &ndcg::k, range::at_least(1)), list("gain", &ndcg::gain, metrics::gain::exponential); }

  double operator()(judged_ranking const& r) const {
    if (r.ideal.empty()) return 0;
    double found = 0, best = 0;
    idx const top = r.ideal.front();  // gains are divided by 2^top, so that no grade is too high for an exponent
    auto const worth = [&](idx grade, idx rank) {
      double const g = gain == gain::linear ? double(grade) : std::exp2(double(grade - top)) - std::exp2(-double(top));
      return g / std::log2(double(rank) + 1);
    };
    for (hit const& h : r.hits)
      if (h.rank <= k) found += worth(h.grade, h.rank);
    for (idx i = 0; i < (std::min)(k, idx(r.ideal.size())); ++i) best += worth(r.ideal[std::size_t(i)], i + 1);
    return found / best;
  }
};

}}  // namespace foil::metrics
