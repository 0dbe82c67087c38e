// value_and_grad: what users call. Checks, prepares, hands over to the walk.
#pragma once

#include <memory>

#include "foil/core/option.hpp"
#include "foil/engine/checks.hpp"
#include "foil/engine/field_program.hpp"
#include "foil/engine/walk.hpp"
#include "foil/reduce/mean.hpp"
#include "foil/similarity/cosine.hpp"

namespace foil::inline FOIL_ABI {

/// A loss over a similarity, reduced over rows, carried out by an executor.
///   foil::objective contrast{foil::loss::info_nce{.temperature = 0.05}, foil::similarity::cosine{}};
///   auto r = contrast.value_and_grad(q, foil::pool::in_batch(k), foil::pool::bank(memory));
/// Cost: three products of rows x candidates x dim (four when the scores exceed execution::budget). Memory: the
/// budget, the gradients, a few numbers per row. Same inputs give the same bits for any executor and tile.
template <class L, Similarity Sim = similarity::cosine, class Reduce = reduce::mean>
class objective {
  static_assert(requires(L const l) { l.stats(); } || engine::FieldLoss<L, double>, "foil: a loss has stats(), a std::tuple of the row statistics it is a formula of");
  static_assert(requires(L const l) { double(l.scale()); }, "foil: a loss has scale(), the factor on similarities (1/temperature)");

 public:
  explicit objective(L loss, Sim similarity = {}, Reduce reduce = {}, execution how = {})
      : loss_(loss), similarity_(similarity), reduce_(reduce), how_(how) {}

  /// Value and gradients with respect to anchors, candidates of training pools, and scale.
  template <class A, class... P>
  auto value_and_grad(A const& anchors, P const&... pools) const {
    return enter(true, nullptr, nullptr, anchors, pools...);
  }
  /// The value alone: one product, no gradients.
  template <class A, class... P>
  auto value(A const& anchors, P const&... pools) const {
    return enter(false, nullptr, nullptr, anchors, pools...);
  }
  /// share * (loss of the rows + loss of the columns), both directions in one walk; one shared pool. CLIP: share 0.5.
  template <class A, class P>
  auto symmetric(A const& anchors, P const& pool, double share = 0.5) const {
    return enter(true, &share, nullptr, anchors, pool);
  }

  /// The same in the memory of an earlier result, so that a training loop takes no fresh pages for its gradients (those of
  /// pool::self are added to the anchors' and given back):
  ///   foil::outcome<float> r;  for (...) f.value_and_grad_into(r, q, foil::pool::in_batch(k));
  /// Refused input leaves r as it was; a row that the loss refuses on the way leaves it empty.
  template <Scalar S, class A, class... P>
  void value_and_grad_into(outcome<S>& r, A const& anchors, P const&... pools) const {
    r = enter(true, nullptr, &r, anchors, pools...);
  }
  template <Scalar S, class A, class P>
  void symmetric_into(outcome<S>& r, A const& anchors, P const& pool, double share = 0.5) const {
    r = enter(true, &share, &r, anchors, pool);
  }

  bad_rows bad = bad_rows::refuse;

 private:
  template <class R, class A, class... P>
  auto enter(bool gradients, double const* share, R room, A const& anchors, P const&... pools) const {
    if constexpr (is_pool<A>) {
      static_assert((is_pool<P> && ...), "foil: value_and_grad(pools...) without anchors takes pools of given scores");
      using S = arithmetic<typename A::storage>;
      require(anchors.kind == pool::layout::given && ((pools.kind == pool::layout::given) && ...),
              "value_and_grad: without anchors every pool must hold given scores");
      return evaluate<S, S>(gradients, share, room_of<S>(room), nullptr, anchors.data.rows(), anchors, pools...);
    } else {
      static_assert(sizeof...(P) > 0, "foil: value_and_grad needs at least one pool of candidates");
      static_assert((is_pool<P> && ...),
                    "foil: candidates come in pools; wrap the matrix: pool::in_batch(k), pool::bank(m), pool::own(x, per_row), "
                    "pool::proxies(c, ids)");
      static_assert(requires { typename A::Scalar; },
                    "foil: expected a matrix of embeddings; declare foil::matrix<float>, or view memory with foil::rows(data, n, dim)");
      static_assert(Embeddings<A> || is_view<A>,
                    "foil: embeddings must be row-major, one per row and stored; declare foil::matrix<float>, or pass "
                    "foil::columns(X) for embeddings stored as columns");
      if constexpr ((is_pool<P> && ...) && (Embeddings<A> || is_view<A>)) {
        using T = typename A::Scalar;
        using S = arithmetic<T>;
        constexpr bool one_scalar = (std::same_as<S, arithmetic<typename P::storage>> && ...);
        static_assert(one_scalar, "foil: anchors and pools must compute in one scalar type (all float or half, or all double)");
        if constexpr (one_scalar) {
          view<T> const x = as_view(anchors);
          return evaluate<S, T>(gradients, share, room_of<S>(room), &x, x.rows(), pools...);
        }
      }
    }
  }

