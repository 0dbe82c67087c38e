// SPDX-License-Identifier: BSD-3-Clause
// OpenBLAS: sgemm.
#include <cblas.h>

#include "peers.hpp"

namespace {

using peers::size;

peers::added const abt{
    peers::product_abt, "OpenBLAS", [](float const* a, size m, float const* b, size n, size k, float* c) {
      return [=] { cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(m), int(n), int(k), 1, a, int(k), b, int(k), 0, c, int(n)); };
    }};
peers::added const ab{
    peers::add_product_ab, "OpenBLAS", [](float const* a, size m, float const* b, size n, size k, float* c) {
      return [=] { cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, int(m), int(n), int(k), 1, a, int(k), b, int(n), 1, c, int(n)); };
    }};

}  // namespace
