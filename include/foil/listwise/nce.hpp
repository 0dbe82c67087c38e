// SPDX-License-Identifier: BSD-3-Clause
// Noise-contrastive estimation: data against noise of known density, by logistic regression.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean over data of softplus(-g) + nu * mean over noise of softplus(g),   g = s - log q - log nu
/// The first `data` columns are data, the rest noise; targets are log q of each. nu: noise samples drawn for each data
/// sample, usually (columns - data) / data; it is not checked against the columns. Mean over lists. s is the model's log density; a learned
/// log normaliser is part of it. Gutmann and Hyvarinen 2010.
struct nce {
  static constexpr char const* name = "nce";
  double nu = 1;  ///< >= 1; noise samples per data sample
  idx data = 1;   ///< >= 1; columns that are data
  static void options(auto list) {
    list("nu", &nce::nu, range::real{1, 1e15});
    list("data", &nce::data, range::at_least(1));
  }

  list_row row(std::span<double const> s, std::span<double const> log_q, std::span<double> slope) const {
    require(idx(s.size()) > data, "nce: a list needs noise beside its ", data, " data, has ", idx(s.size()), " entries");
    double const each_noise = nu / double(idx(s.size()) - data);
    list_row r;
    for (std::size_t j = 0; j < s.size(); ++j) {
      double const g = s[j] - log_q[j] - std::log(nu);
      bool const is_data = idx(j) < data;
      double const w = is_data ? 1 / double(data) : each_noise;
      logistic<double> const at(is_data ? -g : g);
      r.value += w * at.softplus();
      slope[j] = (is_data ? -w : w) * at.sigmoid();
    }
    return r;
  }
};

}}  // namespace foil::loss
