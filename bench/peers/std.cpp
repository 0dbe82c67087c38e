// SPDX-License-Identifier: BSD-3-Clause
// The standard library's selections. They order pairs, or indices by their scores; building those is part of the work.
#include <algorithm>
#include <memory>
#include <numeric>
#include <queue>

#include "peers.hpp"

namespace {

using pair = std::pair<float, int>;
bool before(pair const& a, pair const& b) { return a.first > b.first; }

template <class Select>
auto on_pairs(Select select) {
  return [select](peers::size n, peers::size k) -> std::function<void(float const*)> {
    auto const pairs = std::make_shared<std::vector<pair>>(std::size_t(n));
    return [=](float const* x) {
      for (std::size_t i = 0; i < std::size_t(n); ++i) (*pairs)[i] = {x[i], int(i)};
      select(pairs->begin(), pairs->begin() + k, pairs->end());
    };
  };
}

peers::added const nth_pair{peers::top_k, "nth_element of pairs",
                            on_pairs([](auto from, auto to, auto end) { std::nth_element(from, to - 1, end, before); })};
peers::added const partial{peers::top_k, "partial_sort",
                           on_pairs([](auto from, auto to, auto end) { std::partial_sort(from, to, end, before); })};
peers::added const nth_index{peers::top_k, "nth_element of indices", [](peers::size n, peers::size k) -> std::function<void(float const*)> {
                               auto const order = std::make_shared<std::vector<int>>(std::size_t(n));
                               return [=](float const* x) {
                                 std::iota(order->begin(), order->end(), 0);
                                 std::nth_element(order->begin(), order->begin() + k - 1, order->end(),
                                                  [x](int a, int b) { return x[a] > x[b]; });
                               };
                             }};
peers::added const heap{peers::top_k, "priority_queue", [](peers::size n, peers::size k) -> std::function<void(float const*)> {
                          return [=](float const* x) {
                            std::priority_queue<pair, std::vector<pair>, decltype(&before)> best(before);
                            for (int i = 0; i < int(n); ++i)
                              if (peers::size(best.size()) < k)
                                best.push({x[i], i});
                              else if (x[i] > best.top().first)
                                best.pop(), best.push({x[i], i});
                          };
                        }};

}  // namespace
