// SPDX-License-Identifier: BSD-3-Clause
// FAISS: the flat inner-product index, and its heap and reservoir.
#include <faiss/IndexFlat.h>
#include <faiss/impl/ResultHandler.h>
#include <faiss/utils/Heap.h>
#include <faiss/utils/distances.h>
#include <memory>

#include "peers.hpp"

namespace {

using peers::size;
using smallest_first = faiss::CMin<float, faiss::Index::idx_t>;

struct list {
  std::vector<float> values;
  std::vector<faiss::Index::idx_t> ids;
  explicit list(size n) : values(std::size_t(n)), ids(std::size_t(n)) {}
};

peers::added const heap{peers::top_k, "FAISS heap", [](size n, size k) -> std::function<void(float const*)> {
                          auto const best = std::make_shared<list>(k);
                          return [=](float const* x) {
                            faiss::heap_heapify<smallest_first>(std::size_t(k), best->values.data(), best->ids.data());
                            faiss::heap_addn<smallest_first>(std::size_t(k), best->values.data(), best->ids.data(), x, nullptr,
                                                             std::size_t(n));
                          };
                        }};
peers::added const reservoir{peers::top_k, "FAISS reservoir", [](size n, size k) -> std::function<void(float const*)> {
                               auto const best = std::make_shared<list>(k), room = std::make_shared<list>(2 * k + 16);
                               return [=](float const* x) {
                                 faiss::ReservoirTopN<smallest_first> r(std::size_t(k), room->values.size(), room->values.data(),
                                                                        room->ids.data());
                                 for (size i = 0; i < n; ++i) r.add(x[i], i);
                                 r.to_result(best->values.data(), best->ids.data());
                               };
                             }};
peers::added const search{peers::search, "FAISS IndexFlatIP", [](float const* q, size rows, float const* x, size n, size dim, size k) {
                            faiss::distance_compute_blas_threshold = 1;  // else small calls take a path without BLAS
                            auto const index = std::make_shared<faiss::IndexFlatIP>(dim);
                            index->add(n, x);
                            auto const best = std::make_shared<list>(rows * k);
                            return [=] { index->search(rows, q, k, best->values.data(), best->ids.data()); };
                          }};

}  // namespace
