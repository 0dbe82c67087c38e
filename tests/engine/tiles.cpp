// SPDX-License-Identifier: BSD-3-Clause
// Tiles larger than any field: the field itself.
// Tests engine/execution.hpp, engine/grid.hpp.
#include <limits>

#include "../refusal.hpp"
#include "../table/table.hpp"

using namespace table;

TEST_CASE("tiles: of any size, up to 2^40, they change no bit of the result", "[engine]") {
  auto const q = normal_rows<float>(70, 6, 1), c = normal_rows<float>(300, 6, 2);
  constexpr idx huge = idx(1) << 40;
  for (std::size_t budget : {std::size_t(0), std::size_t(64) << 20, (std::numeric_limits<std::size_t>::max)()}) {
    auto const with = [&](tiling tile) {
      return objective(loss::info_nce{.temperature = 0.1}, similarity::cosine{}, reduce::mean{}, {.budget = budget, .tile = tile})
          .value_and_grad(q, pool::in_batch(c));
    };
    auto const usual = with({});
    for (tiling tile : {tiling{huge, huge}, tiling{huge, 64}, tiling{16, huge}, tiling{idx(1) << 33, huge - 1}, tiling{1, 1}})
      CHECK(same_bits(usual, with(tile)));
    for (idx beyond : {huge + 1, (std::numeric_limits<idx>::max)()})
      CHECK(says(refusal([&] { with({beyond, beyond}); }), {"value_and_grad: tile.rows"}));
  }
}
