// SPDX-License-Identifier: BSD-3-Clause
// The engine, compiled once per scalar type for all tests.
#include "foil/engine/loss_engine.hpp"

namespace foil::engine { inline namespace FOIL_ABI {
template outcome<float> solve<float>(problem<float> const&, row_program<float>&, row_program<float>*, double, outcome<float>);
template outcome<double> solve<double>(problem<double> const&, row_program<double>&, row_program<double>*, double, outcome<double>);
}}  // namespace foil::engine
