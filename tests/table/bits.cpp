// SPDX-License-Identifier: BSD-3-Clause
// Every loss of the table: the same bits for any number of threads, any tile, any plan that keeps the order of the loop.
// Tests engine/loss_engine.hpp, engine/grid.hpp, engine/problem.hpp, engine/work_range.hpp, engine/program.hpp, engine/row_program.hpp.
#include "table.hpp"

using namespace table;

namespace {

template <class S, class L>
void check(char const* name, L const& loss) {
  INFO(name << (sizeof(S) == 4 ? ", float" : ", double"));
  // Sizes that cross the quanta and leave tails.
  auto const q = normal_rows<S>(300, 19, 1), k = normal_rows<S>(300, 19, 2), old = normal_rows<S>(701, 19, 3),
             hard = normal_rows<S>(600, 19, 4);
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
      CHECK(same_bits(first, run({.executor = threads(workers), .tile = tile})));
    }
  auto const tiled = run({.executor = threads(2), .budget = 0});
  CHECK(tiled.chosen == plan::tiled);
  CHECK(same_bits(first, tiled));
}

}  // namespace

TEST_CASE("table: equal bits for 1, 2, 3 threads, five tile shapes and the tiled plan", "[table]") {
  each_loss([](char const* name, auto const& loss) { check<float>(name, loss); });
  check<double>("info_nce", loss::info_nce{});
  check<double>("hcl", loss::debiased{.beta = 1});
}

TEST_CASE("symmetric: equal bits for 1, 2, 3 threads, five tile shapes and both plans", "[table]") {
  auto const q = normal_rows<float>(700, 19, 1), k = normal_rows<float>(700, 19, 2);
  auto const check = [&](auto const& loss) {
    auto const run = [&](execution how) {
      return objective(loss, similarity::cosine{}, reduce::mean{}, how).symmetric(q, pool::in_batch(k));
    };
    auto const first = run({});
    for (std::size_t budget : {std::size_t(0), std::size_t(1) << 26})
      for (int workers : {1, 2, 3})
        for (tiling tile : {tiling{256, 256}, {1, 1}, {256, 512}, {512, 1024}, {1024, 300}}) {
          auto const r = run({.executor = threads(workers), .budget = budget, .tile = tile});
          CHECK(r.chosen == (budget ? plan::keep_all : plan::tiled));
          CHECK(same_bits(first, r));
        }
  };
  check(loss::info_nce{});
  check(loss::info_nce{.temperature = 0.005});  // some tiles are turned, some are not
  check(loss::siglip{});
}

TEST_CASE("into: an earlier result's memory is used again, and none of its numbers", "[table]") {
  auto const q = normal_rows<float>(300, 19, 1), k = normal_rows<float>(300, 19, 2), hard = normal_rows<float>(600, 19, 4);
  objective const f{loss::info_nce{}};
  outcome<float> r;
  f.value_and_grad_into(r, q, pool::in_batch(k), pool::own(hard, 2));
  CHECK(same_bits(r, f.value_and_grad(q, pool::in_batch(k), pool::own(hard, 2))));
  float const *const anchors = r.anchors.data(), *const first = r.pools[0].data();
  f.symmetric_into(r, q, pool::in_batch(k));
  CHECK(same_bits(r, f.symmetric(q, pool::in_batch(k))));
  CHECK(r.pools.size() == 1);
  f.value_and_grad_into(r, k, pool::in_batch(q));
  CHECK(same_bits(r, f.value_and_grad(k, pool::in_batch(q))));
  CHECK((r.anchors.data() == anchors && r.pools[0].data() == first));
  outcome<float> const before = r;
  matrix<float> bad = k;
  bad(7, 3) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(f.value_and_grad_into(r, q, pool::in_batch(bad)), error);
  CHECK(same_bits(r, before));
  f.value_and_grad_into(r, q.topRows(100).eval(), pool::in_batch(k));  // another shape
  CHECK(same_bits(r, f.value_and_grad(q.topRows(100).eval(), pool::in_batch(k))));
  outcome<float> mined;  // with anchors of its own, then without
  f.value_and_grad_into(mined, q, pool::in_batch(k), pool::self(q));
  f.value_and_grad_into(mined, q, pool::in_batch(k));
  CHECK(same_bits(mined, f.value_and_grad(q, pool::in_batch(k))));
  CHECK(mined.own_anchors.empty());
}
