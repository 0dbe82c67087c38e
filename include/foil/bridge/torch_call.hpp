// SPDX-License-Identifier: BSD-3-Clause
// bridge::loss once the type of its tensors is known: tensors to views, the objective's call, gradients to tensors.
#pragma once

#include <tuple>

#include "foil/bridge/torch_gradients.hpp"
#include "foil/bridge/torch_pool.hpp"
#include "foil/engine/outcome.hpp"

namespace foil::bridge { inline namespace FOIL_ABI { namespace detail {
inline bool wants(at::Tensor const& x) { return at::GradMode::is_enabled() && x.defined() && x.requires_grad(); }

/// In the shape of x. Of a table whose rows are named, a sparse tensor of those rows.
template <class G>
at::Tensor gradient_of(at::Tensor const& x, G& g) {
  using S = typename G::Scalar;
  matrix<S>& rows = g;
  if constexpr (requires { g.sparse(); })
    if (g.sparse()) return at::sparse_coo_tensor(tensor(std::move(g.ids)).unsqueeze(0), tensor(std::move(rows)), x.sizes());
  return tensor(std::move(rows)).reshape(x.sizes());
}

/// A call of bridge::loss, before its tensors have types.
template <class F>
struct torch_call {
  char const* where;
  F const& objective;
  bool both;                             ///< the columns of the first pool too
  at::Tensor anchors;                    ///< undefined where all pools are given
  at::Tensor log_temperature{}, bias{};  ///< or undefined
  std::vector<at::Tensor> in, out;       ///< what autograd is told: tensors that require a gradient, and theirs

  template <class G>
  void add_gradient(at::Tensor const& x, G& gradient) {
    if (wants(x)) in.push_back(x), out.push_back(gradient_of(x, gradient));
  }
};

/// The pool for foil, which wants a gradient where its tensor does; a pool of foil itself has nowhere to send one.
template <Storage T, class F, class P>
auto pool_of(torch_call<F> const& c, P const& p, std::size_t number) {
  if constexpr (is_tensor_pool<P>) {
    std::string const what = "pool " + std::to_string(number);
    if (p.is_self) require(c.anchors.defined(), c.where, ": ", what, " is bridge::self, but there are no anchors");
    auto const rows = rows_of<T>(p.is_self ? c.anchors : p.data, c.where, what.c_str());
    auto made = [&] {
      if constexpr (requires { p.make(rows, rows); })
        return p.make(rows, rows_of<T>(p.own_anchors, c.where, (what + "'s own anchors").c_str()));
      else
        return p.make(rows);
    }();
    made.trains = made.is_self || (!made.absent && wants(p.data));
    return made;
  } else {
    P made = p;
    made.trains = made.trains && made.is_self;
    return made;
  }
}

template <class P>
bool wants_any(P const& p) {
  if constexpr (is_tensor_pool<P>)
    return wants(p.data) || wants(p.own_anchors);
  else
    return false;
}

template <Storage T, class F, class... P, std::size_t... n>
at::Tensor compute(torch_call<F>& c, std::index_sequence<n...>, P const&... pools) {
  using S = arithmetic<T>;
  auto const made = std::tuple(pool_of<T>(c, pools, n)...);
  bool const gradients = wants(c.anchors) || wants(c.log_temperature) || wants(c.bias) || (wants_any(pools) || ...);
  outcome<S> r = [&] {
    if (!c.anchors.defined()) return gradients ? c.objective.value_and_grad(std::get<n>(made)...) : c.objective.value(std::get<n>(made)...);
    auto const anchors = rows_of<T>(c.anchors, c.where, "anchors");
    if (c.both)
      return gradients ? c.objective.symmetric(anchors, std::get<n>(made)...) : c.objective.symmetric_value(anchors, std::get<n>(made)...);
    return gradients ? c.objective.value_and_grad(anchors, std::get<n>(made)...) : c.objective.value(anchors, std::get<n>(made)...);
  }();

  c.add_gradient(c.anchors, r.anchors);
  std::size_t own = 0;
  auto const add_pool_gradient = [&](auto const& p, auto const& taken, std::size_t number) {
    if constexpr (is_tensor_pool<std::remove_cvref_t<decltype(p)>>) {
      if (!taken.absent) c.add_gradient(p.data, r.pools[number]);
      if (taken.own_anchors.rows() > 0 && wants(p.own_anchors)) c.add_gradient(p.own_anchors, r.own_anchors[own]);
    }
    own += taken.own_anchors.rows() > 0;
  };
  (add_pool_gradient(pools, std::get<n>(made), n), ...);
  matrix<S> slope = matrix<S>::Constant(1, 1, S(-r.log_scale())), shift = matrix<S>::Constant(1, 1, S(r.shift));
  c.add_gradient(c.log_temperature, slope), c.add_gradient(c.bias, shift);
  return with_gradients(at::scalar_tensor(r.value, scalar_type<S>()), c.in, c.out);
}
}  // namespace detail

}}  // namespace foil::bridge
