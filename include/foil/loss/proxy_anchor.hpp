// SPDX-License-Identifier: BSD-3-Clause
// Proxy-anchor: every class proxy attracts its class and repels the rest, the hard ones most.
#pragma once

#include <algorithm>
#include <span>
#include <tuple>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/count.hpp"
#include "foil/stat/log_sum_exp.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean over proxies with a positive of log(1 + sum_P e^{-alpha (s - margin)}) + mean over all proxies of log(1 + sum_N e^{alpha (s + margin)})
/// Rows are the proxies, columns the batch: foil::proxy_anchor turns them round. Couples all rows. Kim et al. 2020, arXiv 2003.13911.
struct proxy_anchor {
  static constexpr char const* name = "proxy_anchor";
  double margin = 0.1;  ///< a number, a cosine; positives should lie above it, negatives below its opposite
  double alpha = 32;    ///< > 0; sharpness
  static void options(auto list) {
    list("margin", &proxy_anchor::margin, range::either_sign), list("alpha", &proxy_anchor::alpha, range::positive);
  }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::log_sum_exp<over::positives>{.k = -alpha, .empty = when_empty::neutral},
                      stat::log_sum_exp<over::negatives>{.k = alpha, .empty = when_empty::neutral}, stat::count<over::positives>{}};
  }
  template <Scalar S>
  S batch(std::span<std::array<S, 3>> rows, std::span<std::array<S, 3>> partial, S& scale_out) const {
    double pull = 0, push = 0, with = 0;
    for (auto const& r : rows) with += r[2] > 0;
    double const each_with = 1 / (std::max)(with, 1.0), each = 1 / (std::max)(double(rows.size()), 1.0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      S const p = rows[i][0] + S(alpha * margin), n = rows[i][1] + S(alpha * margin);
      pull += each_with * double(softplus(p)), push += each * double(softplus(n));
      partial[i] = {S(each_with) * sigmoid(p), S(each) * sigmoid(n), 0};
    }
    scale_out = 0;
    return S(pull + push);
  }
};

}}  // namespace foil::loss
