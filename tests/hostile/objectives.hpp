// SPDX-License-Identifier: BSD-3-Clause
// Losses over every layout of candidates, hostile numbers in all of them: a refusal, or numbers where a float can hold them.
#pragma once

#include "foil/bias.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/threads.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/per_pair.hpp"
#include "foil/similarity.hpp"
#include "hostile.hpp"

namespace hostile {

/// Roles and weights at random, but the same ones whenever a pair is asked about.
struct rule {
  idx salt = 0, positives = 3;
  idx mixed(idx i, idx j) const { return ((i * 7919 + j * 104729 + salt) ^ (i * j)) & 0xffff; }
  role operator()(idx i, idx j) const {
    idx const x = mixed(i, j) % (2 * positives + 1);
    return x == 0 ? role::absent : x <= positives ? role::positive : role::negative;
  }
};

template <class Sim, class L>
void objective_case(dice& d, L const& plain) {
  using S = float;
  if (!d.one_in(3)) d.mild();
  L const loss = shaken(d, plain);
  idx const n = d.below(6), columns = d.below(6), dim = d.below(5);
  auto const kind = pool::layout(d.below(4));
  idx const stored = kind == pool::layout::own      ? n * columns
                     : kind == pool::layout::listed ? d.below(6)
                     : kind == pool::layout::given  ? n
                                                    : columns;
  matrix<S> const q = d.rows<S>(n, dim), k = d.rows<S>(stored, kind == pool::layout::given ? columns : dim),
                  bank = d.rows<S>(d.below(4), dim);
  std::vector<idx> const ids = d.ids(kind == pool::layout::listed ? n * columns : 0, stored);
  matrix<S> const kept_q = q, kept_k = k, kept_bank = bank;
  pool::candidates<S, roles::per_pair<rule>, bias::absolute_margin, bias::bounds, bias::ramp> const pool{
      kind,
      as_view(k),
      columns,
      roles::per_pair(rule{d.below(1000), 1 + d.below(3)}),
      {shaken(d, bias::absolute_margin{.margin = -1e30}), shaken(d, bias::bounds{}), shaken(d, bias::ramp{.start = 0.9})},
      true,
      false,
      ids};
  execution how{threads(int(1 + d.below(3)))};
  if (d.one_in(2)) how.budget = 0;
  if (d.one_in(3)) how.tile = {1 + d.below(300), 1 + d.below(300)};
  how.bad_rows = d.one_in(3) ? bad_rows::skip : bad_rows::refuse;
  objective<L, Sim> const f(loss, Sim{}, reduce::mean{}, how);
  outcome<S> r;
  bool const given = kind == pool::layout::given && d.one_in(2);
  said const heard = outcome_of([&] { r = given ? f.value_and_grad(pool) : f.value_and_grad(q, pool, pool::bank(bank)); });
  INFO("kind " << int(kind) << ", [" << n << ", " << columns << ", " << dim << "]: " << heard.text << ", value " << r.value);
  CHECK_FALSE(heard.other);
  CHECK(fine(r));
  auto const same = [](matrix<S> const& a, matrix<S> const& b) {
    return a.size() == 0 || std::memcmp(a.data(), b.data(), sizeof(S) * std::size_t(a.size())) == 0;
  };
  CHECK((same(q, kept_q) && same(k, kept_k) && same(bank, kept_bank)));
}

}  // namespace hostile
