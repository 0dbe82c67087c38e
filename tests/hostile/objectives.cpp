// SPDX-License-Identifier: BSD-3-Clause
// Every streamed loss of the table under the dot product, hostile numbers in all that it is given.
#include "objectives.hpp"

#include "bounds.hpp"
#include "foil/loss/table.hpp"
#include "foil/pool/given.hpp"
#include "foil/roles/by_label.hpp"

TEST_CASE("hostile: every loss refuses, or gives numbers", "[hostile]") {
  hostile::for_a_while([](hostile::dice& d) {
    foil::idx const which = d.below(34);
    foil::idx number = 0;
#define FOIL_HOSTILE(name, loss)                             \
  if (number++ == which) {                                   \
    INFO(#name);                                             \
    hostile::objective_case<foil::similarity::dot>(d, loss); \
  }
    FOIL_LOSSES(FOIL_HOSTILE)
  });
}

TEST_CASE("options: a loss's are named by the call, and at their bounds give numbers", "[hostile]") {
  using namespace foil;
  using hostile::at_bounds;
  matrix<float> s(4, 4);
  s << 0.9f, 0.1f, -0.3f, 0.4f, 0.2f, 0.8f, 0.2f, -0.5f, -0.1f, 0.3f, 0.7f, 0.1f, 0.4f, -0.2f, 0.1f, 0.6f;
  std::vector<int> const labels{0, 0, 1, 1};
  auto const pool = pool::given(s, roles::by_label(labels, labels, true));
#define FOIL_BOUNDS(name, plain)                                                                                          \
  SECTION(#name) {                                                                                                        \
    at_bounds(plain, [&](auto const& o) { return hostile::fine(objective(o, similarity::dot{}).value_and_grad(pool)); }); \
  }
  FOIL_LOSSES(FOIL_BOUNDS)
}
