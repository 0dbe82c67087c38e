// SPDX-License-Identifier: BSD-3-Clause
// Angular loss: the angle at the negative of the triangle with a positive pair.
#pragma once

#include <cmath>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean over ordered positive pairs (a, p) of log(1 + sum_n e^{4 t (s_an + s_pn) - 2 (1 + t) s_ap}),   t = tan^2 alpha
/// n: the rows of other classes. On the whole field of cosines of a batch against itself (pool::self): s_pn is in another row.
/// Without a positive pair or a negative 0. Roles and filters of the pool are not consulted. Wang et al. 2017, arXiv 1708.01682.
/// Time: pairs x batch; the time goes to two exponentials and a logarithm for each of these, in double. Memory: two batch x batch matrices.
/// pytorch-metric-learning leaves negatives at their length: equal on unit rows.
struct angular {
  static constexpr char const* name = "angular";
  id_list labels;                     ///< [batch] class of each row; viewed
  double alpha = 0.6981317007977318;  ///< in (0, 1.57), an angle; largest that a negative should see the pair under; 40 degrees
  static void options(auto list) { list("alpha", &angular::alpha, range::real{0, 1.57, true, true}); }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return labels.overlaps(from, to); }
  double scale() const { return 1; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    idx const n = u.rows();
    require(u.cols() == n && labels.size() == n, "angular: ", n, " anchors need pool::self and as many labels, got ", u.cols(),
            " columns and ", labels.size(), " labels");
    double const t = std::tan(alpha) * std::tan(alpha);
    double pairs = 0, sum = 0;
    std::vector<double> gradient(std::size_t(n * n), 0);
    std::vector<idx> positives;
    std::vector<double> all;  // of each positive's 1 and negatives; side by side, because each sum waits for itself alone
    for (idx a = 0; a < n; ++a) {
      positives.clear();
      for (idx p = 0; p < n; ++p)
        if (a != p && labels[a] == labels[p]) positives.push_back(p);
      auto const x = [&](idx p, idx k) { return 4 * t * (double(u(a, k)) + double(u(p, k))) - 2 * (1 + t) * double(u(a, p)); };
      all.assign(positives.size(), 0);
      for (idx k = 0; k < n; ++k)
        for (std::size_t i = 0; i < all.size() && labels[k] != labels[a]; ++i) all[i] = log_add(all[i], x(positives[i], k));
      for (std::size_t i = 0; i < all.size(); ++i) {
        idx const p = positives[i];
        ++pairs, sum += all[i];
        for (idx k = 0; k < n; ++k) {
          if (labels[k] == labels[a]) continue;
          double const share = std::exp(x(p, k) - all[i]);
          gradient[std::size_t(a * n + k)] += 4 * t * share, gradient[std::size_t(p * n + k)] += 4 * t * share;
          gradient[std::size_t(a * n + p)] -= 2 * (1 + t) * share;
        }
      }
    }
    if (!(pairs > 0)) return 0;
    for (idx k = 0; k < n * n; ++k) slopes[k] = S(gradient[std::size_t(k)] / pairs);
    return S(sum / pairs);
  }
};

}}  // namespace foil::loss
