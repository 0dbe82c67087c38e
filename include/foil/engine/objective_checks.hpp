// SPDX-License-Identifier: BSD-3-Clause
// What an objective refuses before it works. One file because a call asks all of it, one after the other, before any work.
#pragma once

#include <bit>
#include <tuple>
#include <vector>

#include "foil/core/bias_row.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/field_program.hpp"
#include "foil/engine/loss_formula.hpp"
#include "foil/engine/outcome.hpp"
#include "foil/engine/problem.hpp"
#include "foil/pool/candidates.hpp"
#include "foil/reduce/mean.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// A loss that couples rows gives the batch's value at once.
template <class L>
constexpr bool reduces_itself() {
  if constexpr (FieldLoss<L, double>)
    return true;
  else
    return has_batch<L>;
}
/// Options, the temperature and the reduction.
template <class L, class Reduce>
void check_loss(char const* function, L const& loss, Reduce const& reduce, execution const& how, idx rows) {
  check_options(loss), check_options(function, how);
  double const scale = loss.scale();
  bool const positive = std::bit_cast<std::int64_t>(scale) > 0;  // by bits: -ffast-math would ask the temperature itself
  require(finite_bits(scale) && positive && scale > 0.99e-30 && scale < 1.01e20, function,
          ": the temperature must be a positive number in [1e-20, 1e30]; 1 / temperature is ", scale);
  require(std::same_as<Reduce, reduce::mean> || !reduces_itself<L>(), function,
          ": this loss couples its rows and reduces them itself; leave the reduction at reduce::mean{}");
  if constexpr (requires { reduce.check(rows); }) reduce.check(rows);
}

/// Slots of listed pools that name no candidate have no score: a loss of the whole field must say that it does not read them.
template <class L, class... P>
void check_slots(char const* function, L const& loss, P const&... pools) {
  idx first = 0;
  int number = 0;
  auto const read = [&]([[maybe_unused]] idx row, [[maybe_unused]] idx column) {
    if constexpr (requires { loss.reads(row, column); }) return loss.reads(row, column);
    return true;
  };
  auto const look_at = [&](auto const& pool) {
    for (idx at = 0; pool.kind == pool::layout::listed && !pool.absent && at < pool.ids.size(); ++at)
      require(pool.ids[at] >= 0 || !read(at / pool.columns, first + at % pool.columns), function, ": slot ", at % pool.columns,
              " of anchor ", at / pool.columns, " in listed pool ", number,
              " names no candidate, and this loss takes all of them; say how long lists are (list_options::lengths), or fill the slot");
    first += pool.columns, ++number;
  };
  (look_at(pools), ...);
}
/// What a loss of the whole field of scores cannot leave out.
template <Scalar S, class... P>
void check_field(problem<S> const& p, P const&...) {
  require(((P::biases_count == 0) && ...), p.function,
          ": this loss takes the whole field of scores and asks no filter; leave the pool's filters out");
  for (source<S> const* rows : p.anchor_groups)
    require(rows->bad_rows == 0, p.function,
            ": this loss takes the whole field of scores and cannot skip the anchors' rows with NaN or infinities");
  for (pool_access<S> const* pool : p.pools)
    require(pool->candidates->bad_rows == 0, p.function,
            ": this loss takes the whole field of scores and cannot skip a pool's rows with NaN or infinities");
}

/// The precision of products.
template <Scalar S>
void check_products(char const* function, execution const& how) {
  require(
      std::same_as<S, float> || how.products == precision::full, function,
      ": execution.products = precision::bf16 takes embeddings in float, half or bfloat16, these are double; leave it at precision::full");
}

