// SPDX-License-Identifier: BSD-3-Clause
// The alias method: one item in proportion to weights, in constant time a draw.
#pragma once

#include "foil/core/ids.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Walker 1977, construction of Vose 1991: n cells, each of one item and, above its own share, one alias.
/// Building: O(n) time and memory. Of a draw from a large table the time goes to the one place of it that is read. Weight 0 is never
/// drawn. The table is not unique; the distribution is.
class alias_table {
 public:
  /// Weights: finite, not negative, not all 0.
  explicit alias_table(real_span weights) {
    double const largest = largest_weight(weights, "alias_table");
    require(largest > 0, "alias_table: argument weights must hold a positive number");
    auto const n = std::size_t(weights.size());
    std::vector<double> share;
    share.reserve(n);
    double sum = 0;
    for (idx j = 0; j < weights.size(); ++j) share.push_back(weights[j] / largest), sum += share.back();
    std::vector<std::size_t> small, large;
    small.reserve(n), large.reserve(n), alias_.reserve(n);
    for (std::size_t j = 0; j < n; ++j) {
      share[j] *= double(n) / sum;
      (share[j] < 1 ? small : large).push_back(j);
    }
    prob_.assign(n, 1.0);
    for (std::size_t j = 0; j < n; ++j) alias_.push_back(idx(j));
    while (!small.empty() && !large.empty()) {
      std::size_t const s = small.back(), l = large.back();
      small.pop_back();
      prob_[s] = share[s], alias_[s] = idx(l);
      share[l] -= 1 - share[s];
      if (share[l] < 1) large.pop_back(), small.push_back(l);
    }
    // Rounding may leave cells of either kind, of about their full share: they stay full. A zero weight is
    // never among them, for the cells left must hold as many shares as they are.
  }

  idx size() const { return idx(prob_.size()); }
  /// j uniform in 0 .. size()-1; u uniform in (0, 1).
  idx draw(idx j, double u) const {
    require(j >= 0 && j < size(), "alias_table: argument j must be in 0 .. ", size() - 1, ", got ", j);
    require(!nan_bits(u) && u > 0 && u < 1, "alias_table: argument u must lie in the open interval (0, 1), got ", u);
    return u < prob_[std::size_t(j)] ? j : alias_[std::size_t(j)];
  }
  idx draw(random_stream& stream) const {
    idx const j = stream.below(size());
    return draw(j, stream.uniform());
  }
  std::vector<double> const& prob() const { return prob_; }
  std::vector<idx> const& alias() const { return alias_; }

 private:
  std::vector<double> prob_;
  std::vector<idx> alias_;
};

/// The distribution that cells with these probabilities and aliases draw from. O(n); the time goes to the check of each cell, and to
/// the places that aliases name.
inline std::vector<double> alias_distribution(real_span prob, id_list alias) {
  require(alias.size() == prob.size(), "alias_distribution: one alias for each of the ", prob.size(), " cells is needed, got ",
          alias.size());
  for (idx j = 0; j < prob.size(); ++j)
    require(finite_bits(prob[j]) && prob[j] >= 0 && prob[j] <= 1, "alias_distribution: a cell's probability must be in [0, 1], got ",
            prob[j], " at position ", j);
  std::vector<double> p(std::size_t(prob.size()), 0.0);
  double const cell = 1 / double((std::max)(idx(1), prob.size()));
  for (idx j = 0; j < prob.size(); ++j) {
    require(alias[j] >= 0 && alias[j] < prob.size(), "alias_distribution: alias ", alias[j], " is outside 0 .. ", prob.size() - 1);
    p[std::size_t(j)] += prob[j] * cell, p[std::size_t(alias[j])] += (1 - prob[j]) * cell;
  }
  return p;
}

}}  // namespace foil::mining
