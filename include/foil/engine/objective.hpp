// SPDX-License-Identifier: BSD-3-Clause
// value_and_grad: what users call. Checks, prepares, hands over to the engine. One file because the calls and the sentences
// about what they are wrongly given belong together.
#pragma once

#include <cmath>
#include <tuple>
#include <utility>

#include "foil/engine/checks.hpp"
#include "foil/engine/loss_engine.hpp"
#include "foil/engine/objective_checks.hpp"
#include "foil/engine/opened_inputs.hpp"
#include "foil/engine/program.hpp"
#include "foil/engine/score_range.hpp"
#include "foil/engine/shared_exp_columns.hpp"
#include "foil/reduce/contract.hpp"
#include "foil/reduce/mean.hpp"
#include "foil/similarity/cosine.hpp"

namespace foil { inline namespace FOIL_ABI {

/// A loss over a similarity, reduced over rows, carried out by an executor.
///   foil::objective contrast{foil::loss::info_nce{.temperature = 0.05}, foil::similarity::cosine{}};
///   auto r = contrast.value_and_grad(q, foil::pool::in_batch(k), foil::pool::bank(memory));
/// Cost: three products of rows x candidates x dim (four when the scores exceed execution::budget). Memory: the
/// budget, the gradients, a few numbers per row. Same inputs give the same bits for any executor and tile.
template <class L, class Sim = similarity::cosine, class Reduce = reduce::mean>
class objective {
  static_assert(Similarity<Sim>,
                "foil: objective takes (loss, similarity, reduction, execution), in that order; write objective{loss, "
                "similarity::cosine{}, reduce::sum{}}");
  static_assert(Reducer<Reduce>,
                "foil: the third argument of objective is a reduction (foil::reduce); write objective{loss, similarity::cosine{}, "
                "reduce::mean{}, how}");
  static_assert(
      requires(L const l) { l.stats(); } || engine::FieldLoss<L, double>,
      "foil: a loss has stats(), a std::tuple of the row statistics it is a formula of");
  static_assert(engine::FieldLoss<L, double> || engine::gives_statistics<L>(),
                "foil: a statistic has empty, state<S>, add, merge, defined, value and slope; see foil/stat/statistic.hpp");
  static_assert(
      requires(L const l) { double(l.scale()); }, "foil: a loss has scale(), the factor on similarities (1/temperature)");

 public:
  explicit objective(L loss, Sim similarity = {}, Reduce reduce = {}, execution how = {})
      : loss_(loss), similarity_(similarity), reduce_(reduce), how_(how) {}

  /// Value and gradients with respect to anchors, candidates of training pools, and scale.
  template <class A, class... P>
  auto value_and_grad(A const& anchors, P const&... pools) const {
    return enter<false>(call{"value_and_grad"}, nullptr, anchors, pools...);
  }
  /// The value alone: one product, no gradients.
  template <class A, class... P>
  auto value(A const& anchors, P const&... pools) const {
    return enter<false>(call{.function = "value", .gradients = false}, nullptr, anchors, pools...);
  }
  /// share * (loss of the rows + loss of the columns), both directions in one pass over the scores. The columns are those of the first pool,
  /// which is shared; each is scored against all anchors. Further pools (a queue, mined negatives) are candidates of the
  /// rows alone. The share, a positive number, comes last and is 0.5 (CLIP) where it is left out:
  ///   contrast.symmetric(q, pool::in_batch(k));   contrast.symmetric(q, pool::in_batch(k), pool::bank(old_keys), 1.0);
  template <class A, class P, class... Rest>
  auto symmetric(A const& anchors, P const& pool, Rest const&... more_and_share) const {
    return enter_symmetric("symmetric", true, nullptr, anchors, pool, more_and_share...);
  }
  /// Its value alone, without gradients.
  template <class A, class P, class... Rest>
  auto symmetric_value(A const& anchors, P const& pool, Rest const&... more_and_share) const {
    return enter_symmetric("symmetric_value", false, nullptr, anchors, pool, more_and_share...);
  }

