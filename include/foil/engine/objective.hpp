// SPDX-License-Identifier: BSD-3-Clause
// value_and_grad: what users call. Checks, prepares, hands over to the engine.
#pragma once

#include <memory>

#include "foil/core/option.hpp"
#include "foil/engine/checks.hpp"
#include "foil/engine/field_program.hpp"
#include "foil/engine/loss_engine.hpp"
#include "foil/engine/program.hpp"
#include "foil/engine/score_range.hpp"
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
    return enter(call{"value_and_grad"}, nullptr, anchors, pools...);
  }
  /// The value alone: one product, no gradients.
  template <class A, class... P>
  auto value(A const& anchors, P const&... pools) const {
    return enter(call{.function = "value", .gradients = false}, nullptr, anchors, pools...);
  }
  /// share * (loss of the rows + loss of the columns), both directions in one pass over the scores. The columns are those of the first pool,
  /// which is shared; each is scored against all anchors. Further pools (a queue, mined negatives) are candidates of the
  /// rows alone. The share, a positive number, comes last and is 0.5 (CLIP) where it is left out:
  ///   contrast.symmetric(q, pool::in_batch(k));   contrast.symmetric(q, pool::in_batch(k), pool::bank(old_keys), 1.0);
  template <class A, class P, class... Rest>
  auto symmetric(A const& anchors, P const& pool, Rest const&... more_and_share) const {
    return enter_symmetric("symmetric", nullptr, anchors, pool, more_and_share...);
  }

  /// The same in the memory of an earlier result, so that a training loop takes no fresh pages for its gradients (those of
  /// pool::self are added to the anchors' and given back):
  ///   foil::outcome<float> r;  for (...) f.value_and_grad_into(r, q, foil::pool::in_batch(k));
  /// Refused input leaves r as it was, r's own matrices among the input included; a row that the loss refuses on the way
  /// leaves it empty.
  template <Scalar S, class A, class... P>
  void value_and_grad_into(outcome<S>& r, A const& anchors, P const&... pools) const {
    r = enter(call{"value_and_grad_into"}, &r, anchors, pools...);
  }
  template <Scalar S, class A, class P, class... Rest>
  void symmetric_into(outcome<S>& r, A const& anchors, P const& pool, Rest const&... more_and_share) const {
    r = enter_symmetric("symmetric_into", &r, anchors, pool, more_and_share...);
  }

  /// The same objective for use inside `function`, whose name its errors bear; the text must outlive it.
  objective named(char const* function) const {
    objective copy = *this;
    copy.caller_ = function;
    return copy;
  }

 private:
  /// What was asked for, beside the inputs.
  struct call {
    char const* function;
    bool gradients = true, both = false;  ///< both: the columns of the first pool too
    double share = 1;
  };

  template <class R, class A, class... Rest>
  auto enter_symmetric(char const* function, R reuse, A const& anchors, Rest const&... pools_and_share) const {
    auto const all = std::tie(pools_and_share...);
    constexpr std::size_t n = sizeof...(Rest);
    constexpr bool shared_out = std::is_arithmetic_v<std::remove_cvref_t<std::tuple_element_t<n - 1, std::tuple<Rest...>>>>;
    call c{.function = function, .both = true, .share = 0.5};
    if constexpr (shared_out) c.share = double(std::get<n - 1>(all));
    return [&]<std::size_t... k>(std::index_sequence<k...>) { return enter(c, reuse, anchors, std::get<k>(all)...); }
    (std::make_index_sequence < shared_out ? n - 1 : n > {});
  }
  template <class R, class A, class... P>
  auto enter(call c, R reuse, A const& anchors, P const&... pools) const {
    if (caller_) c.function = caller_;
    if constexpr (((pool::any_roles<P> || pool::any_bias<P>) || ...)) {
      static_assert(std::is_void_v<R>, "foil: roles and filters belong into a pool; write pool::in_batch(k, roles, filters...)");
    } else if constexpr (is_pool<A>) {
      static_assert((is_pool<P> && ...), "foil: value_and_grad(pools...) without anchors takes pools of given scores");
      using S = arithmetic<typename A::storage>;
      require(anchors.kind == pool::layout::given && ((pools.kind == pool::layout::given) && ...), c.function,
              ": without anchors every pool must hold given scores");
      return evaluate<S, S>(c, reuse_of<S>(reuse), nullptr, anchors.data.rows(), anchors, pools...);
    } else {
      static_assert(sizeof...(P) > 0, "foil: value_and_grad needs at least one pool of candidates");
      static_assert((is_pool<P> && ...),
                    "foil: candidates come in pools; wrap the matrix: pool::in_batch(k), pool::bank(m), pool::own(x, per_row), "
                    "pool::proxies(c, ids)");
      static_assert(readable<A>());
      if constexpr ((is_pool<P> && ...) && (Embeddings<A> || is_view<A>)) {
        using T = typename A::Scalar;
        using S = arithmetic<T>;
        constexpr bool one_scalar = (std::same_as<S, arithmetic<typename P::storage>> && ...);
        static_assert(one_scalar, "foil: anchors and pools must compute in one scalar type (all float or half, or all double)");
        if constexpr (one_scalar) {
          view<T> const x = as_view(anchors);
          return evaluate<S, T>(c, reuse_of<S>(reuse), &x, x.rows(), pools...);
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
  template <class S, class T, class... P>
  outcome<S> evaluate(call const& c, outcome<S>* reuse, view<T> const* anchors, idx rows, P const&... pools) const {
    check(c, rows);
    int number = 0;
    auto const look_at = [&](auto const& pool) {
      check_pool(c.function, anchors ? anchors->cols() : -1, rows, number, pool);
      if (anchors) check_self(c.function, *anchors, number, pool);
      if (pool.kind == pool::layout::given) engine::require_scores_in_range(c.function, pool.data, loss_.scale(), number);
      ++number;
    };
    (look_at(pools), ...);
    engine::problem<S> p;
    p.function = c.function;
    p.rows = rows, p.scale = S(loss_.scale()), p.how = how_, p.gradients = c.gradients;
    if constexpr (requires { loss_.one_by_one(); }) p.one_by_one = loss_.one_by_one();
    if constexpr (requires { loss_.mean_of_positives(); }) p.mean_of_positives = loss_.mean_of_positives();
    if constexpr (requires { loss_.selection(); }) p.selection = loss_.selection();
    if (c.both) check_symmetric(c, rows, pools...);
    if constexpr (!engine::FieldLoss<L, S>)
      require((may_hold_positives(pools) || ...) || rows == 0 || !(p.one_by_one || engine::need_a_positive(loss_.stats())), c.function,
              ": no pool can hold a positive, and without one this loss is 0; add pool::in_batch(k), or say who is whose "
              "positive: pool::bank(k, roles::target(ids))");
    if (reuse)
      require(!((anchors && writes_into(*reuse, *anchors)) || (writes_into(*reuse, pools.data) || ...) ||
                (writes_into(*reuse, pools.own_anchors) || ...)),
              c.function, ": the result to write into is also an input; keep two results, or copy the matrix");
    std::vector<std::unique_ptr<engine::source<S>>> sources;
    std::vector<std::unique_ptr<engine::pool_access<S>>> accesses;
    auto open = [&](auto v, metric f, char const* name) {
      auto made = std::make_unique<engine::source_of<S, typename decltype(v)::Scalar>>(v, f, how_.bad_rows == bad_rows::skip, c.function,
                                                                                       name, how_.budget / 4, how_.executor);
      sources.push_back(std::move(made));
      return sources.back().get();
    };
    if (anchors) p.anchor_groups.push_back(open(*anchors, Sim::kind, "anchors"));
    auto add = [&](auto const& pool) {
      using pool_t = std::remove_cvref_t<decltype(pool)>;
      auto s = std::make_unique<engine::pool_access_of<S, pool_t, Sim>>(pool, similarity_);
      bool const given = pool.kind == pool::layout::given;
      s->caller = c.function;
      s->anchors = p.anchor_groups.empty() ? nullptr : p.anchor_groups[0];
      if (pool.own_anchors.rows() > 0) {
        s->own_anchors = int(p.anchor_groups.size()) - 1;
        s->anchors = open(pool.own_anchors, Sim::kind, "own anchors");
        p.anchor_groups.push_back(s->anchors);
      }
      s->candidates = open(pool.data, given ? metric{} : Sim::kind, given ? "scores" : "candidates");
      p.weight_gradient.push_back(pool.weight_gradient);
      p.pools.push_back(s.get());
      accesses.push_back(std::move(s));
    };
    (add(pools), ...);
    auto const taken = [reuse] { return reuse ? std::exchange(*reuse, {}) : outcome<S>{}; };
    if constexpr (engine::FieldLoss<L, S>) {
      idx columns = 0;
      for (engine::pool_access<S> const* s : p.pools) columns += s->columns;
      engine::field_program<S, L> whole(loss_, rows, columns);
      return engine::solve<S>(p, whole, nullptr, 1, taken());
    } else {
      engine::program_of<S, L, Reduce> by_row(loss_, reduce_), by_column(loss_, reduce_);
      return engine::solve<S>(p, by_row, c.both ? &by_column : nullptr, c.share, taken());
    }
  }

  template <class First, class... More>
  void check_symmetric(call const& c, idx rows, First const& first, More const&... more) const {
    constexpr bool of_rows = !engine::FieldLoss<L, double> && !requires { loss_.selection(); };
    require(of_rows, c.function, ": this loss takes the field at once or selects a row's negatives; it has no loss of columns");
    if constexpr (of_rows) {
      bool one_by_one = false, weights = false;
      if constexpr (requires { loss_.one_by_one(); }) one_by_one = loss_.one_by_one();
      auto const note = [&](auto const& b) {
        if constexpr (requires { b.weighs_positives(); }) weights = weights || b.weighs_positives();
      };
      std::apply([&](auto const&... b) { (note(b), ...); }, first.biases);
      require(!one_by_one && !engine::has_batch<L>, c.function,
              ": needs a loss of plain rows; this one couples rows or takes positives one by one");
      require(!weights, c.function, ": the first pool has weights on positives, which columns cannot take");
    }
    require(!first.weight_gradient, c.function, ": the gradient of the first pool's weights, which columns share, is not known");
    require(first.kind == pool::layout::shared, c.function,
            ": the first pool must be one matrix of candidates for all rows, as pool::in_batch(k) is");
    auto const plain = [](auto const& pool) { return pool.kind != pool::layout::given && pool.own_anchors.rows() == 0; };
    require(sizeof...(more) == 0 || (plain(first) && ... && plain(more)), c.function,
            ": several pools must all hold candidates for the call's anchors; pool::given and pool::between have no place here");
    if constexpr (requires { reduce_.check(rows); }) reduce_.check(first.columns);
    check_option(c.function, "share", c.share, range::positive);
  }
  template <class P>
  static bool may_hold_positives(P const& pool) {
    using roles_t = std::remove_cvref_t<decltype(pool.relation)>;
    return pool.columns > 0 && !requires { requires roles_t::negatives_only; };
  }
  template <class S, class T>
  static bool writes_into(outcome<S> const& r, view<T> const& input) {
    auto const overlaps = [&](matrix<S> const& m) { return input.overlaps(m.data(), m.data() + m.size()); };
    auto const any = [&](std::vector<matrix<S>> const& v) { return std::any_of(v.begin(), v.end(), overlaps); };
    return overlaps(r.anchors) || any(r.pools) || any(r.own_anchors) || any(r.weights);
  }

  void check(call const& c, idx rows) const {
    check_options(loss_), check_options(c.function, how_);
    double const scale = loss_.scale();
    bool const positive = std::bit_cast<std::int64_t>(scale) > 0;  // by bits: -ffast-math would ask the temperature itself
    require(finite_bits(scale) && positive && scale > 0.99e-30 && scale < 1.01e20, c.function,
            ": the temperature must be a positive number in [1e-20, 1e30]; 1 / temperature is ", scale);
    if constexpr (requires { reduce_.check(rows); }) reduce_.check(rows);
  }
  L loss_;
  Sim similarity_;
  Reduce reduce_;
  execution how_;
  char const* caller_ = nullptr;
};

}}  // namespace foil
