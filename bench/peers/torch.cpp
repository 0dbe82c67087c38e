// SPDX-License-Identifier: BSD-3-Clause
// LibTorch: topk, autograd of a cross entropy, log_softmax.
#include <torch/torch.h>

#include "peers.hpp"

namespace {

using peers::size;
namespace F = torch::nn::functional;

/// Views the memory; nothing is copied.
torch::Tensor rows(float const* x, size n, size dim) { return torch::from_blob(const_cast<float*>(x), {n, dim}); }

peers::added const top_k{peers::top_k, "torch.topk", [](size n, size k) -> std::function<void(float const*)> {
                           at::set_num_threads(1);
                           return [=](float const* x) {
                             torch::NoGradGuard const none;
                             torch::from_blob(const_cast<float*>(x), {n}).topk(k, 0, true, false);
                           };
                         }};
peers::added const search{peers::search, "torch matmul + topk", [](float const* q, size m, float const* x, size n, size dim, size k) {
                            at::set_num_threads(1);
                            return [=] {
                              torch::NoGradGuard const none;
                              rows(q, m, dim).matmul(rows(x, n, dim).t()).topk(k, 1, true, true);
                            };
                          }};
peers::added const info_nce{
    peers::info_nce, "torch autograd", [](float const* q, float const* k, size n, size dim, bool both) {
      at::set_num_threads(1);
      auto const a = rows(q, n, dim).clone().requires_grad_(), b = rows(k, n, dim).clone().requires_grad_();
      auto const own = torch::arange(n);
      return [=] {
        a.mutable_grad() = b.mutable_grad() = torch::Tensor();
        auto const s =
            F::normalize(a, F::NormalizeFuncOptions().dim(1)).matmul(F::normalize(b, F::NormalizeFuncOptions().dim(1)).t()) / 0.05;
        auto loss = F::cross_entropy(s, own);
        if (both) loss = (loss + F::cross_entropy(s.t(), own)) / 2;
        loss.backward();
      };
    }};
peers::added const self_certainty{peers::self_certainty, "torch log_softmax", [](float const* z, size n, size width) {
                                    at::set_num_threads(1);
                                    return [=] {
                                      torch::NoGradGuard const none;
                                      torch::log_softmax(rows(z, n, width), 1).mean(1);
                                    };
                                  }};

}  // namespace
