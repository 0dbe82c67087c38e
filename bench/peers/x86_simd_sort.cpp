// SPDX-License-Identifier: BSD-3-Clause
// Intel's x86-simd-sort: selection of indices, and of keys with their indices. Both take the smallest: scores are negated.
#include <cstdint>
#include <memory>
#include <numeric>
#include <x86simdsort.h>

#include "peers.hpp"

namespace {

struct columns {
  std::vector<float> keys;
  std::vector<std::uint32_t> ids;
};

template <class Select>
auto on_columns(Select select) {
  return [select](peers::size n, peers::size k) -> std::function<void(float const*)> {
    auto const c = std::make_shared<columns>(columns{std::vector<float>(std::size_t(n)), std::vector<std::uint32_t>(std::size_t(n))});
    return [=](float const* x) {
      for (std::size_t i = 0; i < c->keys.size(); ++i) c->keys[i] = -x[i];
      select(*c, std::size_t(k - 1));
    };
  };
}

peers::added const arg{peers::top_k, "x86-simd-sort argselect", on_columns([](columns& c, std::size_t k) {
                         auto const order = x86simdsort::argselect(c.keys.data(), k, c.keys.size());
                         c.ids[0] = std::uint32_t(order[0]);
                       })};
peers::added const keyvalue{peers::top_k, "x86-simd-sort keyvalue", on_columns([](columns& c, std::size_t k) {
                              std::iota(c.ids.begin(), c.ids.end(), 0u);
                              x86simdsort::keyvalue_select(c.keys.data(), c.ids.data(), k, c.keys.size());
                            })};

}  // namespace
