// SPDX-License-Identifier: BSD-3-Clause
#include <foil/foil.hpp>

using namespace foil;

float one(matrix<float> const& q, matrix<float> const& k) { return info_nce(q, k).value; }
