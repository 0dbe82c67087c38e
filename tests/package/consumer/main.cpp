// SPDX-License-Identifier: BSD-3-Clause
// What a user writes first.
#include <cstdio>
#include <foil/foil.hpp>

int main() {
  foil::matrix<float> const q = foil::matrix<float>::Identity(8, 8);
  auto const r = foil::info_nce(q, q, {.temperature = 0.1});
  std::printf("value %.6f, %ld rows\n", double(r.value), long(r.rows_used));
  auto const hard = foil::mine(q, foil::pool::bank(q), {.negatives = 2});
  return r.rows_used == 8 && hard.id(3, 0) == 3 ? 0 : 1;
}
