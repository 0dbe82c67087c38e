// SPDX-License-Identifier: BSD-3-Clause
// The k largest of a row of scores, exactly, in the canonical order: score descending, then lower index.
#pragma once

#include "foil/simd/candidates.hpp"
#include "foil/simd/group_maxima.hpp"
#include "foil/simd/top_1.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

template <Scalar S>
struct top_k_options {
  idx k = 1;
  bool sorted = true;                          ///< false: equal scores still stand in index order, different ones in no promised order
  S lower = std::numeric_limits<S>::lowest();  ///< eligible: lower <= x (the default bounds nothing)
  S upper = (std::numeric_limits<S>::max)();   ///< eligible: x <= upper (the default bounds nothing, not even +inf)
};

struct top_k_result {
  idx found;      ///< min(k, eligible scores)
  idx nan_count;  ///< NaN among the scores
  idx rescanned;  ///< scores looked at again beside the passes over the row: at most n a pass, few at random
};

/// Where sample i of a row is taken, one from each stretch: at a place that no period in the row predicts.
inline idx sampled_place(idx i, idx stretch) noexcept {
  return i * stretch + idx(std::uint64_t(std::uint32_t(i) * 2654435769u) * std::uint64_t(stretch) >> 32);
}
/// Samples that sampled_threshold takes of n scores; a multiple of `word`.
inline constexpr idx max_samples = 1024;
inline idx sample_size(idx n) noexcept {
  idx const wanted = (idx(1.5 * std::sqrt(double(n))) + word - 1) / word * word;
  return (std::clamp)(wanted, word, (std::min)(max_samples, n / word * word));
}

/// A threshold, and the share of the scores that exceed it, more or less.
template <Scalar S>
struct guess {
  S threshold = minus_infinity<S>();
  double share = 1;
};

/// A threshold that k scores probably exceed, and not many more, from a sample; minus infinity where it says too little.
template <class Arch, Scalar S, class T>
guess<S> sampled_threshold(T const* x, idx n, idx k, top_k_options<S> const& o, bool clean) noexcept {
  if (n <= rank_sort_limit || 2 * k >= n) return {};
  idx const size = sample_size(n), stretch = n / size;
  double const place = double(size) * double(k) / double(n);
  idx const rank = idx(place + 3 * std::sqrt(place) + 2);
  if (rank >= size) return {};
  alignas(64) S samples[max_samples];
  alignas(64) key<S> keys[max_samples], scratch[max_samples];
  for (idx i = 0; i < size; ++i) samples[i] = S(x[sampled_place(i, stretch)]);
  if (clean) copy_eligible(samples, size, o.lower, o.upper, samples);
  for (idx i = 0; i < size; ++i) keys[i] = key_of(samples[i]);
  key<S> const bound = kth_key<Arch>(keys, size, rank, rank / 4 + 1, scratch).threshold;
  return {value_of<S>((std::max)(bound, key_of(minus_infinity<S>()))), double(rank) / double(size)};
}

