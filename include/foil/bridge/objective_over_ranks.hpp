// SPDX-License-Identifier: BSD-3-Clause
// In-batch losses over the batches of all ranks: every row is scored against the candidates of all of them. One file because both
// ways of the candidates, gathered and in a ring, end in the same result.
#pragma once

#include <exception>
#include <utility>

#include "foil/bridge/blocks_of_ranks.hpp"
#include "foil/bridge/ring_rows.hpp"
#include "foil/bridge/shifted_diagonal.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/source_of.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/reduce/sum.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// How candidates of other ranks come.
enum class candidate_exchange {
  gathered,  ///< all at once, in rank order: memory of the global batch's candidates and their gradients; any loss of rows, any filter
  in_ring    ///< one rank's at a time, twice round: memory of a few blocks; statistics of the rows run along (log-sum-exps, means, counts)
};

/// foil::objective over a global batch: the batches of all ranks, one after the other in rank order.
///   bridge::objective_over_ranks contrast{ranks, loss::info_nce{.temperature = 0.05}, similarity::cosine{}};
///   auto r = contrast.value_and_grad(q, k);   // this rank's rows; batches of ranks may differ in length
/// Scale factor: `value` is the loss of the global batch, reduced over the rows of all ranks (their mean, not a mean of means), the
/// same on every rank. `anchors` and `pools[0]` are its gradients with respect to this rank's rows, with what other ranks' rows add to
/// the candidates. So gradients of shared parameters are to be summed over ranks; a trainer that averages them (torch's DDP) wants
/// them times the number of ranks. scale and shift are of the global loss already; counts, rows and used are this rank's
/// (zero_rows and bad_rows: of its anchors and, gathered, all candidates, in a ring its own).
/// Value and gradients are those of one process on the whole batch but for rounding, for any number of ranks and any lengths.
/// Losses: those of plain rows; in a ring also no loss that selects negatives or takes positives one by one, and no filter that
/// compares with positives, which may be in another block. Reductions: all but reduce::weighted. An error of one rank is thrown on all.
template <Communicator C, class L, class Sim = similarity::cosine, class Reduce = reduce::mean>
class objective_over_ranks {
  static_assert(!engine::has_batch<L> && !engine::FieldLoss<L, double>,
                "foil: this loss couples the rows of a batch by more than a sum, which ranks cannot share");
  static_assert(std::is_empty_v<Reduce>, "foil: over ranks rows are reduced by mean, nonzero_mean, all_rows_mean or sum");

 public:
  objective_over_ranks(C& comm, L loss, Sim similarity = {}, Reduce reduce = {}, execution how = {},
                       candidate_exchange way = candidate_exchange::gathered)
      : comm_(comm), loss_(loss), similarity_(similarity), reduce_(reduce), how_(how), way_(way) {}

