// SPDX-License-Identifier: BSD-3-Clause
// Counts no list can hold, labels no array can be indexed by: the natural answer, or a refusal by name, and no memory.
#include <limits>

#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/foil.hpp"
#include "foil/simd/top_k.hpp"

using namespace table;
using namespace foil::mining;

namespace {
constexpr idx huge = (std::numeric_limits<idx>::max)(), vast = idx(1) << 60;
random_stream stream() { return {7, purpose::user}; }
}  // namespace

TEST_CASE("counts: everything may be asked for by a huge number", "[mine]") {
  std::vector<double> const scores{.1, .5, .3, .4, .2};
  std::vector<idx> const ranked{1, 3, 2, 4, 0}, none, banned{3}, only{0};
  for (idx k : {vast, huge}) {
    CHECK(canonical_order(scores, k) == ranked);
    CHECK(static_negatives(scores, banned, k) == std::vector<idx>{1, 2, 4, 0});
    CHECK(dynamic_negatives(scores, banned, k).ids == ranked);
    CHECK(gumbel_top_k(scores, k, 1, stream()).selected.size() == 5);
    CHECK(ambiguous_negatives(scores, .3, k, stream()).size() == 5);
    CHECK(positive_aware(scores, 1, {.negatives = k}).selected == ranked);
    CHECK(max_variance_subset(scores, {.m = k}).selected.size() == 5);
    CHECK(strided_order(3, k) == std::vector<idx>{0, 1, 2});
    CHECK(window_pool(ranked, 1, k, id_set(banned)) == std::vector<idx>{2, 4, 0});
    auto const drawn = draw_window(ranked, banned, 5, 0, {.range_min = 0, .range_max = k, .negatives = k});
    CHECK((drawn.from_pool == 4 && drawn.filled == 0 && drawn.missing == k - 4));
    CHECK(draw_outside(5, k, banned, stream()).size() == 4);
    CHECK(ce_denoise(ranked, scores, none, {.depth = 5, .negatives = k}).filled(stream()).size() == 0);
    CHECK(judge_mine(scores, scores, 9, 0, {.negatives = k, .step = k, .shortage = shortage::keep_short}).selected.size() == 5);
    CHECK(proportional_inclusion(scores, k) == std::vector<double>(5, 1));
    negative_schedule schedule(1, {.static_depth = k, .from_static = k, .from_dynamic = k, .from_corpus = k});
    CHECK(schedule(0, 0, scores, banned).ids.size() == 4);
    std::vector<idx> const ends{0, 5};
    CHECK(cluster_batches(ragged{ends, ranked}, only, k).batches.size() == 1);
    auto const x = normal_rows<double>(9, 3, 1);
    CHECK(balanced_clusters(x, k).size() == 1);
    std::vector<idx> const owner{0, 1, 2, 3, 4, 5, 6, 7, 8};
    CHECK(saha(x, x, owner, {.top_k = k, .pool_mult = k}).unused.empty());
    reservoir<int> kept(k, stream());
    kept.offer(4);
    CHECK(kept.slots() == std::vector<int>{4});
  }
}

TEST_CASE("counts: top_k of more than there are is all of them", "[mine]") {
  std::vector<float> const x{.1f, .5f, .3f, .4f, .2f};
  for (idx k : {idx(6), vast, huge}) {
    std::vector<unsigned char> workspace(std::size_t(simd::top_k_workspace<float>(5, k)));
    std::vector<float> values(5);
    std::vector<std::int32_t> ids(5);
    CHECK(simd::top_k(x.data(), 5, simd::top_k_options<float>{.k = k}, values.data(), ids.data(), workspace.data()).found == 5);
    CHECK(ids == std::vector<std::int32_t>{1, 3, 2, 4, 0});
  }
}

