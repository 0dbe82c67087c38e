// SPDX-License-Identifier: BSD-3-Clause
// How a call is carried out: who works, how large a tile is, how much memory it may take. Never what it computes.
#pragma once

#include "foil/core/option.hpp"
#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Runs task(0) .. task(n-1), each once, in any order, possibly at the same time. The default runs them here, in turn.
struct executor {
  using task = void (*)(void* work, int number);
  int workers = 1;                                      ///< in 1 .. 65536
  void (*launch)(int n, task f, void* work) = nullptr;  ///< must return after all tasks ended
  static void options(auto list) { list("workers", &executor::workers, range::whole{1, 65536}); }

  template <class F>
  void run(int n, F const& f) const {
    if (n <= 1 || launch == nullptr) {
      for (int i = 0; i < n; ++i) f(i);
      return;
    }
    launch(
        n, [](void* work, int i) { (*static_cast<F const*>(work))(i); }, const_cast<F*>(&f));
  }
};

/// Rows and columns of one tile. Rounded up to the engine's quanta; results do not depend on it.
struct tiling {
  idx rows = 256, columns = 256;  ///< in 1 .. 2^40
  static void options(auto list) {
    list("rows", &tiling::rows, range::whole{1, idx(1) << 40}), list("columns", &tiling::columns, range::whole{1, idx(1) << 40});
  }
};

/// What happens to an embedding row that holds a NaN or an infinity.
enum class bad_rows {
  refuse,  ///< an error that names the row
  skip     ///< the row is absent, and counted in the result's bad_rows
};

struct execution {
  foil::executor executor{};                         ///< foil::threads(n) for n threads
  std::size_t budget = 64u << 20;                    ///< bytes; any; what kept scores may take beside inputs and gradients
  tiling tile{};                                     ///< of no effect on results
  foil::bad_rows bad_rows = foil::bad_rows::refuse;  ///< embeddings that are not numbers
  static void options(auto list) {
    list("executor", &execution::executor), list("tile", &execution::tile), list("bad_rows", &execution::bad_rows, foil::bad_rows::skip);
  }
};

/// What the engine chose, reported in every outcome.
enum class plan {
  row_panels,  ///< scores of a few hundred rows kept: three products
  keep_all,    ///< all scores kept: three products
  tiled        ///< nothing kept: two passes, four products
};

}}  // namespace foil
