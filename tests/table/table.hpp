// SPDX-License-Identifier: BSD-3-Clause
// What the table tests share: small problems with every kind of pool, and a call to f for every loss.
#pragma once

#include <cstring>

#include "../catch.hpp"
#include "../rows.hpp"
#include "foil/bias/margin.hpp"
#include "foil/bias/same_id.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/threads.hpp"
#include "foil/loss/table.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/given.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/own.hpp"
#include "foil/pool/self.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/similarity.hpp"

namespace table {

using namespace foil;

inline std::vector<int> labels(idx n, int classes, std::uint64_t seed) {
  random_stream draw(seed, purpose::user, 1);
  std::vector<int> out;
  for (idx i = 0; i < n; ++i) out.push_back(int(draw.below(classes)));
  return out;
}

/// f(name, loss) for every line of the table.
template <class F>
void each_loss(F const& f) {
#define FOIL_TEST_ROW(name, loss) f(#name, loss);
  FOIL_LOSSES(FOIL_TEST_ROW)
#undef FOIL_TEST_ROW
}

template <class S>
bool same_bits(matrix<S> const& a, matrix<S> const& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::equal(reinterpret_cast<unsigned char const*>(a.data()), reinterpret_cast<unsigned char const*>(a.data() + a.size()),
                    reinterpret_cast<unsigned char const*>(b.data()));
}
template <class S>
bool same_bits(outcome<S> const& a, outcome<S> const& b) {
  bool same = std::memcmp(&a.value, &b.value, sizeof(S)) == 0 && a.scale == b.scale && a.shift == b.shift;
  same = same && same_bits(a.anchors, b.anchors) && a.rows_used == b.rows_used;
  for (std::size_t n = 0; n < a.pools.size(); ++n) same = same && same_bits(a.pools[n], b.pools[n]);
  return same;
}

}  // namespace table
