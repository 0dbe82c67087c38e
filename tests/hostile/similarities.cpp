// SPDX-License-Identifier: BSD-3-Clause
// A few losses of different kinds under every similarity, hostile numbers in all that they are given.
#include "foil/loss/cacr.hpp"
#include "foil/loss/info_nce.hpp"
#include "objectives.hpp"

TEST_CASE("hostile: every similarity refuses, or gives numbers", "[hostile]") {
  using namespace foil;
  auto const with = [](auto similarity) {
    hostile::for_a_while([](hostile::dice& d) {
      using sim = decltype(similarity);
      d.one_in(2) ? hostile::objective_case<sim>(d, loss::info_nce{}) : hostile::objective_case<sim>(d, loss::cacr{});
    });
  };
  SECTION("cosine") { with(similarity::cosine{}); }
  SECTION("neg_l2") { with(similarity::neg_l2{}); }
  SECTION("distance of unit rows") { with(similarity::normalized<similarity::neg_l2>{}); }
}
