// SPDX-License-Identifier: BSD-3-Clause
// Losses of foil on LibTorch's tensors, inside LibTorch's autograd.
#pragma once

#include <cmath>
#include <tuple>

#include "foil/bridge/torch_call.hpp"
#include "foil/engine/objective.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

namespace detail {
/// Whether a pool computes in the scalar of tensors of T, as do the numbers of its roles and biases.
template <Storage T, class P>
constexpr bool fits() {
  if constexpr (is_tensor_pool<P>)
    return P::template fits<arithmetic<T>>;
  else
    return std::same_as<arithmetic<typename P::storage>, arithmetic<T>>;
}

template <class F, class... P>
at::Tensor evaluate(torch_call<F> c, P const&... pools) {
  static_assert(sizeof...(P) > 0,
                "foil: bridge::loss needs at least one pool of candidates after the anchors, and the log temperature, if any, last; wrap "
                "the tensor: bridge::in_batch(k), bridge::bank(m), bridge::own(x)");
  constexpr bool all_pools = ((is_tensor_pool<P> || pool::is_pool<P>()) && ...);
  static_assert(all_pools,
                "foil: candidates come in pools; wrap the tensor: bridge::in_batch(k), bridge::bank(m), bridge::own(x), or pass a pool of "
                "foil::pool");
  at::Tensor x = c.anchors;
  if constexpr (all_pools && sizeof...(P) > 0) {
    auto const first_tensor = [&](auto const& p) {
      if constexpr (is_tensor_pool<std::remove_cvref_t<decltype(p)>>)
        if (!x.defined()) x = p.data;
    };
    (first_tensor(pools), ...);
    require_in_memory(x, c.where, c.anchors.defined() ? "anchors" : "pool 0");
    auto const as = [&]<class T>(T const*) {
      int number = 0;
      auto const look = [&](bool fitting) {
        require(fitting, c.where, ": the tensors hold ", c10::toString(x.scalar_type()), ", but pool ", number,
                ", or a bias of it, does not compute in ", scalar_name<arithmetic<T>>);
        ++number;
      };
      (look(fits<T, P>()), ...);
      if constexpr ((fits<T, P>() && ...)) return compute<T>(c, std::index_sequence_for<P...>(), pools...);
      return at::Tensor();
    };
    switch (x.scalar_type()) {
      case at::kFloat: return as(static_cast<float const*>(nullptr));
      case at::kDouble: return as(static_cast<double const*>(nullptr));
      case at::kHalf: return as(static_cast<Eigen::half const*>(nullptr));
      case at::kBFloat16: return as(static_cast<Eigen::bfloat16 const*>(nullptr));
      default:
        require(false, c.where, ": the tensors hold ", c10::toString(x.scalar_type()),
                ", expected Float, Double, Half or BFloat16; convert them by .to(torch::kFloat)");
    }
  }
  return {};
}

/// A learned number of the loss.
inline double number_of(at::Tensor const& x, char const* where, char const* name) {
  require_in_memory(x, where, name);
  if (x.numel() != 1) require(false, where, ": ", name, " must be a tensor of one element, is ", shape(x));
  return x.item<double>();
}
/// How many of the last arguments are tensors.
template <class... Rest>
consteval std::size_t tensors_at_end() {
  std::size_t n = 0;
  ((n = std::is_same_v<std::remove_cvref_t<Rest>, at::Tensor> ? n + 1 : 0), ...);
  return n;
}

/// Pools, and last the log temperature where there is one, or it and the bias.
template <class F, class... Rest>
at::Tensor enter(char const* where, bool both, F const& f, at::Tensor const& anchors, Rest const&... rest) {
  auto const all = std::tie(rest...);
  constexpr std::size_t learned = tensors_at_end<Rest...>(), pools = sizeof...(Rest) - learned;
  static_assert(learned <= 2,
                "foil: behind the pools come the log temperature and the bias, no more; wrap other tensors: bridge::in_batch(k)");
  auto const call = [&](F const& objective, at::Tensor const& log_temperature, at::Tensor const& bias) {
    return [&]<std::size_t... k>(std::index_sequence<k...>) {
      return evaluate(torch_call<F>{where, objective, both, anchors, log_temperature, bias, {}, {}}, std::get<k>(all)...);
    }
    (std::make_index_sequence<pools>());
  };
  F const plain = f.named(where);
  if constexpr (learned == 0) {
    return call(plain, {}, {});
  } else if constexpr (learned <= 2) {
    at::Tensor const& log_temperature = std::get<pools>(all);
    F const scaled = plain.with_temperature(std::exp(number_of(log_temperature, where, "log_temperature")));
    if constexpr (learned == 1)
      return call(scaled, log_temperature, {});
    else
      return call(scaled.with_bias(number_of(std::get<pools + 1>(all), where, "bias")), log_temperature, std::get<pools + 1>(all));
  }
  return {};
}
}  // namespace detail

/// The loss of an objective as a tensor of one element inside autograd:
///   at::Tensor const loss = foil::bridge::loss(contrast, q, foil::bridge::in_batch(k), foil::pool::bank(memory.rows()), log_temperature);
///   loss.backward();
/// anchors: [batch, dim] (or [batch, n, dim] as batch * n anchors); pools of bridge (in_batch, bank, self, own, positives, listed, given,
/// proxies, between, over), or of foil itself, which get no gradient; then, where the temperature is learned, its logarithm, a tensor of
/// one element: the objective's own temperature is not used then. CLIP's logit_scale is -log_temperature, as is SigLIP's log_scale. Last,
/// behind it, of losses with a bias (siglip, focal) the bias, a tensor of one element, in place of the objective's own.
/// All tensors hold one type: float, double, or half and bfloat16, which are computed in float; the loss is a float or double.
/// Gradients are computed with the loss and kept: anchors, tensors of pools, log_temperature and bias get theirs where they require one,
/// in their own type; without any, or under NoGradGuard, the loss alone is computed. Backward costs a multiplication of each.
/// Refused: what bridge::rows refuses, tensors of different types, what the objective refuses. Bits: those of the objective.
template <class F, class... PoolsAndLearned>
at::Tensor loss(F const& objective, at::Tensor const& anchors, PoolsAndLearned const&... rest) {
  require(anchors.defined(), "bridge::loss: anchors is an undefined tensor");
  return detail::enter("bridge::loss", false, objective, anchors, rest...);
}
/// Given scores need no anchors.
template <class F, class Make, class... Parts, class... Rest>
at::Tensor loss(F const& objective, tensor_pool<Make, Parts...> const& first, Rest const&... rest) {
  return detail::enter("bridge::loss", false, objective, at::Tensor(), first, rest...);
}
/// Half of the loss of the rows and of that of the columns of the first pool, in one pass (objective.symmetric): CLIP.
template <class F, class... PoolsAndLearned>
at::Tensor symmetric_loss(F const& objective, at::Tensor const& anchors, PoolsAndLearned const&... rest) {
  require(anchors.defined(), "bridge::symmetric_loss: anchors is an undefined tensor");
  return detail::enter("bridge::symmetric_loss", true, objective, anchors, rest...);
}

}}  // namespace foil::bridge
