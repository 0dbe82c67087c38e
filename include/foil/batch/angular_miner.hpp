// SPDX-License-Identifier: BSD-3-Clause
// Triplets by the angle that anchor and positive subtend at the negative.
#pragma once

#include "foil/batch/angle_rows.hpp"
#include "foil/core/executor.hpp"
#include "foil/core/id_set.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/execution.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `angular_miner`.
struct angular_options {
  static constexpr char const* name = "angular_miner";
  double degrees = 20;        ///< a number; kept above; -1 keeps every triplet that has an angle
  bool normalize = false;     ///< rows are scaled to length 1 first
  foil::executor executor{};  ///< foil::threads(n) for n threads
  static void options(auto list) {
    list("degrees", &angular_options::degrees, range::either_sign), list("executor", &angular_options::executor);
  }
};

/// What `angular_miner` returns.
struct angular_triplets {
  index_triplets triplets;      ///< those above the angle
  std::vector<double> degrees;  ///< of each, in [0, 90]
};

/// angle = atan(|a - p| / (2 |n - (a + p) / 2|)) > degrees; Wang et al. 2017, arXiv 1708.01682. A negative at the midpoint
/// sees 90 degrees; a = p = n has no angle. Positives and negatives come from the reference rows [m, d]. In double, and
/// without the epsilons of other code; which triplets are kept is what sums of squared differences say. Two products of rows and
/// columns, two additions for each triplet, an arc tangent for each that is kept, and a sum of d numbers where the products
/// leave a doubt or fewer than eleven digits. Memory: the triplets kept, copies of both inputs in double, and products within 64 MB
/// (of a few columns at least). The same bits for any number of threads.
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
  int const exponent = (std::min)(scaling_exponent_of_rows(x), scaling_exponent_of_rows(c));  // an angle has no unit
  auto const wide = [&](auto v, char const* name) {
    if (o.normalize) return unit_rows(v, "angular_miner", name);
    require_finite(v, "angular_miner", name);
    return rescaled_rows(v, exponent);
  };
  matrix<double> const a = wide(x, "embeddings"), b = wide(c, "reference");
  angular_triplets out;
  if (x.rows() == 0 || c.rows() == 0 || d == 0) return out;
  id_places const columns(reference_labels);
  angle_table const table(a, b);
  int const workers = x.rows() * c.rows() < 1 << 14 ? 1 : (std::max)(1, o.executor.workers);
  std::vector<angular_triplets> parts(static_cast<std::size_t>(workers));
  call_executor const started(o.executor);
  started.get().run(workers, [&](int w) {
    angular_triplets& part = parts[std::size_t(w)];
    angle_rows scan(table, o.degrees, execution{}.budget / std::size_t(workers));
    engine::range const own = engine::part(0, x.rows(), w, workers, packed_columns<double>::tile_rows);
    scan(
        own, same, [&](idx i) { return columns.of(labels[i]); }, part.triplets, part.degrees, w == 0 ? x.rows() : own.to - own.from);
  });
  out = std::move(parts[0]);
  for (std::size_t w = 1; w < parts.size(); ++w) out.triplets.append(parts[w].triplets), append_list(out.degrees, parts[w].degrees);
  return out;
}

/// A batch against itself.
template <class M>
angular_triplets angular_miner(M const& embeddings, id_list labels, angular_options const& o = {}) {
  return angular_miner(embeddings, labels, embeddings, labels, o, true);
}

}}  // namespace foil::mining
