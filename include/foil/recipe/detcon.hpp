// SPDX-License-Identifier: BSD-3-Clause
// DetCon: regions of images, each pulled to the regions of its own mask in the other view.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/bias/same_id.hpp"
#include "foil/core/ids.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/reduce/all_rows_mean.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/similarity/cosine.hpp"

namespace foil { inline namespace FOIL_ABI {

/// What `detcon_b` and `detcon_s` return.
template <Scalar S>
struct detcon_outcome {
  S value = 0;                 ///< the sum of both directions
  matrix<S> x0, x1;            ///< d/d the two views' predictions
  matrix<S> target0, target1;  ///< d/d their targets
  std::vector<S> rows;         ///< loss of each region of view 0, then of view 1, times 1 / A_r
};

}}  // namespace foil
namespace foil::engine { inline namespace FOIL_ABI {

/// A reduction: sum of weight times loss over all rows, divided by their number.
struct weighed_rows {
  std::vector<double> const* weight;  ///< [rows]
  double share(idx row, double) const { return (*weight)[std::size_t(row)]; }
  total finish(double sum, double, idx rows) const { return reduce::all_rows_mean{}.finish(sum, 0, rows); }
};

template <class X, class T>
auto detcon(char const* where, X const& x0, X const& x1, T const& target0, T const& target1, id_list masks0, id_list masks1, idx regions,
            double temperature, execution how) {
  using S = arithmetic<typename decltype(as_view(x0))::Scalar>;
  idx const n = as_view(x0).rows();
  require(how.bad_rows != bad_rows::skip, where,
          ": execution.bad_rows = skip is not taken, a skipped region would still count among those of its mask; leave bad rows out");
  check_option(where, "temperature", temperature, foil::range::temperature),
      check_option(where, "regions", regions, foil::range::at_least(1));
  require(as_view(x1).rows() == n && as_view(target0).rows() == n && as_view(target1).rows() == n && n % regions == 0, where, ": ", n, ", ",
          as_view(x1).rows(), ", ", as_view(target0).rows(), " and ", as_view(target1).rows(), " rows, expected one number of them, ",
          regions, " an image");
  auto const ids_of = [&](id_list masks) {
    require(masks.size() == n, where, ": ", n, " rows, but ", masks.size(), " masks");
    std::vector<idx> ids;
    for (idx i = 0; i < n; ++i) {
      require(masks[i] >= 0 && masks[i] < idx(1) << 31, where, ": the mask of row ", i, " is ", masks[i], ", outside 0 .. 2^31 - 1");
      ids.push_back((i / regions << 31) + masks[i]);
    }
    return ids;
  };
  auto const ids0 = ids_of(masks0), ids1 = ids_of(masks1);
  detcon_outcome<S> r;
  auto const direction = [&](X const& x, T const& own, T const& other, auto const& ids, auto const& other_ids) {
    std::vector<double> weight(std::size_t(n), 0);
    for (std::size_t i = 0; i < weight.size(); ++i) {
      auto const first = ids.begin() + idx(i) / regions * regions;
      weight[i] = 1 / double(std::count(first, first + regions, ids[i]));
    }
    auto d = objective(loss::info_nce{temperature}, similarity::cosine{}, weighed_rows{&weight}, how)
                 .named(where)
                 .value_and_grad(x, pool::in_batch(other, roles::by_label(ids, other_ids)),
                                 pool::trained(pool::bank(own, roles::all_negative{}, bias::same_label(ids, ids))));
    r.value += d.value, r.rows.insert(r.rows.end(), d.rows.begin(), d.rows.end());
    return d;
  };
  auto a = direction(x0, target0, target1, ids0, ids1), b = direction(x1, target1, target0, ids1, ids0);
  r.x0.swap(a.anchors), r.x1.swap(b.anchors), r.target0 = a.pools[1] + b.pools[0], r.target1 = a.pools[0] + b.pools[1];
  require_held(as_view(r.target0), where, "first view's targets"), require_held(as_view(r.target1), where, "second view's targets");
  return r;
}

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

///   sum over both directions of the mean over all regions r of 1/A_r (-mean_P u + log sum_{P and N} e^u),   u = cosine / temperature
/// x0, x1, target0, target1 [B regions, dim]: pooled regions of two views, those of an image one after the other, predictions and
/// targets; masks0, masks1 [B regions] in 0 .. 2^31 - 1 say what each is of. P: the other view's targets of r's image and mask. N: all
/// other targets of both views, without those of r's image and mask in its own. A_r: regions of r's image and mask in its own view. A
/// region without P is worth 0. Bad rows are refused. Henaff et al. 2021, arXiv 2103.10957 (DetCon-B). Cost: four products.
template <class X, class T>
auto detcon_b(X const& x0, X const& x1, T const& target0, T const& target1, id_list masks0, id_list masks1, idx regions,
              double temperature = 0.1, execution how = {}) {
  return engine::detcon("detcon_b", x0, x1, target0, target1, masks0, masks1, regions, temperature, how);
}
/// The same of one network: the views are their own targets. Result: x0, x1 d/d the views. (DetCon-S.)
template <class X>
auto detcon_s(X const& x0, X const& x1, id_list masks0, id_list masks1, idx regions, double temperature = 0.1, execution how = {}) {
  auto r = engine::detcon("detcon_s", x0, x1, x0, x1, masks0, masks1, regions, temperature, how);
  r.x0 += r.target0, r.x1 += r.target1, r.target0.resize(0, 0), r.target1.resize(0, 0);
  require_held(as_view(r.x0), "detcon_s", "first view"), require_held(as_view(r.x1), "detcon_s", "second view");
  return r;
}

}}  // namespace foil