  /// The same in the memory of an earlier result, so that a training loop takes no fresh pages for its gradients (those of
  /// pool::self are added to the anchors' and given back):
  ///   foil::outcome<float> r;  for (...) f.value_and_grad_into(r, q, foil::pool::in_batch(k));
  /// Refused input leaves r as it was, r's own numbers among the input included; a row that the loss refuses on the way
  /// leaves it empty.
  template <Scalar S, class A, class... P>
  void value_and_grad_into(outcome<S>& r, A const& anchors, P const&... pools) const {
    r = enter<false>(call{"value_and_grad_into"}, &r, anchors, pools...);
  }
  template <Scalar S, class A, class P, class... Rest>
  void symmetric_into(outcome<S>& r, A const& anchors, P const& pool, Rest const&... more_and_share) const {
    r = enter_symmetric("symmetric_into", true, &r, anchors, pool, more_and_share...);
  }

  /// The same objective for use inside `function`, whose name its errors bear; the text must outlive it.
  objective named(char const* function) const {
    objective copy = *this;
    copy.caller_ = function;
    return copy;
  }
  /// The same objective at another temperature: of losses with a member temperature, or log_scale, that alone sets their scale.
  objective with_temperature(double t) const {
    constexpr bool divides = requires(L & l) { l.temperature = t; };
    constexpr bool multiplies = requires(L & l) { l.log_scale = t; };
    static_assert(divides || multiplies, "foil: this loss has no temperature to set; its scale is another number, or 1");
    objective copy = *this;
    if constexpr (divides)
      copy.loss_.temperature = t;
    else if constexpr (multiplies)
      copy.loss_.log_scale = -std::log(t);
    double const off = double(copy.loss_.scale()) * t - 1;
    require(!(off * off > 1e-12), caller_ ? caller_ : "with_temperature",
            ": the scale of this loss, as its options are, does not depend on its temperature");
    return copy;
  }
  /// The same objective with another constant added to every scaled score: of losses with a member bias. outcome.shift is its gradient.
  objective with_bias(double b) const {
    constexpr bool adds = requires(L & l) { l.bias = b; };
    static_assert(adds, "foil: this loss has no bias to set");
    objective copy = *this;
    if constexpr (adds) copy.loss_.bias = b;
    return copy;
  }

 private:
  /// What a call is asked for, beside its inputs.
  struct call {
    char const* function;
    bool gradients = true;
    double share = 1;  ///< on the loss of each direction
  };

  template <class R, class A, class... Rest>
  auto enter_symmetric(char const* function, bool gradients, R reuse, A const& anchors, Rest const&... pools_and_share) const {
    auto const all = std::tie(pools_and_share...);
    constexpr std::size_t n = sizeof...(Rest);
    constexpr bool shared_out = std::is_arithmetic_v<std::remove_cvref_t<std::tuple_element_t<n - 1, std::tuple<Rest...>>>>;
    call c{.function = function, .gradients = gradients, .share = 0.5};
    if constexpr (shared_out) c.share = double(std::get<n - 1>(all));
    return [&]<std::size_t... k>(std::index_sequence<k...>) { return enter<true>(c, reuse, anchors, std::get<k>(all)...); }
    (std::make_index_sequence < shared_out ? n - 1 : n > {});
  }
  /// `both`: the columns of the first pool, too.
  template <bool both, class R, class A, class... P>
  auto enter(call c, R reuse, A const& anchors, P const&... pools) const {
    if (caller_) c.function = caller_;
    if constexpr (((pool::any_roles<P> || pool::any_bias<P>) || ...)) {
      static_assert(std::is_void_v<R>, "foil: roles and filters belong into a pool; write pool::in_batch(k, roles, filters...)");
    } else if constexpr (pool::is_pool<A>()) {
      static_assert((pool::is_pool<P>() && ...), "foil: value_and_grad(pools...) without anchors takes pools of given scores");
      using S = arithmetic<typename A::storage>;
      require(anchors.kind == pool::layout::given && ((pools.kind == pool::layout::given) && ...), c.function,
              ": without anchors every pool must hold given scores");
      return evaluate<both, S, S>(c, reuse_of<S>(reuse), nullptr, anchors.data.rows(), anchors, pools...);
    } else {
      static_assert(sizeof...(P) > 0, "foil: value_and_grad needs at least one pool of candidates");
      static_assert((pool::is_pool<P>() && ...),
                    "foil: candidates come in pools; wrap the matrix: pool::in_batch(k), pool::bank(m), pool::own(x, per_row), "
                    "pool::proxies(c, ids)");
      static_assert(readable<A>());
      if constexpr ((pool::is_pool<P>() && ...) && (Embeddings<A> || is_view<A>)) {
        using T = typename A::Scalar;
        using S = arithmetic<T>;
        constexpr bool one_scalar = (std::same_as<S, arithmetic<typename P::storage>> && ...);
        static_assert(one_scalar, "foil: anchors and pools must compute in one scalar type (all float or half, or all double)");
        if constexpr (one_scalar) {
          view<T> const x = as_view(anchors);
          return evaluate<both, S, T>(c, reuse_of<S>(reuse), &x, x.rows(), pools...);
        }
      }
    }
  }

