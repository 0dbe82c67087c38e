// SPDX-License-Identifier: BSD-3-Clause
// Proxy-anchor over a labelled batch and one proxy a class.
#pragma once

#include <utility>
#include <vector>

#include "foil/engine/objective.hpp"
#include "foil/loss/proxy_anchor.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/by_label.hpp"

namespace foil { inline namespace FOIL_ABI {

/// loss::proxy_anchor of cosines: z [B, dim], labels [B] in 0 .. C - 1, proxies [C, dim]. Result: anchors d/dz, pools[0] d/dproxies;
/// rows and counts are those of the proxies.
template <class Z, class P>
auto proxy_anchor(Z const& z, id_list labels, P const& proxies, loss::proxy_anchor const& options = {}, execution how = {}) {
  std::vector<idx> classes, of;
  for (idx c = 0; c < proxies.rows(); ++c) classes.push_back(c);
  for (idx i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0 && labels[i] < proxies.rows(), "proxy_anchor: label ", labels[i], " of row ", i, " is outside 0 .. ",
            proxies.rows() - 1);
    of.push_back(labels[i]);
  }
  auto r = objective(options, similarity::cosine{}, reduce::mean{}, how)
               .named("proxy_anchor")
               .value_and_grad(proxies, pool::trained(pool::bank(z, roles::by_label(classes, of))));
  r.anchors.swap(static_cast<decltype(r.anchors)&>(r.pools[0]));
  return r;
}

}}  // namespace foil
