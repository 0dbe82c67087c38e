// SPDX-License-Identifier: BSD-3-Clause
// GISTEmbed with explicit negatives through GradCache: three towers, and the blocks that no tower owns.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "foil/core/random.hpp"
#include "foil/recipe/gist.hpp"
#include "foil/recipe/grad_cache.hpp"

namespace {

using namespace foil;

}  // namespace

TEST_CASE("grad_cache: takes gist with negatives as it is, for every chunk size", "[loss]") {
  auto const q = normal_rows(7, 5, 1), k = normal_rows(7, 5, 2), n = normal_rows(4, 5, 3), gq = normal_rows(7, 3, 4),
             gk = normal_rows(7, 3, 5), gn = normal_rows(4, 3, 6);
  auto const f = [&](auto const& a, auto const& b, auto const& c) { return gist(a, b, gq, gk, c, gn, {.temperature = 0.3}); };
  auto const whole = f(q, k, n);
  REQUIRE(whole.pools.size() == 4);
  CHECK(whole.pools[1].size() + whole.pools[2].size() == 0);
  for (idx chunk : {1, 3, 100}) {
    matrix<double> dq(7, 5), dk(7, 5), dn(4, 5);
    auto const side = [](matrix<double> const& x, matrix<double>& g) {
      return tower(
          x.rows(), [&x](idx first, idx count) { return as_view(x).middle(first, count); },
          [&g](idx first, view<double> part) { std::copy_n(part.data(), part.rows() * 5, g.data() + first * 5); });
    };
    CHECK(grad_cache<double>(chunk, f, side(q, dq), side(k, dk), side(n, dn)).value == whole.value);
    CHECK((dq - whole.anchors).cwiseAbs().maxCoeff() == 0);
    CHECK((dk - whole.pools[0]).cwiseAbs().maxCoeff() == 0);
    CHECK((dn - whole.pools[3]).cwiseAbs().maxCoeff() == 0);
  }
}
TEST_CASE("gist: guides of several dims are refused before one is read", "[loss]") {
  auto const q = normal_rows(4, 5, 1), k = normal_rows(4, 5, 2), n = normal_rows(3, 5, 3), wide = normal_rows(4, 8, 4),
             narrow = normal_rows(4, 4, 5), wide_n = normal_rows(3, 8, 6), narrow_n = normal_rows(3, 4, 7);
  matrix<double> const none(0, 5), no_guide(0, 0);
  CHECK(says(refusal([&] { gist(q, k, wide, narrow, none, no_guide); }), {"gist", "one dim", "8, 4"}));
  CHECK(says(refusal([&] { gist(q, k, wide, wide, n, narrow_n); }), {"gist", "one dim", "8, 8, 4"}));
  matrix<double> gap = k;
  gap(2, 0) = quiet_nan<double>();
  auto const r = gist(q, gap, wide, wide, none, no_guide, {.margin = -2, .execution = {.bad_rows = bad_rows::skip}});
  CHECK(r.kept[2] == 3 + 4);  // its positive is absent, and no guide removes a negative: three keys and four anchors
  CHECK(r.kept[1] == 1 + 2 + 4 + 3);
  auto bad_guide = wide;
  bad_guide(3, 1) = quiet_nan<double>();
  CHECK(says(refusal([&] { gist(q, k, wide, bad_guide, none, no_guide); }), {"gist: guide_k", "row 3"}));
  CHECK(refusal([&] { gist(q, k, wide, wide, n, wide_n), gist(q, k, wide, wide, none, no_guide); }) == "");
}
