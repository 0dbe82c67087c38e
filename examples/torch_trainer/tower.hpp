// SPDX-License-Identifier: BSD-3-Clause
// A tower: hashed words and 4-grams of a text, summed by their weights in a learned table, then a learned matrix.
#pragma once

#include <torch/torch.h>

#include "../wordnet/features.hpp"

namespace towers {

using foil::idx;

/// The features of some texts as EmbeddingBag takes them.
struct bags {
  torch::Tensor ids, offsets, weights;

  bags(wordnet::features const& texts, std::span<idx const> which) {
    std::vector<std::int64_t> id, offset;
    std::vector<float> weight;
    for (idx const i : which) {
      offset.push_back(std::int64_t(id.size()));
      for (wordnet::feature const f : texts.row(i)) id.push_back(f.id), weight.push_back(f.weight);
    }
    ids = foil::bridge::tensor(std::move(id)), offsets = foil::bridge::tensor(std::move(offset));
    weights = foil::bridge::tensor(std::move(weight));
  }
};

class tower_impl : public torch::nn::Module {
 public:
  explicit tower_impl(torch::Tensor const& table)
      : bag(torch::nn::EmbeddingBagOptions(table.size(0), table.size(1)).mode(torch::kSum).sparse(true)._weight(table.clone())),
        turn(torch::nn::LinearOptions(table.size(1), table.size(1)).bias(false)) {
    register_module("bag", bag), register_module("turn", turn);
    torch::NoGradGuard const guard;
    torch::nn::init::eye_(turn->weight);
  }
  torch::Tensor forward(bags const& x) { return turn(bag(x.ids, x.offsets, x.weights)); }

  /// [texts, dim] without a gradient, a few thousand texts at a time.
  torch::Tensor all(wordnet::features const& texts) {
    torch::NoGradGuard const guard;
    std::vector<torch::Tensor> parts;
    for (idx first = 0; first < texts.rows(); first += 4096) {
      std::vector<idx> which(std::size_t((std::min)(idx(4096), texts.rows() - first)));
      std::iota(which.begin(), which.end(), first);
      parts.push_back(forward(bags(texts, which)));
    }
    return torch::cat(parts);
  }

  torch::nn::EmbeddingBag bag;
  torch::nn::Linear turn;
};
TORCH_MODULE_IMPL(tower, tower_impl);

}  // namespace towers