  /// Row i of k is the positive of row i of q, all other rows of all ranks are negatives.
  template <class A, class K>
  auto value_and_grad(A const& q, K const& k) const {
    return value_and_grad(q, k, [](auto candidates, idx first_candidate, idx first_anchor) {
      return pool::in_batch(candidates, shifted_diagonal{first_anchor - first_candidate});
    });
  }
  /// Any roles and filters: pool_of(candidates, first_candidate, first_anchor) returns a pool of the candidates that it is given, a
  /// view, whose row 0 is number first_candidate of the global batch; row 0 of q is number first_anchor. Gathered, it is called once;
  /// in a ring, twice for each rank's block. Lists that the pool views must live until the call returns.
  template <class A, class K, class PoolOf>
  auto value_and_grad(A const& q, K const& k, PoolOf const& pool_of) const {
    static_assert(readable<A>() && readable<K>());
    using S = arithmetic<typename A::Scalar>;
    auto const x = as_view(q);
    auto const y = as_view(k);
    static_assert(std::same_as<S, arithmetic<typename decltype(y)::Scalar>>,
                  "foil: anchors and candidates must compute in one scalar type (both float or half, or both double)");
    using T = typename decltype(y)::Scalar;
    blocks_of_ranks<T, C> const blocks(comm_, y);
    idx first_anchor = 0;
    auto const counts = gather_values(comm_, x.rows());
    for (int r = 0; r < comm_.rank(); ++r) first_anchor += counts[std::size_t(r)];
    require_same(comm_, "objective_over_ranks", "dim of the embeddings", std::uint64_t(y.cols()));
    on_every_rank(comm_, [&] {
      require(x.cols() == y.cols(), "objective_over_ranks: anchors are [", x.rows(), ", ", x.cols(), "], candidates [", y.rows(), ", ",
              y.cols(), "]");
      engine::check_loss("objective_over_ranks", loss_, reduce_, how_, x.rows());
      return 0;
    });
    auto r = way_ == candidate_exchange::gathered ? gathered<S>(x, blocks, pool_of, first_anchor)
                                                  : in_ring<S>(x, y, blocks, pool_of, first_anchor);
    double scale = 0, shift = 0;
    for (double const s : gather_values(comm_, r.scale)) scale += s;
    for (double const s : gather_values(comm_, r.shift)) shift += s;
    r.scale = scale, r.shift = shift;
    on_every_rank(comm_, [&] {  // sums over blocks and ranks of what each can hold
      char const* const where = "objective_over_ranks";
      require_held(r.value, where), require_held(as_view(r.anchors), where, "anchors");
      require_held(as_view(r.pools[0]), where, "candidates");
      return 0;
    });
    return r;
  }
  /// Half the loss of q against k and half that of k against q (CLIP): two calls. Gradients: anchors, of q; pools[0], of k.
  template <class A, class K>
  auto symmetric(A const& q, K const& k) const {
    auto r = value_and_grad(q, k);
    auto const back = value_and_grad(k, q);
    r.value = r.value / 2 + back.value / 2, r.scale = (r.scale + back.scale) / 2, r.shift = (r.shift + back.shift) / 2;
    r.anchors = r.anchors / 2 + back.pools[0] / 2, r.pools[0] = r.pools[0] / 2 + back.anchors / 2;
    return r;
  }

 private:
  struct batch_sums {
    double sum, weight;
    idx rows;
    bool failed;
  };
  /// The reduction with the sums of all ranks; nothing if one of them failed.
  total reduced(batch_sums const& mine) const {
    batch_sums all{0, 0, 0, false};
    for (batch_sums const& p : gather_values(comm_, mine))
      all.sum += p.sum, all.weight += p.weight, all.rows += p.rows, all.failed = all.failed || p.failed;
    return all.failed ? total{} : reduce_.finish(all.sum, all.weight, all.rows);
  }
  struct reduce_over_ranks {
    objective_over_ranks const* own;
    bool* asked;
    double share(idx row, double value) const { return own->reduce_.share(row, value); }
    total finish(double sum, double weight, idx rows) const {
      *asked = true;
      return own->reduced({sum, weight, rows, false});
    }
  };

  template <class P>
  void check_block(P const& pool, idx rows) const {
    static_assert(pool::is_pool<P>(), "foil: pool_of returns a pool: pool::in_batch(candidates, roles, filters...)");
    require(pool.kind == pool::layout::shared && pool.data.rows() == rows && pool.own_anchors.rows() == 0 && !pool.weight_gradient,
            "objective_over_ranks: pool_of must return a shared pool of the ", rows,
            " candidates that it is given, without a gradient of weights, as pool::in_batch(candidates, roles, filters...) is");
  }
  template <Scalar S, class X, class Blocks, class PoolOf>
  outcome<S> gathered(X x, Blocks const& blocks, PoolOf const& pool_of, idx first_anchor) const {
    auto const all = blocks.gather();
    outcome<S> r;
    bool asked = false;
#if FOIL_EXCEPTIONS
    std::exception_ptr failure;
    try {
#endif
      auto const pool = pool_of(as_view(all), idx(0), first_anchor);
      check_block(pool, all.rows());
      objective<L, Sim, reduce_over_ranks> const f(loss_, similarity_, {this, &asked}, how_);
      r = f.named("objective_over_ranks").value_and_grad(x, pool);
#if FOIL_EXCEPTIONS
    } catch (...) {
      failure = std::current_exception();
      if (!asked) reduced({0, 0, 0, true});  // the others wait for this rank's sum
    }
    on_every_rank(comm_, [&] {
      if (failure) std::rethrow_exception(failure);
      return 0;
    });
#endif
    if (r.pools[0].rows() > 0) r.pools[0] = blocks.reduce(r.pools[0]);
    return r;
  }

