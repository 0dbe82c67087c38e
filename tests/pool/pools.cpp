// SPDX-License-Identifier: BSD-3-Clause
// Pools: sizes that do not fit are refused before any work, in the name of the call; ids of every integer type do the same.
// Tests pool/candidates.hpp, pool/contract.hpp.
#include <memory>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "foil/bias/same_id.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/loss/sup_con.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool.hpp"
#include "foil/roles.hpp"

using namespace foil;

namespace {
objective const contrast{loss::info_nce{.temperature = 0.5}};
matrix<float> const q = normal_rows<float>(3, 4, 1), k = normal_rows<float>(3, 4, 2), none(0, 4);
}  // namespace

TEST_CASE("pools: private candidates per row times rows must be the rows there are", "[pool]") {
  std::vector<idx> const no_ids;
  for (idx per_row : {idx(1) << 62, (idx(1) << 62) / 3, (std::numeric_limits<idx>::max)()}) {
    CHECK(says(refusal([&] { pool::own(none, per_row); }), {"pool::own", "per_row"}));
    CHECK(says(refusal([&] { pool::listed(k, no_ids, per_row); }), {"pool::listed", "per_row"}));
  }
  matrix<float> const many = normal_rows<float>(32, 1, 3), nothing(0, 1);  // 32 * 2^59 wraps to the 0 rows there are
  CHECK(says(refusal([&] { contrast.value(many, pool::own(nothing, idx(1) << 59)); }),
             {"value", "private pool 0", "32 x 576460752303423488"}));
  CHECK(says(refusal([&] { contrast.value(many, pool::listed(nothing, no_ids, idx(1) << 59)); }),
             {"value", "listed pool 0", "32 x 576460752303423488"}));
  CHECK(says(refusal([&] { contrast.value_and_grad(q, pool::in_batch(k), pool::own(k, 2)); }), {"private pool 1", "3 x 2"}));
}

TEST_CASE("pools: a batch without candidates is refused where rows need their own", "[pool]") {
  CHECK(says(refusal([&] { contrast.value_and_grad(q, pool::in_batch(none)); }), {"value_and_grad", "diagonal", "3 anchors", "got 0"}));
  matrix<float> const no_dim;
  CHECK(says(refusal([&] { contrast.value_and_grad(q, pool::in_batch(no_dim)); }), {"diagonal", "3 anchors"}));
  CHECK(contrast.value_and_grad(none, pool::in_batch(none)).value == 0);
  auto const with = contrast.value_and_grad(q, pool::in_batch(k), pool::bank(none)).value;  // a memory not yet filled
  CHECK(with == contrast.value_and_grad(q, pool::in_batch(k)).value);
  CHECK(with == contrast.value_and_grad(q, pool::in_batch(k), pool::bank(no_dim), pool::optional(false, pool::in_batch(none))).value);
}

TEST_CASE("pools: one that is not present is not looked at", "[pool]") {
  matrix<float> const no_number = matrix<float>::Constant(3, 4, quiet_nan<float>());
  auto const plain = contrast.value_and_grad(q, pool::in_batch(k));
  auto const r = contrast.value_and_grad(q, pool::in_batch(k), pool::optional(false, pool::between(no_number, k, roles::all_negative{})));
  CHECK(r.value == plain.value);
  CHECK(r.pools.size() == 2);
  CHECK(r.own_anchors.empty());
}

TEST_CASE("pools: self is the anchors themselves, not a matrix of their shape", "[pool]") {
  objective const within{loss::info_nce{.temperature = 0.5, .positives = loss::multi_positive::in}};
  std::vector<int> const labels{0, 1, 0};
  auto const self = [&](auto const& z) { return pool::self(z, roles::by_label(labels)); };
  CHECK(refusal([&] { within.value_and_grad(q, self(q)); }) == "");
  CHECK(refusal([&] { within.value_and_grad(as_view(q), self(q.topRows(3))); }) == "");
  matrix<float> const copy = q;
  CHECK(says(refusal([&] { within.value_and_grad(q, self(copy)); }), {"value_and_grad", "pool::self", "pool 0"}));
  CHECK(says(refusal([&] { within.value_and_grad(q, self(normal_rows<float>(4, 4, 1))); }), {"pool::self"}));
  CHECK(says(refusal([&] { mine(q, pool::self(copy, roles::by_label(labels))); }), {"mine", "pool::self"}));
}

