// SPDX-License-Identifier: BSD-3-Clause
// foil::compiled: the engine, the miner's ranking and top-k, once per scalar type instead of once per translation unit.
#include "foil/engine/loss_engine.hpp"
#include "foil/engine/shared_exp_columns.hpp"
#include "foil/engine/source_of.hpp"
#include "foil/mine/ranking.hpp"
#include "foil/simd/top_k.hpp"

namespace foil::engine { inline namespace FOIL_ABI {
template outcome<float> solve<float>(problem<float> const&, row_program<float>&, column_side<float> const*, outcome<float>);
template outcome<double> solve<double>(problem<double> const&, row_program<double>&, column_side<double> const*, outcome<double>);
template struct source_of<float, float>;
template struct source_of<double, double>;
template column_side<float> columns_of_loss<float>(row_program<float>&, double);
template column_side<double> columns_of_loss<double>(row_program<double>&, double);
}}  // namespace foil::engine
namespace foil::mining { inline namespace FOIL_ABI {
template std::unique_ptr<ranker<float>> ranking_of(engine::pool_access<float> const&, executor const&, ticker&);
template std::unique_ptr<ranker<double>> ranking_of(engine::pool_access<double> const&, executor const&, ticker&);
}}  // namespace foil::mining
namespace foil::simd { inline namespace FOIL_ABI {
template top_k_result top_k(float const*, idx, top_k_options<float> const&, float*, std::int32_t*, void*, std::int32_t const*) noexcept;
template top_k_result top_k(float const*, idx, top_k_options<float> const&, float*, idx*, void*, idx const*) noexcept;
template top_k_result top_k(double const*, idx, top_k_options<double> const&, double*, std::int32_t*, void*, std::int32_t const*) noexcept;
template top_k_result top_k(double const*, idx, top_k_options<double> const&, double*, idx*, void*, idx const*) noexcept;
}}  // namespace foil::simd