  template <class S, class R>
  static outcome<S>* room_of(R room) {
    constexpr bool fits = std::convertible_to<R, outcome<S>*>;
    static_assert(fits, "foil: the result to write into has another scalar type than the call; declare foil::outcome<float>, or <double> for double");
    if constexpr (fits) return room;
    return nullptr;
  }
  template <class S, class T, class... P>
  outcome<S> evaluate(bool gradients, double const* share, outcome<S>* room, view<T> const* anchors, idx rows, P const&... pools) const {
    check(rows);
    int number = 0;
    (check_pool("value_and_grad", anchors ? anchors->cols() : -1, rows, number++, pools), ...);
    engine::problem<S> p;
    p.rows = rows, p.scale = S(loss_.scale()), p.how = how_, p.gradients = gradients;
    if constexpr (requires { loss_.one_by_one(); }) p.one_by_one = loss_.one_by_one();
    if constexpr (requires { loss_.mean_of_positives(); }) p.mean_of_positives = loss_.mean_of_positives();
    if constexpr (requires { loss_.cut(); }) {
      p.cut = loss_.cut();
      require(!share, "symmetric: this loss cuts the negatives of a row; columns have no cut");
    }
    std::vector<std::unique_ptr<engine::source<S>>> sources;
    std::vector<std::unique_ptr<engine::stretch<S>>> stretches;
    auto open = [&](auto v, frame f, char const* name) {
      auto made = std::make_unique<engine::source_of<S, typename decltype(v)::Scalar>>(v, f, bad == bad_rows::skip, name, how_.budget / 4, how_.on);
      sources.push_back(std::move(made));
      return sources.back().get();
    };
    if (anchors) p.anchor_groups.push_back(open(*anchors, Sim::of, "anchors"));
    auto add = [&](auto const& pool) {
      using pool_t = std::remove_cvref_t<decltype(pool)>;
      auto s = std::make_unique<engine::stretch_of<S, pool_t, Sim>>(pool, similarity_);
      bool const given = pool.kind == pool::layout::given;
      s->anchors = p.anchor_groups.empty() ? nullptr : p.anchor_groups[0];
      if (pool.own_anchors.rows() > 0) {
        s->own_anchors = int(p.anchor_groups.size()) - 1;
        s->anchors = open(pool.own_anchors, Sim::of, "own anchors");
        p.anchor_groups.push_back(s->anchors);
      }
      s->candidates = open(pool.data, given ? frame{} : Sim::of, given ? "scores" : "candidates");
      p.weight_gradient.push_back(pool.weight_gradient);
      p.pools.push_back(s.get());
      stretches.push_back(std::move(s));
    };
    (add(pools), ...);
    auto const taken = [room] { return room ? std::exchange(*room, {}) : outcome<S>{}; };
    if constexpr (engine::FieldLoss<L, S>) {
      require(!share, "symmetric: this loss takes the whole field at once; it has no columns of its own");
      idx columns = 0;
      for (engine::stretch<S> const* s : p.pools) columns += s->columns;
      engine::field_program<S, L> whole(loss_, rows, columns);
      return engine::solve<S>(p, whole, nullptr, 1, taken());
    } else {
      engine::program_of<S, L, Reduce> by_row(loss_, reduce_), by_column(loss_, reduce_);
      require(!share || (p.pools[0]->shared() && !p.one_by_one && !p.pools[0]->weighs_positives && !by_row.batched),
              "symmetric: needs one shared pool without weights on positives, and a loss of plain rows");
      return engine::solve<S>(p, by_row, share ? &by_column : nullptr, share ? *share : 1, taken());
    }
  }

  void check(idx rows) const {
    check_options(loss_);
    double const scale = loss_.scale();
    bool const positive = std::bit_cast<std::int64_t>(scale) > 0;  // by bits: -ffast-math would ask the temperature itself
    require(finite_bits(scale) && positive && scale < 1e20,
            "value_and_grad: the temperature must be a positive number (at least 1e-20); 1 / temperature is ", scale);
    if constexpr (requires { reduce_.check(rows); }) reduce_.check(rows);
  }
  L loss_;
  Sim similarity_;
  Reduce reduce_;
  execution how_;
};

}  // namespace foil::inline FOIL_ABI