TEST_CASE("pools: blocks and maps may be temporaries and are viewed where they lie", "[pool]") {
  matrix<float> const big = normal_rows<float>(6, 8, 4);
  auto const block = pool::in_batch(big.block(1, 2, 3, 4));
  CHECK((block.data.data() == big.data() + 10 && block.data.stride() == 8 && block.columns == 3));
  auto const map = pool::bank(Eigen::Map<matrix<float> const>(big.data(), 12, 4));
  CHECK((map.data.data() == big.data() && map.columns == 12));
}

TEST_CASE("pools: ids and labels of every integer type give the same bits", "[pool]") {
  matrix<float> const z = normal_rows<float>(300, 8, 5), documents = normal_rows<float>(40, 8, 6);
  std::vector<idx> labels, targets, lists, own, offsets{0};
  for (idx i = 0; i < 300; ++i) labels.push_back(i % 7), targets.push_back(i % 40), offsets.push_back(i + 1);
  for (idx i = 0; i < 600; ++i) lists.push_back((i * 11) % 40);
  for (idx i = 0; i < 40; ++i) own.push_back(i % 5);
  auto const run = [&](auto type) {
    using T = decltype(type);
    auto const as = [](std::vector<idx> const& v) { return std::vector<T>(v.begin(), v.end()); };
    auto const l = as(labels), t = as(targets), p = as(lists), d = as(own);
    std::vector<std::uint32_t> const o(offsets.begin(), offsets.end());
    auto const classes = objective{loss::sup_con{}}.value_and_grad(z, pool::self(z, roles::by_label(l)));
    auto const bank = contrast.value_and_grad(z, pool::bank(documents, roles::target(t)), pool::listed(documents, p, 2));
    auto const lines = contrast.value_and_grad(z, pool::bank(documents, roles::listed(o, t), bias::same_id(l, d)));
    return std::vector<float>{classes.value, classes.anchors(7, 3), bank.value, bank.pools[1](5, 2), lines.value, lines.anchors(299, 0)};
  };
  auto const wide = run(idx());
  for (auto const& other :
       {run(int()), run(std::size_t()), run(unsigned()), run(std::uint8_t()), run(std::int8_t()), run((long long)(0)), run(short())})
    CHECK(other == wide);
  std::vector<std::uint8_t> const outside{0, 1, 200};
  matrix<float> const forty = normal_rows<float>(40, 4, 7);
  CHECK(says(refusal([&] { contrast.value_and_grad(q, pool::bank(forty, roles::target(outside))); }),
             {"value_and_grad", "row 2", "200", "0 .. 39"}));
  CHECK(says(refusal([&] { contrast.value_and_grad(q, pool::in_batch(k), pool::listed(forty, outside, 1)); }),
             {"id 200 at position 2", "-1 .. 39"}));
}
TEST_CASE("pools: a struct of one's own that owns what it views is a pool like any other", "[pool]") {
  struct owner : pool::candidates<float, roles::all_negative> {
    std::shared_ptr<matrix<float> const> own;
  };
  auto const make = [](matrix<float> m) {
    auto own = std::make_shared<matrix<float> const>(std::move(m));
    return owner{pool::trained(pool::bank(*own)), own};
  };
  static_assert(pool::PoolLike<owner>);
  auto const old = normal_rows<float>(20, 4, 5);
  auto const a = contrast.value_and_grad(q, pool::in_batch(k), make(old));
  auto const b = contrast.value_and_grad(q, pool::in_batch(k), pool::trained(pool::bank(old)));
  CHECK(a.value == b.value);
  CHECK((a.anchors == b.anchors && a.pools[1] == b.pools[1]));
  CHECK(a.pools[1].cwiseAbs().maxCoeff() > 0);
  CHECK(mine(q, make(old), {.negatives = 3}).ids == mine(q, pool::bank(old), {.negatives = 3}).ids);
}
