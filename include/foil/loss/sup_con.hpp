// SPDX-License-Identifier: BSD-3-Clause
// Supervised contrastive loss: InfoNCE whose positives are all columns of the row's class.
#pragma once

#include "foil/core/option.hpp"
#include "foil/loss/info_nce.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   L_i = (temperature / base_temperature) * (-mean_P u + lse_{P+N} u)        (form out; `in` as InfoNCE's)
/// Khosla et al. 2020, arXiv 2004.11362. Use pool::self(z, roles::by_label(labels)). Rows without a positive leave the
/// mean (reduce::all_rows_mean counts them as 0, as the official code does).
struct sup_con {
  static constexpr char const* name = "sup_con";
  double temperature = 0.07, base_temperature = 0.07;  ///< > 0; divisor of similarities; only their quotient scales the loss
  multi_positive positives = multi_positive::out;      ///< out or in
  static void options(auto list) {
    list("temperature", &sup_con::temperature, range::positive), list("base_temperature", &sup_con::base_temperature, range::positive);
    list("positives", &sup_con::positives, multi_positive::per_positive);
  }

  void check() const {
    require(positives == multi_positive::out || positives == multi_positive::in,
            "sup_con: positives must be out or in; loss::info_nce has the other forms");
  }
  double scale() const { return 1 / temperature; }
  auto stats() const { return info_nce{}.stats(); }
  template <Scalar S>
  row_loss<S, 3> row(S over_sum, S over_mean, S count) const {
    info_nce const contrast{temperature, positives};
    contrast.check_share(name, over_sum);
    auto r = contrast.row(over_sum, over_mean, count);
    S const factor = S(temperature / base_temperature);
    for (S& p : r.partial) p *= factor;
    r.value *= factor, r.scale = S(-temperature) * r.value;  // the factor names the temperature itself
    return r;
  }
};

}}  // namespace foil::loss
