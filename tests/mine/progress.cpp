// SPDX-License-Identifier: BSD-3-Clause
// What a long job tells: any callable in a variable, const ones and functions too.
#include "foil/mine/progress.hpp"

#include "../catch.hpp"
#include "foil/mine/options.hpp"

using namespace foil;

namespace {
idx last = 0;
bool remember(idx done, idx total, char const*) {
  last = done;
  return done < total;
}
}  // namespace

TEST_CASE("progress: views a lambda, a const one and a function, and passes their answer on", "[mine]") {
  int calls = 0;
  auto counting = [&calls](idx, idx, char const*) mutable { return ++calls < 2; };
  auto const constant = [](idx done, idx, char const* phase) { return done == 7 && phase[0] == 'm'; };
  progress const to_lambda = counting, to_const = constant, to_function = remember;
  CHECK((to_lambda(0, 1, "mine") && !to_lambda(1, 1, "mine") && calls == 2));
  CHECK((to_const(7, 9, "mine") && !to_const(7, 9, "other")));
  CHECK((to_function(3, 4, "mine") && last == 3 && !to_function(4, 4, "mine")));
  CHECK(progress()(0, 0, ""));
  progress const copy = to_function;
  CHECK((copy(2, 4, "mine") && last == 2));
  mine_options const options{.progress = counting};
  CHECK(!options.progress(0, 1, "mine"));
}
