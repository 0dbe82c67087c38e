// SPDX-License-Identifier: BSD-3-Clause
// Losses on MaxSim scores, with gradients of every token: any objective on all pairs, any list loss on each query's own documents.
#pragma once

#include "foil/engine/named.hpp"
#include "foil/engine/objective.hpp"
#include "foil/late/maxsim.hpp"
#include "foil/listwise/list_loss.hpp"
#include "foil/pool/given.hpp"
#include "foil/roles/diagonal.hpp"

namespace foil::late { inline namespace FOIL_ABI {

/// `pools` holds the gradient of the scores, `zero_rows` counts tokens.
template <Scalar S>
struct late_outcome : outcome<S> {
  token_gradients<S> tokens;  ///< d value / d the rows of queries and of documents
};
/// `scores` is the gradient of the scores.
template <Scalar S>
struct late_list_outcome : loss::list_outcome<S> {
  token_gradients<S> tokens;  ///< d value / d the rows of queries and of documents
};

/// The objective over the scores of all queries with all documents; its similarity is not asked. Roles and filters as in a
/// pool; without them document i is query i's positive.
///   late::value_and_grad(foil::objective{foil::loss::info_nce{.temperature = 1}}, late::tokens(q, q_offsets), late::tokens(d, d_offsets), {},
///                        foil::roles::target(answers))
/// With info_nce{1} that is pylate's Contrastive. Refuses what maxsim and the objective refuse. Cost: that of maxsim, and of the objective
/// over [queries, documents] given scores; the same bits for any number of threads and any budget.
template <class F, class Q, class D, class R = roles::diagonal, class... B>
auto value_and_grad(F const& f, token_lists<Q> const& queries, token_lists<D> const& documents, maxsim_options const& o = {},
                    R relation = {}, B... biases) {
  using S = arithmetic<Q>;
  maxsim<S> sim(queries, documents, o, "late::value_and_grad");
  auto const& g = engine::named("late::value_and_grad", f);
  late_outcome<S> r{g.value_and_grad(pool::given(sim.scores(), relation, biases...)), {}};
  r.tokens = sim.backward(r.pools[0]), r.zero_rows = sim.zero_rows();
  return r;
}

/// A list loss on the scores of each query with its own documents ids[i * per_row] .. ids[(i + 1) * per_row - 1]: distillation
/// from a teacher's scores, targets [queries, per_row], by loss::soft_label_kl or loss::margin_mse. What lies beyond a list's
/// length (list_options) may be -1. Refuses other ids outside 0 .. documents - 1 and what maxsim and the list loss refuse. Cost: that of
/// maxsim over queries x per_row; the time goes to the many small products of one query with one document.
template <class L, class Q, class D, class T>
auto value_and_grad_lists(L const& loss, token_lists<Q> const& queries, token_lists<D> const& documents, id_list ids, idx per_row,
                          T const& targets, maxsim_options const& o = {}, loss::list_options const& lists = {}) {
  using S = arithmetic<Q>;
  char const* const where = "late::value_and_grad_lists";
  require(per_row >= 1, where, ": argument per_row must be at least 1, got ", per_row);
  for (idx p = 0; p < ids.size(); ++p)
    require(ids[p] >= 0 || (p / per_row < lists.lengths.size() && p % per_row >= lists.lengths[p / per_row]), where, ": position ", p,
            " of ids is ", ids[p], " within the list of query ", p / per_row);
  maxsim<S> sim(queries, documents, ids, per_row, o, where);
  late_list_outcome<S> r{loss::value_and_grad_lists(loss, sim.scores(), targets, lists), {}};
  r.tokens = sim.backward(r.scores);
  return r;
}

}}  // namespace foil::late