/// Selects from x[0, n): writes up to min(k, n) values and indices (map[j] instead of j when a map is given).
/// Ineligible, never selected, not even to fill up: NaN, minus infinity, scores outside [lower, upper]. Plus infinity
/// comes first. -0 equals +0. k <= 0 selects nothing, k > n everything eligible; n < 2^31.
/// `workspace` has top_k_workspace<S>(n, k) bytes. The result depends on neither Arch nor compiler flags.
/// Merge law: selecting from concatenated results (index order kept among equals) equals selecting from the whole.
/// T is S, or a narrower type that converts to it, such as Eigen::half or Eigen::bfloat16, widened block by block.
/// Time O(n + k log k) on any order of the input. For small k the bound comes from group maxima: one pass over x and a
/// second over the blocks that hold a candidate. In long rows, and for large k, a sample guesses it, one pass collects
/// what exceeds it, and the bound rises whenever candidates are cut; an unlucky guess costs another pass.
template <Scalar S, class Index = std::int32_t, class Arch = xsimd::default_arch, class T = S>
top_k_result top_k(T const* x, idx n, top_k_options<S> const& o, S* values, Index* indices, void* workspace,
                   Index const* map = nullptr) noexcept {
  idx const k = (std::min)(o.k, n);
  auto const emit = [&](idx slot, idx j) {
    values[slot] = S(x[j]);
    indices[slot] = map ? map[j] : Index(j);
  };
  bool clean = o.lower > std::numeric_limits<S>::lowest() || o.upper < (std::numeric_limits<S>::max)();
  if constexpr (!std::is_same_v<S, T>)
    clean = true;
  else if (k == 1 && !clean) {
    idx const best = top_1<Arch>(x, n);
    if (best >= 0) emit(0, best);
    if (best >= -1) return {best < 0 ? 0 : 1, 0, 0};
    clean = true;
  }
  idx nan = 0;
  score_blocks<S, Arch, T> blocks(x, n, o.lower, o.upper, clean || k <= 0);
  if (k <= 0) {
    for (idx b = 0; b < blocks.count(); ++b) blocks.block(b, nan);
    return {0, nan, 0};
  }
  top_k_arrays<S> arrays;
  auto const address = reinterpret_cast<std::uintptr_t>(workspace);
  lay_out<S>(static_cast<char*>(workspace) + (64 - address % 64) % 64, n, k, &arrays);
  candidates<S, Arch, T> best(x, n, k, blocks, arrays);
  bool const grouped = group_maxima<S, Arch, T>::is_faster(n, k);
  auto const sweep = [&](guess<S> const& from) {
    nan = 0;
    best.restart(from.threshold);
    if (!grouped) return best.scan_all(from.share, nan);
    group_maxima<S, Arch, T> maxima(blocks, arrays);
    if (!maxima.pass(nan)) return false;
    best.restart(maxima.bound(k));
    maxima.visit(best.threshold(), [&](idx b) { best.scan(b); });
    return true;
  };
  bool const interleaved = !grouped && n < 4096 && 3 * k <= word && n >= word * k;
  auto const start = [&]() -> guess<S> {
    if (grouped) return {};
    if (interleaved) return {interleaved_bound(blocks, k), 0};
    return sampled_threshold<Arch>(x, n, k, o, blocks.clean());
  };
  if (!sweep(start())) {
    blocks = score_blocks<S, Arch, T>(x, n, o.lower, o.upper, true);
    sweep(start());
  }
  auto const fill = [&] {
    for (idx b = 0; b < blocks.count() && best.count() < k; ++b) best.scan_equal(b);
  };
  auto const settle = [&] {
    if (o.sorted || best.count() <= few_keys)
      best.sort();
    else if (best.count() > k)
      best.keep_best();
  };
  bool const bounded = key_of(best.threshold()) > key_of(minus_infinity<S>());
  settle();
  if (best.count() < k && bounded) fill();
  if (best.count() < k && bounded && !grouped) {
    sweep({});  // the sample was unlucky
    settle();
  }
  for (idx i = 0; i < best.count(); ++i) emit(i, idx(best.positions()[i]));
  return {best.count(), nan, best.rescanned()};
}

#if defined(FOIL_COMPILED)
extern template top_k_result top_k(float const*, idx, top_k_options<float> const&, float*, std::int32_t*, void*,
                                   std::int32_t const*) noexcept;
extern template top_k_result top_k(float const*, idx, top_k_options<float> const&, float*, idx*, void*, idx const*) noexcept;
extern template top_k_result top_k(double const*, idx, top_k_options<double> const&, double*, std::int32_t*, void*,
                                   std::int32_t const*) noexcept;
extern template top_k_result top_k(double const*, idx, top_k_options<double> const&, double*, idx*, void*, idx const*) noexcept;
#endif

}}  // namespace foil::simd
