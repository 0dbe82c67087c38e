// SPDX-License-Identifier: BSD-3-Clause
// The k-th largest of an array of keys: each pass counts keys against a few pivots and keeps those between the two that
// bracket the answer.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/simd/compress.hpp"
#include "foil/simd/tally.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// `above` keys are greater than `threshold`, which need not be a key itself. Where above < k, the first k - above keys equal to
/// it, by position, complete the selection.
template <class K>
struct key_threshold {
  K threshold;
  idx above;
};

/// Up to this many keys are ranked by comparing each with all.
inline constexpr idx few_keys = 64;

/// The k-th largest of m <= few_keys keys, v being padded to a multiple of `word` with the lowest key.
template <class Arch, class K>
key_threshold<K> kth_of_few(K const* v, idx m, idx k) noexcept {
  alignas(64) K rank[word];
  std::fill_n(rank, word, K(m));
  rank_keys<Arch>(v, m, rank);
  // The k-th is the least of the keys ranked above k, and the highest of those ranks is its own. By masks: g++ does not vectorise
  // two extremes under one condition.
  constexpr K most = (std::numeric_limits<K>::max)();
  K threshold = most, above = 0, in[word];
  for (idx i = 0; i < word; ++i) in[i] = K(-K(rank[i] < K(k)));
  for (idx i = 0; i < word; ++i) threshold = (std::min)(threshold, K((v[i] & in[i]) | (most & ~in[i])));
  for (idx i = 0; i < word; ++i) above = (std::max)(above, K(rank[i] & in[i]));
  return {threshold, idx(above)};
}

/// Pivots from a ranked strided sample: two around the place where the k-th should be, and the sample at that place
/// together with its successor, which settles a threshold shared by many keys in one pass.
template <class Arch, class K>
void sample_pivots(K const* v, idx m, idx k, K low, K high, K (&pivot)[pivot_count]) noexcept {
  constexpr idx s = 32;
  alignas(64) K sample[word] = {}, rank[word];
  for (idx i = 0; i < s; ++i) sample[i] = v[((2 * i + 1) * m) / (2 * s)];
  rank_keys<Arch>(sample, s, rank);
  double const place = double(s) * double(k) / double(m);
  double const spread = 1.0 + 1.5 * std::sqrt((std::min)(place, double(s) - place) + 0.5);
  auto const at = [&](idx rank_limit) {  // the least of those ranked there or above
    K least = high;
    for (idx i = 0; i < s; ++i) {
      K const x = rank[i] <= K(rank_limit) ? sample[i] : high;  // a copy: std::min of references stays scalar with g++
      least = (std::min)(least, x);
    }
    return least;
  };
  K const middle = at((std::min)(idx(place), s - 1)), next = middle == high ? high : K(middle + 1);
  pivot[0] = place + spread < double(s) ? at(idx(place + spread)) : low;
  pivot[1] = middle;
  pivot[2] = next;
  pivot[3] = place >= spread ? (std::max)(at(idx(place - spread)), next) : next;
}

/// Pivots that split the range of the keys evenly: it shrinks fivefold whatever the keys are.
template <class K>
void even_pivots(K const* v, idx m, K low, K high, K (&pivot)[pivot_count]) noexcept {
  using U = std::make_unsigned_t<K>;
  K least = v[0], most = v[0];
  for (idx i = 1; i < m; ++i) least = (std::min)(least, v[i]), most = (std::max)(most, v[i]);
  least = (std::max)(low, least), most = (std::min)(high, most);
  U const step = U(U(most) - U(least)) / U(pivot_count + 1);
  for (int i = 0; i < pivot_count; ++i) pivot[i] = K(U(least) + (std::max)(U(i != 0), U(step * U(i + 1))));
}

/// Where the k largest of m keys end, 1 <= k <= m, exactly when slack == 0. With slack > 0, below some threshold that
/// at least k and at most k + slack keys exceed, if ties allow, and the k-th largest otherwise. `v` is padded with the
/// lowest key to a multiple of `word` and every key is greater than that; `scratch` has room for m keys, padded, and
/// may be v itself. Cost: about m (2 + 1/4) key operations at random; few passes on any input, since even pivots
/// take turns with sampled ones.
template <class Arch = xsimd::default_arch, class K>
key_threshold<K> kth_key(K const* v, idx m, idx k, idx slack, K* scratch) noexcept {
  constexpr idx small = 256;
  K low = (std::numeric_limits<K>::min)() + 1, high = (std::numeric_limits<K>::max)();
  idx above = 0;
  if (m > word && 3 * k <= word) {
    // The k-th largest of the maxima of 64 groups is at most the k-th largest key; in random order few keys beyond k reach it.
    alignas(64) K top[word];
    std::copy_n(v, word, top);
    for (idx j = word; j < m; j += word)
      for (idx i = 0; i < word; ++i) top[i] = (std::max)(top[i], v[j + i]);
    low = kth_of_few<Arch>(top, word, k).threshold;
    m = put_between<Arch>(v, m, K(low - 1), high, scratch);
    if (m - k <= slack) return {K(low - 1), m};
    v = scratch;
    pad_keys(scratch, m, (std::numeric_limits<K>::min)());
  }
  for (int round = m > small ? 1 : 0;; ++round) {
    if (m <= few_keys) {
      key_threshold<K> found = kth_of_few<Arch>(v, m, k);
      idx equal_keys = 0;
      for (idx i = 0; i < word; ++i) equal_keys += v[i] == found.threshold;
      if (found.above + equal_keys <= k + slack) found = {K(found.threshold - 1), found.above + equal_keys};
      found.above += above;
      return found;
    }
    K pivot[pivot_count];
    if (round % 2)
      sample_pivots<Arch>(v, m, k, low, high, pivot);
    else
      even_pivots(v, m, low, high, pivot);
    idx count[pivot_count];
    count_at_least<Arch>(v, (m + word - 1) / word * word, pivot, count);
    idx reach = m, beyond = 0;
    for (int i = 0; i < pivot_count; ++i)
      if (count[i] >= k) low = pivot[i], reach = count[i];
    for (int i = pivot_count - 1; i >= 0; --i)
      if (count[i] < k) high = K(pivot[i] - 1), beyond = count[i];
    if (reach - k <= slack) return {K(low - 1), above + reach};
    if (low == high) return {low, above + beyond};
    idx const kept = put_between<Arch>(v, m, K(low - 1), high, scratch);
    v = scratch, m = kept, k -= beyond, above += beyond;
    pad_keys(scratch, m, (std::numeric_limits<K>::min)());
  }
}

}}  // namespace foil::simd