TEST_CASE("counts: lists that cannot be are refused by name", "[mine]") {
  std::vector<double> const weights{1, 2};
  std::vector<idx> const ids{1, 0}, some{0, 1, 2};
  auto const x = normal_rows<double>(3, 2, 1);
  for (idx n : {vast, huge}) {
    auto draw = stream();
    CHECK(says(refusal([&] { uniform_subset(n, n, draw); }), {"uniform_subset", "2^32"}));
    CHECK(says(refusal([&] { weighted_draw{weights}(n, draw); }), {"weighted_draw"}));
    CHECK(says(refusal([&] { rotating_window(2, n, 0, 0, 0); }), {"rotating_window"}));
    CHECK(says(refusal([&] { rotating_window(n, 2, 0, 0, 0); }), {"rotating_window"}));
    CHECK(says(refusal([&] { random_subsets(n, 2); }), {"random_subsets"}));
    CHECK(says(refusal([&] { strided_order(n, 1); }), {"strided_order"}));
    CHECK(says(refusal([&] { audit_hubs(ids, n); }), {"audit_hubs"}));
    CHECK(says(refusal([&] { lambda_weights(n); }), {"lambda_weights"}));
    CHECK(says(refusal([&] { pair_masks({}, n, n); }), {"pair_masks"}));
    CHECK(says(refusal([&] { largest_remainder(weights, n); }), {"largest_remainder"}));
    CHECK(says(refusal([&] { negative_schedule(n, {}); }), {"negative_schedule"}));
    CHECK(says(refusal([&] { draw_mixes(3, draw, {.between = n}); }), {"between"}));
    CHECK(says(refusal([&] { prototypes(as_view(x), some, n); }), {"prototypes", "3 features"}));
    CHECK(says(refusal([&] { cluster_schedule{}.over_epochs(n); }), {"cluster_schedule"}));
    cluster_schedule falling;
    falling.double_at = {20, 10};
    CHECK(says(refusal([&] { falling.over_epochs(30); }), {"cluster_schedule", "double_at", "ascend"}));
    CHECK(says(refusal([&] { dart_targets(weights, {.max_target = n}); }), {"dart_targets"}));
    CHECK(says(refusal([&] { judge_mine(weights, weights, 9, 0, {.negatives = n}); }), {"judge_mine: shortage::repeat"}));
    CHECK(says(refusal([&] { draw_window(ids, {}, 2, 0, {.range_min = 0, .range_max = 2, .negatives = n, .shortage = shortage::repeat}); }),
               {"draw_window: shortage::repeat"}));
  }
  CHECK(subset_size(idx(1) << 53, 1) == idx(1) << 53);
  CHECK(says(refusal([&] { subset_size(huge, 1); }), {"subset_size"}));
  CHECK(says(refusal([&] { draw_outside(9, -1, {}, stream()); }), {"draw_outside"}));
}

TEST_CASE("counts: labels and bins are numbers, not sizes", "[mine]") {
  std::vector<idx> const large{3'000'000'000, 7, 3'000'000'000, huge, 7, 7}, small{1, 0, 1, 2, 0, 0};
  CHECK(stratified_subset(large, 3, stream()) == stratified_subset(small, 3, stream()));
  CHECK(largest_remainder(std::vector<double>{1, 2, 4}, idx(1) << 53) ==
        std::vector<idx>{1286742750677285, 2573485501354569, 5146971002709138});
  matrix<double> const x = normal_rows<double>(8, 3, 4);
  std::vector<int> const labels{0, 0, 1, 1, 0, 1, 0, 1};
  auto const pairs = uniform_histogram_miner(batch(x, labels), {.bins = max_bins, .positives_per_bin = 1, .negatives_per_bin = 2});
  CHECK((pairs.positives.size() == 12 && pairs.negatives.size() == 32));  // every pair has a bin of its own, with its mirror image
  CHECK(equal_bins(std::vector<double>{0, 1, .5}, max_bins) == std::vector<idx>{0, max_bins - 1, max_bins / 2});
  CHECK(says(refusal([&] { uniform_histogram_miner(batch(x, labels), {.bins = vast}); }),
             {"uniform_histogram_miner: bins", "9007199254740992"}));
}

