// SPDX-License-Identifier: BSD-3-Clause
// From rows to one number: every reducer, value and share of the gradient.
// Tests reduce/contract.hpp, reduce/mean.hpp, reduce/nonzero_mean.hpp.
#include "foil/reduce.hpp"

#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/loss/sup_con.hpp"
#include "foil/loss/triplet.hpp"

using namespace table;

namespace {
std::vector<int> const ids{0, 0, 1, 2, 0, 3};  // rows 2, 3 and 5 have no positive

template <class Reduce, class L = loss::sup_con>
auto run(Reduce reduce, matrix<double> const& z, L const& loss = {}) {
  return objective(loss, similarity::cosine{}, reduce).value_and_grad(z, pool::self(z, roles::by_label(ids)));
}
}  // namespace

TEST_CASE("reduce: mean, sum and mean over all rows differ by their counts alone", "[reduce]") {
  auto const z = normal_rows<double>(6, 5, 1);
  auto const mean = run(reduce::mean{}, z), sum = run(reduce::sum{}, z), all = run(reduce::all_rows_mean{}, z);
  CHECK(mean.rows_used == 3);
  CHECK(all.rows_used == 6);
  CHECK(sum.value == Approx(3 * mean.value).epsilon(1e-14));
  CHECK(all.value == Approx(mean.value / 2).epsilon(1e-14));
  CHECK((sum.anchors - 3 * mean.anchors).cwiseAbs().maxCoeff() < 1e-13);
  CHECK((all.anchors - mean.anchors / 2).cwiseAbs().maxCoeff() < 1e-14);
}
TEST_CASE("reduce: nonzero_mean leaves the solved rows out", "[reduce]") {
  auto const z = normal_rows<double>(6, 3, 2);
  loss::hardest_triplet const l{.margin = 0.05};
  auto const mean = run(reduce::mean{}, z, l), nonzero = run(reduce::nonzero_mean{}, z, l);
  double sum = 0, above = 0;
  for (double r : mean.rows) sum += r, above += r > 0;
  REQUIRE(above > 0);
  CHECK(nonzero.value == Approx(sum / above).epsilon(1e-14));
  CHECK((nonzero.anchors * above - mean.anchors * double(mean.rows_used)).cwiseAbs().maxCoeff() < 1e-13);
}
TEST_CASE("reduce: weighted takes the caller's weights, refuses wrong ones", "[reduce]") {
  auto const z = normal_rows<double>(6, 5, 3);
  std::vector<double> const w{2, 0, 9, 9, 1, 9}, few{1, 2}, negative{1, 1, 1, 1, -1, 1};
  auto const r = run(reduce::weighted(w), z);
  auto const plain = run(reduce::sum{}, z);
  CHECK(r.value == Approx((2 * plain.rows[0] + plain.rows[4]) / 3).epsilon(1e-14));
  CHECK(says(refusal([&] { run(reduce::weighted(few), z); }), {"6 anchors", "2 weights"}));
  CHECK(says(refusal([&] { run(reduce::weighted(negative), z); }), {"-1"}));
  std::vector<double> filled_later(6, 0.0);
  reduce::weighted const by_list(filled_later);
  filled_later = w;
  CHECK(run(by_list, z).value == r.value);
  for (double bad : {quiet_nan<double>(), infinity<double>(), 1e300}) {
    std::vector<double> weights(6, 1.0);
    weights[2] = bad;
    CHECK(says(refusal([&] { run(reduce::weighted(weights), z); }), {"reduce::weighted", "a weight must be finite"}));
  }
}
TEST_CASE("reduce: no row at all is worth 0", "[reduce]") {
  matrix<double> const z = normal_rows<double>(6, 5, 4);
  std::vector<int> const alone{0, 1, 2, 3, 4, 5};
  auto const check = [&](auto reduce) {
    auto const r = objective(loss::sup_con{}, similarity::cosine{}, reduce).value_and_grad(z, pool::self(z, roles::by_label(alone)));
    CHECK(r.value == 0);
    CHECK(r.anchors.cwiseAbs().maxCoeff() == 0);
  };
  std::vector<double> const w(6, 1.0);
  check(reduce::mean{}), check(reduce::sum{}), check(reduce::all_rows_mean{}), check(reduce::nonzero_mean{}), check(reduce::weighted(w));
}
