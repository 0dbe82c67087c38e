// Every loss of the table: the same bits for any number of threads, any tile, any plan that keeps the walk's order.
#include "table.hpp"

using namespace table;

namespace {

template <class S, class L>
void check(char const* name, L const& loss) {
  INFO(name << (sizeof(S) == 4 ? ", float" : ", double"));
  // Sizes that cross the quanta and leave tails.
  auto const q = random<S>(300, 19, 1), k = random<S>(300, 19, 2), old = random<S>(701, 19, 3), hard = random<S>(600, 19, 4);
  auto const ids = labels(300, 40, 5);
  auto const run = [&](execution how) {
    objective const f{loss, similarity::cosine{}, reduce::mean{}, how};
    return f.value_and_grad(q, pool::in_batch(k, roles::diagonal{}, bias::relative_margin{0.1}), pool::trained(pool::bank(old)),
                            pool::own(hard, 2), pool::self(q, roles::by_label(ids)));
  };
  auto const first = run({});
  CHECK(first.rows_used > 0);
  for (int workers : {1, 2, 3})
    for (tiling tile : {tiling{256, 256}, {1, 1}, {256, 512}, {512, 1024}, {1024, 300}}) {
      INFO(workers << " workers, tile " << tile.rows << " x " << tile.columns);
      CHECK(same_bits(first, run({.on = threads(workers), .tile = tile})));
    }
  auto const tiled = run({.on = threads(2), .budget = 0});
  CHECK(tiled.chosen == plan::tiled);
  CHECK(same_bits(first, tiled));
}

}  // namespace

TEST_CASE("table: equal bits for 1, 2, 3 threads, five tile shapes and the tiled plan", "[table]") {
  each_loss([](char const* name, auto const& loss) { check<float>(name, loss); });
  check<double>("info_nce", loss::info_nce{});
  check<double>("hcl", loss::debiased{.beta = 1});
}

TEST_CASE("symmetric: equal bits for 1, 2, 3 threads and five tile shapes", "[table]") {
  auto const q = random<float>(700, 19, 1), k = random<float>(700, 19, 2);
  for (std::size_t budget : {std::size_t(0), std::size_t(1) << 26}) {
    auto const run = [&](execution how) {
      how.budget = budget;
      return objective(loss::info_nce{}, similarity::cosine{}, reduce::mean{}, how).symmetric(q, pool::in_batch(k));
    };
    auto const first = run({});
    for (int workers : {1, 2, 3})
      for (tiling tile : {tiling{256, 256}, {1, 1}, {256, 512}, {512, 1024}, {1024, 300}})
        CHECK(same_bits(first, run({.on = threads(workers), .tile = tile})));
  }
}
