// SPDX-License-Identifier: BSD-3-Clause
// Two views of the same things, each the other's positive, with negatives from both: SimCLR, DCL, HCL.
#pragma once

#include "foil/core/option.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/engine/named.hpp"
#include "foil/engine/objective.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/self.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// two_views inside `where`, whose name its errors bear.
template <class Objective, class A, class B>
auto both_views(char const* where, Objective const& o, A const& z1, B const& z2, double share) {
  check_option(where, "share", share, foil::range::either_sign);
  auto const& f = named(where, o);
  auto r = f.value_and_grad(z1, pool::in_batch(z2), pool::self(z1));
  auto const s = f.value_and_grad(z2, pool::in_batch(z1), pool::self(z2));
  using S = decltype(r.value);
  r.value = S(share) * r.value + S(share) * s.value;
  auto join = [&](matrix<S>& x, matrix<S> const& y) {
    for (idx k = 0; k < x.size(); ++k) x.data()[k] = S(share) * x.data()[k] + S(share) * y.data()[k];
  };
  join(r.anchors, s.pools[0]), join(r.pools[0], s.anchors);
  require_held(r.value, where);
  require_held(as_view(r.anchors), where, "first view"), require_held(as_view(r.pools[0]), where, "second view");
  auto append = [](auto& x, auto const& y) { x.insert(x.end(), y.begin(), y.end()); };
  append(r.rows, s.rows), append(r.used, s.used), append(r.kept, s.kept), append(r.positives, s.positives);
  r.scale = share * (r.scale + s.scale), r.shift = share * (r.shift + s.shift);
  r.rows_used += s.rows_used, r.clamped += s.clamped;
  r.without_positive += s.without_positive, r.without_negatives += s.without_negatives;
  return r;
}

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

/// share * (loss of z1's rows + loss of z2's rows); row i of one view is scored against all rows of the other (the
/// positive is i) and all other rows of its own. share 0.5 is the mean over 2B rows, 1 the sum of both directions.
/// The result's anchors are d/dz1, pools[0] d/dz2; rows, used, kept list the rows of z1, then those of z2.
template <class Objective, class A, class B>
auto two_views(Objective const& o, A const& z1, B const& z2, double share = 0.5) {
  return engine::both_views("two_views", o, z1, z2, share);
}

}}  // namespace foil
