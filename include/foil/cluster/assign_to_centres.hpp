// SPDX-License-Identifier: BSD-3-Clause
// Every row to its nearest centre.
#pragma once

#include "foil/cluster/nearest_centres.hpp"
#include "foil/core/ids.hpp"
#include "foil/engine/execution.hpp"
#include "foil/engine/source_of.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What `assign_to_centres` returns.
template <Scalar S>
struct assignment {
  std::vector<idx> labels;  ///< the nearest centre of every row; of equally near ones the first; 0 for rows without a direction
  std::vector<S> cosine;    ///< with it; 0 for a row, or if all centres are, without a direction
};

/// The nearest of the centres [clusters, dim] to every row [n, dim], by cosine. `guess` [n], if given, names a centre of each row, from
/// an earlier call say: it saves time and changes nothing. The same bits for any number of threads. O(n clusters dim), memory O(n + clusters dim).
template <class M, class C>
auto assign_to_centres(M const& rows, C const& centres, execution const& how = {}, id_argument guess = {}) {
  auto const x = as_view(rows);
  auto const c = as_view(centres);
  using S = arithmetic<typename decltype(x)::Scalar>;
  static_assert(std::same_as<S, arithmetic<typename decltype(c)::Scalar>>, "foil: rows and centres must compute in one scalar type");
  constexpr char const* name = "assign_to_centres";
  check_options(name, how);
  require(x.cols() == c.cols(), name, ": rows are [", x.rows(), ", ", x.cols(), "], centres [", c.rows(), ", ", c.cols(), "]");
  require(c.rows() >= 1, name, ": argument centres must have a row");
  require(guess.size() == 0 || guess.size() == x.rows(), name, ": a guess for each of the ", x.rows(), " rows is needed, got ",
          guess.size());
  for (idx i = 0; i < guess.size(); ++i)
    require(guess[i] >= 0 && guess[i] < c.rows(), name, ": guess ", guess[i], " of row ", i, " is outside 0 .. ", c.rows() - 1);
  require_finite(x, name, "rows"), require_finite(c, name, "centres");
  engine::source_of<S, typename decltype(x)::Scalar> const from(x, metric{.unit = true}, false, name, "rows");
  engine::source_of<S, typename decltype(c)::Scalar> const to(c, metric{.unit = true}, false, name, "centres");
  auto const copy = [](engine::source<S> const& source, idx first, idx count, S* out) {
    engine::dense<S> const opened = source.open(first, count, out);
    for (idx i = 0; i < count && opened.data != out; ++i) std::copy_n(opened.data + i * opened.stride, source.dim, out + i * source.dim);
  };
  matrix<S> unit(c.rows(), c.cols());
  copy(to, 0, c.rows(), unit.data());
  nearest_centres<S> const nearest(unit.data(), c.rows(), c.cols());
  assignment<S> r{std::vector<idx>(std::size_t(x.rows()), -1), std::vector<S>(std::size_t(x.rows()))};
  for (idx i = 0; i < guess.size(); ++i) r.labels[std::size_t(i)] = guess[i];
  constexpr idx panel = nearest_centres<S>::panel;
  call_executor const started(how.executor);
  int const workers = (std::max)(1, started.get().workers);
  started.get().run(workers, [&](int w) {
    engine::range const part = engine::part(0, x.rows(), w, workers, 16);
    typename nearest_centres<S>::searcher search(nearest);
    matrix<S> some(panel, x.cols());
    for (idx i = part.from; i < part.to; i += panel) {
      idx const m = (std::min)(panel, part.to - i);
      copy(from, i, m, some.data());
      search(some.data(), m, r.labels.data() + i, r.cosine.data() + i);
    }
  });
  return r;
}

}}  // namespace foil::mining
