// SPDX-License-Identifier: BSD-3-Clause
// NBPO: logistic ranking of voted and unvoted items whose votes may be wrong.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   -log(c1 sigmoid(s) + c0 (1 - sigmoid(s))),   voted: c1 = 1 - beta, c0 = alpha;  unvoted: c1 = beta, c0 = 1 - alpha
/// mean over items. alpha: probability of a vote for an item that is not liked, beta: of no vote for a liked one. Targets:
/// voted, above 0 or not. Both 0: BPO. With beta > 0 an unvoted item of high score is left alone. Yu and Qin 2020, arXiv
/// 2007.07204.
struct nbpo {
  static constexpr char const* name = "nbpo";
  double alpha = 0, beta = 0;  ///< in [0, 1), in sum below 1; probabilities of a false vote and of a missing one

  static void options(auto list) {
    list("alpha", &nbpo::alpha, range::real{0, 1, false, true}), list("beta", &nbpo::beta, range::real{0, 1, false, true});
  }
  void check() const {
    require(alpha + beta < 1, "nbpo: the flip rates alpha and beta must sum to less than 1, got ", alpha, " and ", beta);
  }
  list_row row(std::span<double const> s, std::span<double const> voted, std::span<double> slope) const {
    list_row r{0, double(s.size())};
    for (std::size_t j = 0; j < s.size(); ++j) {
      double const c1 = voted[j] > 0 ? 1 - beta : beta, c0 = voted[j] > 0 ? alpha : 1 - alpha;
      double const tail = logistic<double>(s[j]).tail();
      double const yes = (std::max)(-s[j], 0.0) + tail, no = (std::max)(s[j], 0.0) + tail;  // -log sigmoid(s), -log(1 - sigmoid(s))
      double const value = c0 == 0 ? yes - std::log(c1) : c1 == 0 ? no - std::log(c0) : -log_add(std::log(c1) - yes, std::log(c0) - no);
      r.value += value;
      slope[j] = -(c1 - c0) * std::exp(value - yes - no);
    }
    return r;
  }
};

}}  // namespace foil::loss
