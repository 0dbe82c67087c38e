// SPDX-License-Identifier: BSD-3-Clause
// Triplets by the angle that anchor and positive subtend at the negative.
#pragma once

#include "foil/batch/index_tuples.hpp"
#include "foil/core/option.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

struct angular_options {
  static constexpr char const* name = "angular_miner";
  double degrees = 20;     ///< a number; kept above; -1 keeps every triplet that has an angle
  bool normalise = false;  ///< measure rows scaled to unit length
  static void options(auto list) { list("degrees", &angular_options::degrees, range::number); }
};

struct angular_triplets {
  index_triplets triplets;      ///< those above the angle
  std::vector<double> degrees;  ///< of each, in [0, 90]
};

/// angle = atan(|a - p| / (2 |n - (a + p) / 2|)) > degrees; Wang et al. 2017, arXiv 1708.01682. A negative at the midpoint
/// sees 90 degrees; a = p = n has no angle. Positives and negatives come from the reference rows [m, d]. In double, and
/// without the epsilons of other code. O(triplets d).
template <class M, class R>
angular_triplets angular_miner(M const& embeddings, id_list labels, R const& reference, id_list reference_labels,
                               angular_options const& o = {}, bool same = false) {
  auto const x = as_view(embeddings);
  auto const c = as_view(reference);
  idx const d = x.cols();
  check_options(o);
  require(x.rows() == labels.size() && c.rows() == reference_labels.size(), "angular_miner: ", x.rows(), " rows and ", c.rows(),
          " reference rows, but ", labels.size(), " and ", reference_labels.size(), " labels");
  require(c.cols() == d, "angular_miner: rows are of dim ", d, ", reference rows of dim ", c.cols());
  int const lift = (std::min)(lift_of_rows(x), lift_of_rows(c));  // an angle has no unit
  auto const wide = [&](auto v, char const* name) {
    if (o.normalise) return unit_rows(v, "angular_miner", name);
    require_finite(v, "angular_miner", name);
    return lifted_rows(v, lift);
  };
  matrix<double> const a = wide(x, "embeddings"), b = wide(c, "reference");
  std::vector<double> middle(static_cast<std::size_t>(d));
  angular_triplets out;
  for (idx i = 0; i < x.rows(); ++i)
    for (idx p = 0; p < c.rows(); ++p) {
      if (reference_labels[p] != labels[i] || (same && p == i)) continue;
      double base = 0;
      for (idx k = 0; k < d; ++k) {
        double const u = a.data()[i * d + k], v = b.data()[p * d + k];
        base += (u - v) * (u - v), middle[std::size_t(k)] = (u + v) / 2;
      }
      for (idx n = 0; n < c.rows(); ++n) {
        if (reference_labels[n] == labels[i]) continue;
        double height = 0;
        for (idx k = 0; k < d; ++k) {
          double const u = b.data()[n * d + k] - middle[std::size_t(k)];
          height += u * u;
        }
        double const angle = std::atan2(std::sqrt(base), 2 * std::sqrt(height)) * 57.29577951308232;
        if ((base > 0 || height > 0) && angle > o.degrees) out.triplets.add(i, p, n), out.degrees.push_back(angle);
      }
    }
  return out;
}

/// A batch against itself.
template <class M>
angular_triplets angular_miner(M const& embeddings, id_list labels, angular_options const& o = {}) {
  return angular_miner(embeddings, labels, embeddings, labels, o, true);
}

}}  // namespace foil::mining
