// SPDX-License-Identifier: BSD-3-Clause
// A mined block as bytes, with a hash: what is kept of a job until its file is written.
#pragma once

#include <cstring>
#include <foil/foil.hpp>

#include "hash.hpp"

namespace miner {

using foil::idx;

/// What a block file holds of a result.
template <foil::Scalar S, class Part>
void each_part(foil::mined<S>& m, std::vector<idx>& dropped, Part const& part) {
  part(m.rows), part(m.per_row), part(m.short_rows), part(m.filled), part(m.without_positive), part(m.bad_rows);
  part(m.ids), part(m.scores), part(m.ranks), part(m.counts), part(m.anchor);
  part(m.positive_offsets), part(m.positives), part(m.positive_scores), part(dropped);
}

/// Counts of the filters are in m.dropped on the way in, without names on the way out.
template <foil::Scalar S>
std::string to_bytes(foil::mined<S> m) {
  std::vector<idx> dropped;
  for (auto const& d : m.dropped) dropped.push_back(d.dropped);
  std::string out;
  auto const append = [&](void const* p, std::size_t n) { out.append(static_cast<char const*>(p), n); };
  each_part(m, dropped, [&](auto const& x) {
    if constexpr (std::integral<std::remove_cvref_t<decltype(x)>>) {
      append(&x, sizeof x);
    } else {
      std::uint64_t const n = x.size();
      append(&n, sizeof n);
      append(x.data(), n * sizeof(x[0]));
    }
  });
  return hash_of(out) + out;
}

/// False: the bytes are not what to_bytes made.
template <foil::Scalar S>
bool from_bytes(std::string_view bytes, foil::mined<S>& m, std::vector<idx>& dropped) {
  if (bytes.size() < 32 || hash_of(bytes.substr(32)) != bytes.substr(0, 32)) return false;
  bytes.remove_prefix(32);
  auto const take = [&](void* to, std::size_t n) {
    if (n > 0) std::memcpy(to, bytes.data(), n);
    bytes.remove_prefix(n);
  };
  each_part(m, dropped, [&](auto& x) {
    if constexpr (std::integral<std::remove_cvref_t<decltype(x)>>) {
      take(&x, sizeof x);
    } else {
      std::uint64_t n = 0;
      take(&n, sizeof n);
      x.resize(n);
      take(x.data(), n * sizeof(x[0]));
    }
  });
  return bytes.empty();
}

}  // namespace miner
