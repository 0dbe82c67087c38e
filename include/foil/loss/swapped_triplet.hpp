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
    auto const m = std::size_t(n);
    std::vector<S> x(m), value(m), d(m), other(m);  // other: 1 for what is of another class, else 0
    for (idx a = 0; a < n; ++a) {
      for (idx k = 0; k < n; ++k) other[std::size_t(k)] = S(labels[k] != labels[a]);
      for (idx p = 0; p < n; ++p) {
        if (p == a || labels[p] != labels[a]) continue;
        S const *const of_a = u.row(a), *const of_p = u.row(p);
        S *const to_a = slopes + a * n, *const to_p = slopes + p * n;
        // Without a branch on the scores; what is of the class adds 0.
        for (std::size_t k = 0; k < m; ++k) x[k] = S(margin) + (of_a[k] >= of_p[k] ? of_a[k] : of_p[k]) - of_a[p];
        f.terms(x.data(), n, value.data(), d.data());
        for (std::size_t k = 0; k < m; ++k) value[k] = other[k] > 0 ? value[k] : S(0), d[k] = other[k] > 0 ? d[k] : S(0);
        S own = to_a[p];
        for (std::size_t k = 0; k < m; ++k) sum += double(value[k]), own -= d[k];
        for (std::size_t k = 0; k < m; ++k) counted += idx(other[k] > 0) & idx(f.counts(x[k]));
        for (std::size_t k = 0; k < m; ++k) to_a[k] += of_a[k] >= of_p[k] ? d[k] : S(0);
        for (std::size_t k = 0; k < m; ++k) to_p[k] += of_a[k] >= of_p[k] ? S(0) : d[k];
        to_a[p] = own;
      }
    }
    if (counted == 0) return 0;
    for (idx k = 0; k < n * n; ++k) slopes[k] /= S(counted);
    return S(sum / double(counted));
  }
};

}}  // namespace foil::loss
