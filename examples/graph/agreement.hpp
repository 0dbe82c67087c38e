// SPDX-License-Identifier: BSD-3-Clause
// How well a clustering agrees with labels: purity and normalised mutual information.
#pragma once

#include <cmath>

#include "network.hpp"

namespace network {

struct agreement {
  double nmi = 0;     ///< mutual information over the mean of both entropies
  double purity = 0;  ///< share of the nodes that have the commonest label of their cluster
};

inline agreement compare(std::vector<idx> const& clusters, std::vector<idx> const& labels) {
  idx const rows = *std::max_element(clusters.begin(), clusters.end()) + 1, columns = *std::max_element(labels.begin(), labels.end()) + 1;
  foil::matrix<double> share = foil::matrix<double>::Zero(rows, columns);
  for (std::size_t i = 0; i < labels.size(); ++i) share(clusters[i], labels[i]) += 1 / double(labels.size());
  auto const entropy = [](auto const& p) {
    double h = 0;
    for (double const x : p.reshaped()) h -= x > 0 ? x * std::log(x) : 0;
    return h;
  };
  double const a = entropy(share.rowwise().sum().eval()), b = entropy(share.colwise().sum().eval());
  return {2 * (a + b - entropy(share)) / (a + b), share.rowwise().maxCoeff().sum()};
}

}  // namespace network
