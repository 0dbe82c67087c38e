// Tiles larger than any field: the field itself.
#include <limits>

#include "../table/table.hpp"

using namespace table;

TEST_CASE("tiles: of any size, up to the largest number, they change no bit of the result", "[engine]") {
  auto const q = random<float>(70, 6, 1), c = random<float>(300, 6, 2);
  constexpr idx huge = (std::numeric_limits<idx>::max)();
  for (std::size_t budget : {std::size_t(0), std::size_t(64) << 20, (std::numeric_limits<std::size_t>::max)()}) {
    auto const with = [&](tiling tile) {
      return objective(loss::info_nce{.temperature = 0.1}, similarity::cosine{}, reduce::mean{}, {.budget = budget, .tile = tile}).value_and_grad(q, pool::in_batch(c));
    };
    auto const usual = with({});
    for (tiling tile : {tiling{huge, huge}, tiling{huge, 64}, tiling{16, huge}, tiling{idx(1) << 40, idx(1) << 62}, tiling{1, 1}})
      CHECK(same_bits(usual, with(tile)));
  }
}
