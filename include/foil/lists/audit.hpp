// SPDX-License-Identifier: BSD-3-Clause
// Audits of mined lists: hubs, copies of positives, identical passages. They report; nothing is deleted.
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/id_lists.hpp"
#include "foil/core/id_set.hpp"
#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/lists/close_rows.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What `audit_hubs` returns.
struct hub_report {
  std::vector<idx> occurrence;  ///< how often each passage stands in the mined lists
  idx largest = 0;              ///< occurrences of the most mentioned passage
  double top_share = 0;         ///< of all mentions, those of the most mentioned 1 % of passages (at least one)
  double skewness = 0;          ///< population third standardised moment of the occurrences; 0 when all are equal
};

/// Passages mined by very many unrelated queries (hubs, or poisoned passages) deserve a look: retrieval backdoors are
/// planted among hard negatives (arXiv 2402.13532). -1 is padding. O(mentions + C log C); the time goes to finding
/// the most mentioned, and to sums of cubes in double, one after the other.
inline hub_report audit_hubs(id_list mined, idx passages, char const* where = "audit_hubs") {
  check_length(where, "argument passages", passages);
  hub_report r;
  r.occurrence.assign(std::size_t(passages), 0);
  double mentions = 0;
  for (idx p = 0; p < mined.size(); ++p) {
    require(mined[p] < passages, where, ": mined id ", mined[p], " is outside 0 .. ", passages - 1);
    if (mined[p] >= 0) ++r.occurrence[std::size_t(mined[p])], ++mentions;
  }
  if (!(mentions > 0)) return r;
  std::vector<double> const counts(r.occurrence.begin(), r.occurrence.end());
  for (idx d : canonical_order(counts, (passages + 99) / 100)) {
    r.largest = (std::max)(r.largest, r.occurrence[std::size_t(d)]);
    r.top_share += counts[std::size_t(d)] / mentions;
  }
  double const n = double(passages), mean = mentions / n;
  double second = 0, third = 0;
  for (double c : counts) second += (c - mean) * (c - mean) / n, third += (c - mean) * (c - mean) * (c - mean) / n;
  if (second > 0) r.skewness = third / (second * std::sqrt(second));
  return r;
}

/// For each row of positives the passages whose cosine to any of them is >= cosine (1e-9 slack), ascending,
/// without the positives themselves: bans for mining. embeddings: [C, d]. A cosine above 1 bans nothing. One product, in float,
/// of the P positives with the C passages, and a canonical cosine for each pair in doubt; memory O(C d).
template <class M>
id_lists duplicates_of_positives(M const& embeddings, ragged positives, double cosine = 0.98) {
  check_option("duplicates_of_positives", "cosine", cosine, range::either_sign);
  auto const unit = unit_rows(as_view(embeddings), "duplicates_of_positives", "embeddings");
  check_lists(positives, "duplicates_of_positives", unit.rows());
  close_rows close(unit, cosine - 1e-9);
  std::vector<idx> all(std::size_t(unit.rows())), some, row_of;
  for (idx c = 0; c < unit.rows(); ++c) all[std::size_t(c)] = c;
  for (idx q = 0; q < positives.rows(); ++q)
    for (idx p = positives.begin(q); p < positives.end(q); ++p) some.push_back(positives.ids[p]), row_of.push_back(q);
  std::vector<std::vector<idx>> found(std::size_t(positives.rows()));
  std::vector<std::size_t> room(found.size(), 64);  // a row is freed of repeated ids when it is that long
  auto const tidy = [](std::vector<idx>& row) {
    std::sort(row.begin(), row.end());
    row.erase(std::unique(row.begin(), row.end()), row.end());
  };
  constexpr std::size_t wide = 8192;  // columns whose numbers for a panel of rows stay near
  for (std::size_t c = 0; c < all.size(); c += wide) {
    auto columns = close.pack(std::span(all).subspan(c, (std::min)(wide, all.size() - c)));
    close(some, columns, [&](idx p, idx place, bool sure) {
      auto const q = std::size_t(row_of[std::size_t(p)]);
      idx const id = idx(c) + place;
      if (!sure && !close.decide(id, some[std::size_t(p)])) return false;
      found[q].push_back(id);
      if (found[q].size() == room[q]) tidy(found[q]), room[q] = 2 * found[q].size() + 64;
      return false;
    });
  }
  id_lists bans;
  for (idx q = 0; q < positives.rows(); ++q) {
    std::vector<idx>& row = found[std::size_t(q)];
    tidy(row);
    id_set const own(std::vector<idx>(some.begin() + positives.begin(q), some.begin() + positives.end(q)));
    std::erase_if(row, [&](idx id) { return own.contains(id); });
    bans.append(row);
  }
  return bans;
}

/// The first passage that each is identical to (cosine >= cosine, or both zero): filter by these ids, and
/// every copy of a positive goes with it. Compared with representatives only, so a representative represents
/// itself. One product, in float, of the C passages with the R representatives before them, and a canonical cosine for each
/// pair in doubt; memory O(C d).
template <class M>
std::vector<idx> representatives(M const& embeddings, double cosine = 1 - 1e-6) {
  check_option("representatives", "cosine", cosine, range::either_sign);
  auto const unit = unit_rows(as_view(embeddings), "representatives", "embeddings");
  idx const n = unit.rows();
  close_rows close(unit, cosine);
  std::vector<idx> of(std::size_t(n), -1);
  for (idx i = 0, zero = -1; i < n; ++i)  // rows without a direction have the first of them
    if (simd::canonical_sum_of_squares(unit.data() + i * unit.cols(), unit.cols()) == 0) of[std::size_t(i)] = zero = zero < 0 ? i : zero;
  std::vector<std::vector<idx>> ids;  // of representatives, in blocks
  std::vector<close_rows::columns> blocks;
  std::vector<idx> all(of.size());
  for (idx i = 0; i < n; ++i) all[std::size_t(i)] = i;
  for (idx i0 = 0; i0 < n; i0 += close_rows::panel) {
    auto const rows = std::span<idx const>(all).subspan(std::size_t(i0), std::size_t((std::min)(close_rows::panel, n - i0)));
    for (auto& block : blocks)
      close(rows, block, [&](idx i, idx place, bool sure) {
        idx &to = of[std::size_t(i0 + i)], r = block.ids[std::size_t(place)];
        if (to < 0 && (sure || close.decide(i0 + i, r))) to = r;
        return to >= 0;
      });
    auto own = close.pack(rows);
    close(rows, own, [&](idx i, idx place, bool sure) {
      idx &to = of[std::size_t(i0 + i)], r = i0 + place, of_r = of[std::size_t(r)];
      if (to >= 0 || place >= i) return true;
      if ((of_r < 0 || of_r == r) && (sure || close.decide(i0 + i, r))) to = r;  // what still has none represents itself
      return to >= 0;
    });
    if (ids.empty() || idx(ids.back().size()) >= close_rows::panel) ids.emplace_back(), blocks.emplace_back();
    for (idx const i : rows) {
      idx& to = of[std::size_t(i)];
      if (to < 0) to = i;
      if (to == i) ids.back().push_back(i);
    }
    blocks.back() = close.pack(ids.back());
  }
  return of;
}

}}  // namespace foil::mining