template <class L>
bool takes_one_by_one([[maybe_unused]] L const& loss) {
  if constexpr (requires { loss.one_by_one(); }) return loss.one_by_one();
  return false;
}
template <class P>
bool may_hold_positives(P const& pool) {
  using roles_t = std::remove_cvref_t<decltype(pool.relation)>;
  return pool.columns > 0 && !requires { requires roles_t::negatives_only; };
}
/// A loss or a filter that needs a positive, of pools that cannot hold one.
template <class L, class... P>
void check_positives(char const* function, L const& loss, idx rows, P const&... pools) {
  if ((may_hold_positives(pools) || ...) || rows == 0) return;
  require(!(takes_one_by_one(loss) || need_a_positive(loss.stats())), function,
          ": no pool can hold a positive, and without one this loss is 0; add pool::in_batch(k), or say who is whose "
          "positive: pool::bank(k, roles::target(ids))");
  for (char const* filter : {comparing_filter(pools.biases)...})
    require(filter == nullptr, function, ": filter ", filter,
            " compares candidates with the row's positives, but no pool can hold one; say who they are: pool::bank(k, roles::target(ids), "
            "filter)");
}

/// Margins to each positive make a row of each: a result of mining, which no loss has.
template <class P>
void check_references(char const* function, P const& pool) {
  auto const look_at = [&]<class B>([[maybe_unused]] B const& b) {
    if constexpr (requires { b.positive == reference::each; })
      require(b.positive != reference::each, function, ": bias::", B::name,
              ": positive = each makes a row of every positive, as foil::mine does; losses take lowest or highest");
  };
  std::apply([&](auto const&... b) { (look_at(b), ...); }, pool.biases);
}
/// Both directions: rows, and the columns of the first pool.
template <class L, class Reduce, class First, class... More>
void check_symmetric(char const* function, L const& loss, Reduce const& reduce, idx rows, double share, First const& first,
                     More const&... more) {
  constexpr bool of_rows = !FieldLoss<L, double> && !requires { loss.selection(); };
  require(of_rows, function, ": this loss takes the field at once or selects a row's negatives; it has no loss of columns");
  if constexpr (of_rows) {
    bool weights = false;
    auto const note = [&](auto const& b) {
      if constexpr (requires { b.weighs_positives(); }) weights = weights || b.weighs_positives();
    };
    std::apply([&](auto const&... b) { (note(b), ...); }, first.biases);
    require(!takes_one_by_one(loss) && !has_batch<L>, function,
            ": needs a loss of plain rows; this one couples rows or takes positives one by one");
    require(!weights, function, ": the first pool has weights on positives, which columns cannot take");
  }
  require(!first.weight_gradient, function, ": the gradient of the first pool's weights, which columns share, is not known");
  require(first.kind == pool::layout::shared, function,
          ": the first pool must be one matrix of candidates for all rows, as pool::in_batch(k) is");
  auto const plain = [](auto const& pool) { return pool.kind != pool::layout::given && pool.own_anchors.rows() == 0; };
  require(sizeof...(more) == 0 || (plain(first) && ... && plain(more)), function,
          ": several pools must all hold candidates for the call's anchors; pool::given and pool::between have no place here");
  if constexpr (requires { reduce.check(rows); }) reduce.check(first.columns);
  check_option(function, "share", share, foil::range::positive);
}

/// Whether the memory of an earlier result holds any number of an input: of a matrix, or of what a loss, a bias, roles or a
/// reduction views.
template <Scalar S, class Input>
bool writes_into([[maybe_unused]] outcome<S> const& r, [[maybe_unused]] Input const& input) {
  bool found = false;
  if constexpr (requires { input.overlaps(nullptr, nullptr); }) {
    auto const look_at = [&](auto const& m) { found = found || input.overlaps(m.data(), m.data() + m.size()); };
    look_at(r.anchors), look_at(r.rows), look_at(r.used), look_at(r.kept), look_at(r.positives);
    for (pool_gradient<S> const& m : r.pools) look_at(m), look_at(m.ids);
    for (matrix<S> const& m : r.own_anchors) look_at(m);
    for (matrix<S> const& m : r.weights) look_at(m);
  }
  return found;
}

}}  // namespace foil::engine
