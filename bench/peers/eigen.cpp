// SPDX-License-Identifier: BSD-3-Clause
// Eigen's products, and a search as one would write it with them.
#include <algorithm>
#include <memory>

#include <Eigen/Core>

#include "peers.hpp"

namespace {

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using map = Eigen::Map<matrix>;
using const_map = Eigen::Map<matrix const>;
using peers::size;

peers::added const abt{peers::product_abt, "Eigen", [](float const* a, size m, float const* b, size n, size k, float* c) {
                         return [=] { map(c, m, n).noalias() = const_map(a, m, k) * const_map(b, n, k).transpose(); };
                       }};
peers::added const ab{peers::add_product_ab, "Eigen", [](float const* a, size m, float const* b, size n, size k, float* c) {
                        return [=] { map(c, m, n).noalias() += const_map(a, m, k) * const_map(b, k, n); };
                      }};
peers::added const search{peers::search, "Eigen + partial_sort", [](float const* q, size rows, float const* x, size n, size dim, size k) {
                            auto const scores = std::make_shared<matrix>(rows, n);
                            auto const best = std::make_shared<std::vector<std::pair<float, int>>>(std::size_t(n));
                            return [=] {
                              scores->noalias() = const_map(q, rows, dim) * const_map(x, n, dim).transpose();
                              for (size i = 0; i < rows; ++i) {
                                for (size j = 0; j < n; ++j) (*best)[std::size_t(j)] = {(*scores)(i, j), int(j)};
                                std::partial_sort(best->begin(), best->begin() + k, best->end(), std::greater<>());
                              }
                            };
                          }};

}  // namespace
