// SPDX-License-Identifier: BSD-3-Clause
#include <foil/foil.hpp>

using namespace foil;

idx one(matrix<float> const& q, matrix<float> const& documents) { return mine(q, pool::bank(documents), {.negatives = 5}).id(0, 0); }
