// SPDX-License-Identifier: BSD-3-Clause
// How a call is carried out: who works, how large a tile is, how much memory it may take, how exact its matrix products are.
#pragma once

#include "foil/core/executor.hpp"
#include "foil/core/option.hpp"
#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Rows and columns of one tile. Rounded up to the engine's quanta, rows to 128 a worker where the budget allows; results do not depend on it.
struct tiling {
  idx rows = 256, columns = 256;  ///< in 1 .. 2^40
  static void options(auto list) {
    list("rows", &tiling::rows, range::whole{1, idx(1) << 40}), list("columns", &tiling::columns, range::whole{1, idx(1) << 40});
  }
};

/// What happens to an embedding row that holds a NaN or an infinity.
enum class bad_rows {
  refuse,  ///< an error that names the row
  skip  ///< the row is absent, and counted in the result's bad_rows; losses of the whole field and some recipes refuse such rows all the same
};

/// What the inputs of matrix products are rounded to. Sums are in the computing scalar.
enum class precision {
  full,  ///< nothing
  bf16   ///< bfloat16, 8 significant bits: embeddings and slopes; float and half embeddings only
};

/// How a call of `objective` or of a recipe is carried out. `products` and `bad_rows` alone change results.
struct execution {
  foil::executor executor{};                         ///< foil::threads(n) for n threads
  std::size_t budget = 64u << 20;                    ///< bytes; any; what kept scores may take beside inputs and gradients
  tiling tile{};                                     ///< of no effect on results
  foil::bad_rows bad_rows = foil::bad_rows::refuse;  ///< embeddings that are not numbers
  /// Of the scores, the gradient of the anchors and that of the candidates, of shared pools (as in_batch and bank are); pairs that are
  /// scored one by one, those of private pools among them, stay in float, as do scores, softmax and statistics. Faster where the
  /// processor has AMX or a full-width vdpbf16ps. A cosine errs by about 0.002 / sqrt(dim), gradients at a temperature of 0.05 by 2 to 4 parts in 1,000.
  foil::precision products = foil::precision::full;
  static void options(auto list) {
    list("executor", &execution::executor), list("tile", &execution::tile), list("bad_rows", &execution::bad_rows, foil::bad_rows::skip);
    list("products", &execution::products, foil::precision::bf16);
  }
};

/// What the engine chose, reported in every outcome.
enum class plan {
  row_panels,  ///< scores of a few hundred rows kept: three products
  keep_all,    ///< all scores kept: three products
  tiled        ///< nothing kept: two passes, four products
};

}}  // namespace foil
