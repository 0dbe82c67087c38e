// SPDX-License-Identifier: BSD-3-Clause
// A number whose gradients are known already, as LibTorch's autograd wants it.
#pragma once

#include <string>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/basic_ops.h>
#include <utility>
#include <vector>

#include "foil/bridge/torch_tensor.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

namespace detail {
/// What is computed before autograd hears of it. Not a tensor, so that autograd sees the inputs alone.
struct known {
  at::Tensor value;
  std::vector<at::Tensor> gradients;
};

/// The node of the autograd graph that `with_gradients` makes: backward multiplies gradients that are known by the incoming one.
struct known_gradients : torch::autograd::Function<known_gradients> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, known const& k, at::TensorList) {
    context->save_for_backward(k.gradients);
    return k.value;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list incoming) {
    torch::autograd::variable_list out;
    for (at::Tensor const& g : context->get_saved_variables()) out.push_back(g.mul(incoming[0].to(g.scalar_type())));
    if (at::GradMode::is_enabled()) {  // create_graph: whoever differentiates these again is told that nobody can
      for (at::Tensor& g : out) g = g.detach().requires_grad_();
      auto const refuse = std::make_shared<torch::autograd::DelayedError>(
          "foil: bridge::with_gradients: there are no second derivatives; do not differentiate the gradients again", int(out.size()));
      out = (*refuse)(std::move(out));
    }
    out.insert(out.begin(), at::Tensor());  // `known` is no tensor
    return out;
  }
};
}  // namespace detail

/// `value`, a tensor of one element, with gradients[i] = d value / d inputs[i], each of its input's shape: what torch::autograd makes
/// of a loss that foil computed (bridge::loss does it; lists, preferences, recipes and scorers do it so):
///   auto const r = foil::loss::value_and_grad_lists(f, foil::bridge::rows<float>(scores), foil::bridge::rows<float>(targets));
///   at::Tensor const loss = foil::bridge::with_gradients(r.value, {scores}, {foil::bridge::tensor(std::move(r.scores))});
/// Backward multiplies them by the incoming gradient in their own type; autograd rounds the product to the input's. Inputs that
/// require no gradient are left out, and under NoGradGuard all are. Second derivatives are refused when they are asked for.
inline at::Tensor with_gradients(at::Tensor const& value, std::vector<at::Tensor> const& inputs, std::vector<at::Tensor> const& gradients) {
  require(value.defined() && value.numel() == 1, "bridge::with_gradients: value must be a tensor of one element");
  require(inputs.size() == gradients.size(), "bridge::with_gradients: one gradient for each of the ", inputs.size(), " inputs, got ",
          gradients.size());
  std::vector<at::Tensor> wanted;
  detail::known k{value.detach(), {}};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined() || !inputs[i].requires_grad()) continue;
    if (!gradients[i].defined() || gradients[i].sizes() != inputs[i].sizes())
      require(false, "bridge::with_gradients: input ", i, " is ", detail::shape(inputs[i]), ", its gradient ",
              gradients[i].defined() ? detail::shape(gradients[i]) : std::string("is undefined"));
    wanted.push_back(inputs[i]);
    k.gradients.push_back(gradients[i].detach());
  }
  if (wanted.empty() || !at::GradMode::is_enabled()) return k.value;
  return detail::known_gradients::apply(k, at::TensorList(wanted));
}
inline at::Tensor with_gradients(double value, std::vector<at::Tensor> const& inputs, std::vector<at::Tensor> const& gradients) {
  bool const is_double = !inputs.empty() && inputs[0].defined() && inputs[0].scalar_type() == at::kDouble;
  return with_gradients(at::scalar_tensor(value, is_double ? at::kDouble : at::kFloat), inputs, gradients);
}

}}  // namespace foil::bridge