  template <Scalar S, class X, class T, class Blocks, class PoolOf>
  outcome<S> in_ring(X x, view<T> y, Blocks const& blocks, PoolOf const& pool_of, idx first_anchor) const {
    constexpr bool selects = requires { loss_.selection(); };
    require(!selects && !engine::takes_one_by_one(loss_),
            "objective_over_ranks: a loss that selects negatives or takes positives one by one needs candidate_exchange::gathered");
    ring_rows<S, L> rows(loss_, x.rows());
    objective<ring_loss<S, L>, Sim, reduce::sum> const f(ring_loss<S, L>{&loss_, &rows}, similarity_, {}, how_);
    auto const over = f.named("objective_over_ranks");
    bool filtered = false, trains = true, first = true;
    auto const pool_at = [&](view<T> block, int owner) {
      auto pool = pool_of(block, blocks.first(owner), first_anchor);
      check_block(pool, block.rows());
      filtered = filtered || decltype(pool)::biases_count > 0, trains = pool.trains;
      bool compares = false;
      std::apply([&](auto const&... b) { compares = (needs_positive<std::remove_cvref_t<decltype(b)>> || ...); }, pool.biases);
      require(!compares,
              "objective_over_ranks: a filter that compares with positives needs candidate_exchange::gathered: in a ring they may be in "
              "another block");
      return pool;
    };
    outcome<S> r;
    r.kept.assign(std::size_t(x.rows()), 0), r.positives.assign(std::size_t(x.rows()), 0);
    matrix<S> none;
    blocks.each_block(none, [&](view<T> block, int owner, matrix<S>&) {
      outcome<S> const part = over.value(x, pool_at(block, owner));
      for (std::size_t i = 0; i < r.kept.size(); ++i) r.kept[i] += part.kept[i], r.positives[i] += part.positives[i];
      if (owner == comm_.rank()) r.zero_rows = part.zero_rows, r.bad_rows = part.bad_rows;
      if (std::exchange(first, false)) r.chosen = part.chosen;
    });
    auto const sums = on_every_rank(comm_, [&] {
      if (y.rows() == 0) {  // the anchors were counted with other ranks' candidates only
        engine::source_of<S, typename X::Scalar> const own(x, Sim::kind, how_.bad_rows == bad_rows::skip, "objective_over_ranks",
                                                           "anchors");
        r.zero_rows = own.zero_rows, r.bad_rows = own.bad_rows;
      }
      return rows.finish(reduce_, filtered, r);
    });
    total const t = reduced({sums.value, sums.weight, x.rows(), false});
    if (t.all_rows) r.rows_used = x.rows();
    r.value = S(t.value), r.scale = sums.scale * t.factor, r.scale_used = loss_.scale();
    for (std::size_t i = 0; i < r.kept.size(); ++i) r.without_positive += r.positives[i] == 0, r.without_negatives += r.kept[i] == 0;
    rows.complete(t.factor);
    r.anchors.setZero(x.rows(), x.cols()), r.pools.assign(1, matrix<S>::Zero(y.rows(), y.cols()));
    blocks.each_block(r.pools[0], [&](view<T> block, int owner, matrix<S>& gradient) {
      outcome<S> const part = over.value_and_grad(x, pool_at(block, owner));
      r.anchors += part.anchors;
      if (part.pools[0].rows() > 0) gradient += part.pools[0];
      r.scale += part.scale, r.shift += part.shift;
    });
    if (!trains) r.pools[0].resize(0, 0);
    return r;
  }

  C& comm_;
  L loss_;
  Sim similarity_;
  Reduce reduce_;
  execution how_;
  candidate_exchange way_;
};

}}  // namespace foil::bridge