  template <class S, class R>
  static auto reuse_of(R reuse) {  // auto: its sentence comes before what follows from the mistake
    constexpr bool fits = std::convertible_to<R, outcome<S>*>;
    static_assert(
        fits, "foil: the result to write into has another scalar type than the call; declare foil::outcome<float>, or <double> for double");
    if constexpr (fits)
      return static_cast<outcome<S>*>(reuse);
    else
      return static_cast<outcome<S>*>(nullptr);
  }
  template <bool both, class S, class T, class... P>
  outcome<S> evaluate(call const& c, outcome<S>* reuse, view<T> const* anchors, idx rows, P const&... pools) const {
    engine::check_loss(c.function, loss_, reduce_, how_, rows);
    engine::check_products<S>(c.function, how_);
    int number = 0;
    auto const look_at = [&](auto const& pool) {
      check_pool(c.function, anchors ? anchors->cols() : -1, rows, number, pool);
      if (anchors) check_self(c.function, *anchors, number, pool);
      engine::check_references(c.function, pool);
      if (pool.kind == pool::layout::given) engine::require_scores_in_range(c.function, pool.data, loss_.scale(), number);
      ++number;
    };
    (look_at(pools), ...);
    if constexpr (both) engine::check_symmetric(c.function, loss_, reduce_, rows, c.share, pools...);
    if constexpr (engine::FieldLoss<L, S>)
      engine::check_slots(c.function, loss_, pools...);
    else
      engine::check_positives(c.function, loss_, rows, pools...);
    if (reuse) {
      auto const written = [reuse](auto const&... input) { return (engine::writes_into(*reuse, input) || ...); };
      auto const pool_written = [&](auto const& pool) {
        return written(pool.data, pool.own_anchors, pool.relation) || std::apply(written, pool.biases);
      };
      require(!((anchors && written(*anchors)) || written(loss_, reduce_) || (pool_written(pools) || ...)), c.function,
              ": the result to write into is also an input; keep two results, or copy the numbers");
    }

    engine::opened_inputs<S> inputs(c.function, rows, how_);
    engine::problem<S>& p = inputs.problem;
    p.scale = S(loss_.scale()), p.gradients = c.gradients, p.one_by_one = engine::takes_one_by_one(loss_);
    if constexpr (requires { loss_.mean_of_positives(); }) p.mean_of_positives = loss_.mean_of_positives();
    if constexpr (requires { loss_.selection(); }) p.selection = loss_.selection();
    if (anchors) inputs.open_anchors(*anchors, Sim::kind);
    (inputs.open_pool(pools, similarity_), ...);
    auto const taken = [reuse] { return reuse ? std::exchange(*reuse, {}) : outcome<S>{}; };
    if constexpr (engine::FieldLoss<L, S>) {
      engine::check_field(p, pools...);
      engine::field_program<S, L> whole(loss_, rows, inputs.columns());
      return engine::solve<S>(p, whole, nullptr, taken());
    } else {
      engine::program_of<S, L, Reduce> by_row(loss_, reduce_);
      if constexpr (both) {
        engine::program_of<S, L, Reduce> by_column(loss_, reduce_);
        engine::column_side<S> const side = engine::columns_of_loss<S>(by_column, c.share);
        return engine::solve<S>(p, by_row, &side, taken());
      } else {
        return engine::solve<S>(p, by_row, nullptr, taken());
      }
    }
  }

  L loss_;
  Sim similarity_;
  Reduce reduce_;
  execution how_;
  char const* caller_ = nullptr;
};

}}  // namespace foil
