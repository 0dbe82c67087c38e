// SPDX-License-Identifier: BSD-3-Clause
// Highway's vectorised selections on 64-bit words: the score's order above, the index below. Versions without a
// selection (1.0) sort.
#include <cstdint>
#include <cstring>
#include <hwy/contrib/sort/vqsort.h>
#include <memory>

#include "peers.hpp"

namespace {

/// Grows with the score; equal scores: lower index first in descending order.
std::uint64_t word(float x, std::uint32_t index) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits ^= bits >> 31 ? 0xffffffffu : 0x80000000u;
  return std::uint64_t(bits) << 32 | (0xffffffffu - index);
}

template <class Select>
auto on_words(Select select) {
  return [select](peers::size n, peers::size k) -> std::function<void(float const*)> {
    auto const words = std::make_shared<std::vector<std::uint64_t>>(std::size_t(n));
    return [=](float const* x) {
      for (std::size_t i = 0; i < words->size(); ++i) (*words)[i] = word(x[i], std::uint32_t(i));
      select(words->data(), words->size(), std::size_t(k));
    };
  };
}

// Found through their last argument where this version of the library has them.
template <class Tag>
auto add_selections(Tag tag, int) -> decltype(VQSelect(static_cast<std::uint64_t*>(nullptr), std::size_t(), std::size_t(), tag)) {
  static peers::added const a{peers::top_k, "Highway VQSelect", on_words([=](auto* w, auto n, auto k) { VQSelect(w, n, k, tag); })};
  static peers::added const b{peers::top_k, "Highway VQPartialSort",
                              on_words([=](auto* w, auto n, auto k) { VQPartialSort(w, n, k, tag); })};
}
template <class Tag>
void add_selections(Tag tag, long) {
  static peers::added const a{peers::top_k, "Highway sort", on_words([=](auto* w, auto n, auto) { hwy::Sorter()(w, n, tag); })};
}

bool const there = (add_selections(hwy::SortDescending(), 0), true);

}  // namespace