TEST_CASE("mine: given scores of plus infinity are ranked by id, each once", "[mine]") {
  matrix<float> const scores = matrix<float>::Constant(1, 200, infinity<float>());
  std::vector<idx> offsets{0}, banned;
  for (idx j = 0; j < 100; ++j)
    if (j != 5) banned.push_back(j);
  offsets.push_back(idx(banned.size()));
  auto const pool = pool::given(scores, roles::all_negative{}, bias::listed(offsets, banned));
  auto const m = mine(pool, {.negatives = 3, .range_max = whole_corpus});
  CHECK(m.ids == std::vector<idx>{5, 100, 101});
  CHECK(m.ranks == std::vector<idx>{5, 100, 101});
  CHECK(m.dropped[1].dropped == 99);
}
TEST_CASE("mine: a sampler that takes fewer than there are is filled up from beyond what was inspected", "[mine]") {
  struct first_alone {
    std::vector<idx> choose(real_span, idx, random_stream&) const { return {0}; }
  };
  matrix<float> scores(1, 12);
  for (idx j = 0; j < 12; ++j) scores(0, j) = float(-j);
  mine_options o{.negatives = 3, .range_max = 6, .sampling = first_alone{}, .shortage = mining::shortage::fill_deeper};
  auto const m = mine(pool::given(scores, roles::all_negative{}), o);
  CHECK((m.count(0) == 3 && m.id(0, 0) == 0 && m.id(0, 1) >= 6 && m.id(0, 2) >= 6));
  o.range_max = whole_corpus;
  auto const deep = mine(pool::given(scores, roles::all_negative{}), o);
  CHECK((deep.id(0, 0) == 0 && deep.count(0) <= 3));
  for (idx k = 1; k < deep.count(0); ++k) CHECK(deep.rank(0, k) == -1);
}
TEST_CASE("mine: positives that stay candidates are not dropped, in or out of the window", "[mine]") {
  matrix<float> scores(1, 4);
  scores << .9f, .8f, .7f, .6f;
  std::vector<idx> const target{0};
  auto const pool = pool::given(scores, roles::target(target));
  mine_options o{.negatives = 2, .range_min = 1, .range_max = 3, .stage = range_stage::before_filter, .include_positives = true};
  CHECK((mine(pool, o).dropped[0].dropped == 0 && mine(pool, o).ids == std::vector<idx>{1, 2}));
  o.include_positives = false;
  CHECK(mine(pool, o).dropped[0].dropped == 1);
  mine_options const all{.negatives = 4, .include_positives = true};
  std::vector<idx> const whole{0, 1, 2, 3};
  std::vector<int> const row_label{1}, labels{1, 2, 1, 2};
  std::vector<unsigned char> const is_positive{1, 0, 1, 0}, is_negative{0, 1, 0, 1};
  auto const ids = [&](auto const& roles, auto const&... filter) { return mine(pool::given(scores, roles, filter...), all).ids; };
  bias::min_score const none{-1};
  CHECK((ids(roles::target(target)) == whole && ids(roles::target(target), none) == whole));
  CHECK((ids(roles::diagonal{}) == whole && ids(roles::diagonal{}, none) == whole));
  CHECK((ids(roles::by_label(row_label, labels)) == whole && ids(roles::by_label(row_label, labels), none) == whole));
  CHECK((ids(roles::masks(is_positive, is_negative, 4)) == whole && ids(roles::masks(is_positive, is_negative, 4), none) == whole));
}
TEST_CASE("mine: positives that stay candidates are dropped by filters by score, not by others", "[mine]") {
  matrix<float> scores(1, 6);
  scores << .9f, .8f, .7f, .6f, .5f, .4f;
  std::vector<idx> const positives{0, 1}, ends{0, 2}, banned{1, 3};
  auto const roles = roles::listed(ends, positives);
  mine_options o{.negatives = 4, .include_positives = true};
  for (idx end : {idx(automatic), idx(6), idx(whole_corpus)}) {
    o.range_max = end;
    auto const margin = mine(pool::given(scores, roles, bias::absolute_margin{0.05}), o);
    CHECK((margin.ids == std::vector<idx>{2, 3, 4, 5} && margin.dropped[0].dropped == 0 && margin.dropped[1].dropped == 2));
    auto const highest = mine(pool::given(scores, roles, bias::max_score{0.85}), o);
    CHECK((highest.ids == std::vector<idx>{1, 2, 3, 4} && highest.dropped[1].dropped == 1));
    auto const ban = mine(pool::given(scores, roles, bias::listed(ends, banned)), o);
    CHECK((ban.ids == std::vector<idx>{0, 1, 2, 4} && ban.dropped[1].dropped == 1));
  }
}
TEST_CASE("mine: a row of very many listed positives, some named twice", "[mine]") {
  constexpr idx n = 60000;
  matrix<float> scores(1, 2 * n);
  std::vector<idx> offsets{0, n + 2}, positives;
  for (idx j = 0; j < 2 * n; ++j) scores(0, j) = float(2 * n - j);
  for (idx j = 0; j < n; ++j) positives.push_back(n - 1 - j);
  positives.push_back(7), positives.push_back(n - 1);
  auto const m = mine(pool::given(scores, roles::listed(offsets, positives)), {.negatives = 3, .range_max = whole_corpus});
  CHECK(m.ids == std::vector<idx>{n, n + 1, n + 2});
  CHECK((idx(m.positives.size()) == n && m.positives[0] == n - 1 && m.dropped[0].dropped == n));
}
