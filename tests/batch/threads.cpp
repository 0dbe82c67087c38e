// SPDX-License-Identifier: BSD-3-Clause
// In-batch miners with threads: the same tuples in the same order, of embeddings and of given scores, against a reference set too.
#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/batch.hpp"

using namespace table;
using namespace foil::mining;

namespace {

/// f(name, list of a miner's numbers) for every miner.
template <class B, class F>
void each_miner(B const& b, F const& f) {
  auto const triplets = [](index_triplets const& t) { return std::vector{t.anchors, t.positives, t.negatives}; };
  auto const pairs = [](mined_pairs const& p) {
    return std::vector{p.positives.anchors, p.positives.others, p.negatives.anchors, p.negatives.others};
  };
  f("batch_hard", triplets(batch_hard(b)));
  f("batch_easy_hard", triplets(batch_easy_hard(b)));
  f("triplet_margin_miner", triplets(triplet_margin_miner(b, {.margin = 0.1, .kind = triplet_kind::semihard})));
  f("pair_margin_miner", pairs(pair_margin_miner(b, {.pos_margin = 0.9, .neg_margin = 1.1})));
  f("multi_similarity_miner", pairs(multi_similarity_miner(b)));
  f("hdc_miner", pairs(hdc_miner(b, 0.1)));
  f("uniform_histogram_miner", pairs(uniform_histogram_miner(b, {.bins = 20})));
  if (b.distance) f("distance_weighted_miner", triplets(distance_weighted_miner(b, {.dim = 16, .seed = 3})));
}
template <class Make>
void check(Make const& make) {
  std::vector<std::vector<std::vector<idx>>> first;
  each_miner(make(1), [&](char const* name, auto const& lists) {
    INFO(name);
    CHECK(!lists[0].empty());
    CHECK(std::is_sorted(lists[0].begin(), lists[0].end()));
    first.push_back(lists);
  });
  for (int workers : {2, 3, 7}) {
    std::size_t at = 0;
    each_miner(make(workers), [&](char const* name, auto const& lists) {
      INFO(name << ", " << workers << " workers");
      CHECK(lists == first[at++]);
    });
  }
}

}  // namespace

TEST_CASE("batch miners: equal tuples for any number of threads", "[batch]") {
  idx const n = 301, m = 260;  // more than 2^16 pairs
  auto const z = normal_rows<float>(n, 16, 1), reference = normal_rows<float>(m, 16, 2);
  auto const classes = labels(n, 40, 3), others = labels(m, 40, 4);
  check([&](int workers) { return batch(z, classes, similarity::normalized<similarity::neg_l2>{}, threads(workers)); });
  check([&](int workers) { return batch(z, classes, similarity::cosine{}, threads(workers)); });
  check(
      [&](int workers) { return against(z, classes, reference, others, similarity::normalized<similarity::neg_l2>{}, threads(workers)); });
  auto const wide = normal_rows<double>(n, 16, 5);
  check([&](int workers) { return batch(wide, classes, similarity::normalized<similarity::neg_l2>{}, threads(workers)); });
  matrix<float> far(n, n);
  for (idx i = 0; i < n; ++i)
    for (idx j = 0; j < n; ++j) far(i, j) = (z.row(i).normalized() - z.row(j).normalized()).norm();
  check([&](int workers) { return given(far, measure::distance, classes, threads(workers)); });
  CHECK(negative_probabilities(batch(z, classes)) ==
        negative_probabilities(batch(z, classes, similarity::normalized<similarity::neg_l2>{}, threads(3))));
  CHECK(says(refusal([&] { batch(z, classes, similarity::cosine{}, {.workers = 0}); }), {"mining::batch", "workers"}));
  CHECK(says(refusal([&] { given(far, measure::distance, classes, {.workers = -1}); }), {"mining::given", "workers"}));
}
