// SPDX-License-Identifier: BSD-3-Clause
// All triplets with swap: the negative is set against whichever of anchor and positive it is closer to.
#pragma once

#include <algorithm>

#include "foil/core/ids.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/loss/triplet.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean over triplets (a, p, n) of relu(margin + max(s_an, s_pn) - s_ap), s a similarity
/// On the whole field of a batch against itself (pool::self): s_pn is not in the anchor's row. Roles and filters of the pool
/// are not consulted. Balntas et al. 2016.
/// Time: triplets; the time goes to these, one after the other. Memory: two batch x batch matrices. Ties between s_an and s_pn go to s_an.
struct swapped_triplet {
  static constexpr char const* name = "swapped_triplet";
  id_list labels;                     ///< [batch] class of each row; viewed
  double margin = 0.05;               ///< a number, in units of scores
  bool soft = false, nonzero = true;  ///< log(1 + e^x) in place of relu; mean over the triplets above zero only
  static void options(auto list) { list("margin", &swapped_triplet::margin, range::either_sign); }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return labels.overlaps(from, to); }
  double scale() const { return 1; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    idx const n = u.rows();
    require(u.cols() == n && labels.size() == n, "swapped_triplet: ", n, " anchors need pool::self and as many labels, got ", u.cols(),
            " columns and ", labels.size(), " labels");
    hinge const f{soft, nonzero};
    double sum = 0;
    idx counted = 0;
    for (idx a = 0; a < n; ++a)
      for (idx p = 0; p < n; ++p)
        for (idx k = 0; k < n && p != a && labels[p] == labels[a]; ++k) {
          if (labels[k] == labels[a]) continue;
          bool const from_anchor = u(a, k) >= u(p, k);
          S const x = S(margin) + (std::max)(u(a, k), u(p, k)) - u(a, p), d = f.slope(x);
          sum += double(f(x)), counted += f.counts(x);
          slopes[(from_anchor ? a : p) * n + k] += d;
          slopes[a * n + p] -= d;
        }
    if (counted == 0) return 0;
    for (idx k = 0; k < n * n; ++k) slopes[k] /= S(counted);
    return S(sum / double(counted));
  }
};

}}  // namespace foil::loss
