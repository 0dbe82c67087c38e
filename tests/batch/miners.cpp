// SPDX-License-Identifier: BSD-3-Clause
// Miners inside a labelled batch: their laws, and their tuples in losses.
// Tests batch/batch.hpp, batch/index_tuples.hpp.
#include <set>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "../statistics.hpp"
#include "foil/batch/angular_miner.hpp"
#include "foil/batch/batch_hard.hpp"
#include "foil/batch/batch_pairs.hpp"
#include "foil/batch/distance_weighted_miner.hpp"
#include "foil/batch/on_triplets.hpp"
#include "foil/batch/pair_margin_miner.hpp"
#include "foil/batch/triplet_margin_miner.hpp"
#include "foil/bias/mask.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/loss/sup_con.hpp"
#include "foil/loss/triplet.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/self.hpp"
#include "foil/reduce/sum.hpp"
#include "foil/roles/by_label.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

using triplet_set = std::set<std::array<idx, 3>>;
triplet_set set_of(index_triplets const& t) {
  triplet_set s;
  for (std::size_t i = 0; i < t.anchors.size(); ++i) s.insert({t.anchors[i], t.positives[i], t.negatives[i]});
  CHECK(idx(s.size()) == t.size());  // nothing twice
  return s;
}
std::vector<std::array<idx, 2>> list_of(index_pairs const& p) {
  std::vector<std::array<idx, 2>> s;
  for (std::size_t i = 0; i < p.anchors.size(); ++i) s.push_back({p.anchors[i], p.others[i]});
  CHECK(std::is_sorted(s.begin(), s.end()));
  return s;
}
/// Symmetric distances on a dyadic grid, with many ties.
matrix<double> distances(idx n, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  matrix<double> d = matrix<double>::Zero(n, n);
  for (idx i = 0; i < n; ++i)
    for (idx j = 0; j < i; ++j) d(i, j) = d(j, i) = double(r.below(32)) / 16;
  return d;
}
std::vector<idx> labels_of(idx n, idx classes, std::uint64_t seed) {
  random_stream r(seed, purpose::user, 1);
  std::vector<idx> l;
  for (idx i = 0; i < n; ++i) l.push_back(r.below(classes));
  return l;
}
/// d value / d x by central differences against a gradient.
template <class F>
void check_gradient(matrix<double> x, matrix<double> const& gradient, F value) {
  REQUIRE(gradient.size() == x.size());
  double largest = gradient.cwiseAbs().maxCoeff();
  CHECK(largest > 0);
  for (idx k = 0; k < x.size(); ++k) {
    double const was = x.data()[k], h = 1e-5;
    x.data()[k] = was + h;
    double const up = value(x);
    x.data()[k] = was - h;
    double const down = value(x);
    x.data()[k] = was;
    INFO("element " << k);
    CHECK(gradient.data()[k] == Approx((up - down) / (2 * h)).epsilon(1e-5).margin(1e-6 * largest));
  }
}

}  // namespace

TEST_CASE("batch miners: hard and semi-hard triplets partition all, easy ones are the rest", "[batch]") {
  for (std::uint64_t seed : {1u, 2u, 3u}) {
    auto const d = distances(14, seed);
    auto const labels = labels_of(14, 4, seed);
    for (measure what : {measure::distance, measure::similarity}) {
      auto const b = given(d, what, labels);
      auto const mined = [&](triplet_kind kind) { return set_of(triplet_margin_miner(b, {.margin = 0.25, .kind = kind})); };
      auto const all = mined(triplet_kind::all), hard = mined(triplet_kind::hard), semi = mined(triplet_kind::semihard),
                 easy = mined(triplet_kind::easy);
      triplet_set both = hard, every;
      both.insert(semi.begin(), semi.end());
      CHECK(both == all);
      CHECK(hard.size() + semi.size() == all.size());
      for (idx a = 0; a < 14; ++a)
        for (idx p = 0; p < 14; ++p)
          for (idx n = 0; n < 14; ++n)
            if (a != p && labels[std::size_t(a)] == labels[std::size_t(p)] && labels[std::size_t(n)] != labels[std::size_t(a)]) {
              every.insert({a, p, n});
              double const gap = what == measure::distance ? d(a, n) - d(a, p) : d(a, p) - d(a, n);
              CHECK((easy.count({a, p, n}) == 1) == (gap > 0.25));
            }
      CHECK(easy.size() + all.size() == every.size());
    }
  }
}

TEST_CASE("batch_hard: what a search of each row finds; the four choices obey their side", "[batch]") {
  auto const d = distances(20, 5);
  auto const labels = labels_of(20, 5, 5);
  auto const b = given(d, measure::distance, labels);
  auto const t = batch_hard(b);
  std::set<idx> anchors(t.anchors.begin(), t.anchors.end());
  CHECK(idx(anchors.size()) == t.size());
  for (std::size_t k = 0; k < t.anchors.size(); ++k) {
    idx const a = t.anchors[k], p = t.positives[k], n = t.negatives[k];
    for (idx j = 0; j < 20; ++j) {
      if (j == a) continue;
      bool const positive = labels[std::size_t(j)] == labels[std::size_t(a)];
      if (positive) CHECK((d(a, j) < d(a, p) || (d(a, j) == d(a, p) && j >= p)));
      if (!positive) CHECK((d(a, j) > d(a, n) || (d(a, j) == d(a, n) && j >= n)));
    }
  }
  auto const all = batch_easy_hard(b, {.positive = choice::all, .negative = choice::all});
  auto const every = set_of(all);
  for (choice p : {choice::hard, choice::easy, choice::all})
    for (choice n : {choice::hard, choice::easy, choice::all})
      for (auto const& one : set_of(batch_easy_hard(b, {.positive = p, .negative = n}))) CHECK(every.count(one) == 1);
  auto const semi = batch_easy_hard(b, {.positive = choice::hard}),
             loose = batch_easy_hard(b, {.positive = choice::hard, .fall_back = true});
  for (std::size_t k = 0; k < semi.anchors.size(); ++k)
    CHECK(d(semi.anchors[k], semi.negatives[k]) > d(semi.anchors[k], semi.positives[k]));
  CHECK(loose.size() == t.size());  // every anchor that has both kinds
  CHECK(loose.size() > semi.size());
}

TEST_CASE("batch_easy_hard: allowed ranges are inclusive, choices that need each other are refused", "[batch]") {
  matrix<double> d(1, 4);
  d << 0.25, 0.5, 0.25, 0.75;
  std::vector<idx> const anchor{0}, columns{0, 0, 1, 1};
  auto const b = given(d, measure::distance, anchor, columns);
  auto const t = batch_easy_hard(b, {.positive = choice::all, .negative = choice::all, .positives = {0.5, 0.5}, .negatives = {0.25, 0.7}});
  CHECK(set_of(t) == triplet_set{{0, 1, 2}});
  auto const s = given(d, measure::similarity, anchor, columns);
  CHECK(set_of(batch_easy_hard(s, {.positive = choice::hard, .negative = choice::hard, .positives = {0.3, 9}})) == triplet_set{{0, 1, 3}});
  // The positive at 0.5: the nearest negative beyond is 0.75; without it the farthest one serves.
  CHECK(set_of(batch_easy_hard(b, {.positive = choice::hard})) == triplet_set{{0, 1, 3}});
  CHECK(batch_easy_hard(b, {.positive = choice::hard, .negatives = {0, 0.5}}).size() == 0);
  CHECK(set_of(batch_easy_hard(b, {.positive = choice::hard, .negatives = {0, 0.5}, .fall_back = true})) == triplet_set{{0, 1, 2}});
  CHECK(set_of(batch_easy_hard(b, {.positive = choice::semihard, .negative = choice::easy})) == triplet_set{{0, 1, 3}});
  CHECK_THROWS_AS(batch_easy_hard(b, {.positive = choice::semihard}), error);
  CHECK_THROWS_AS(batch_easy_hard(b, {.positive = choice::all}), error);
  CHECK_THROWS_AS(batch_easy_hard(b, {.positive = choice::semihard, .negative = choice::all}), error);
  CHECK_THROWS_AS(batch_easy_hard(b, {.positives = {1, 0}}), error);
}

TEST_CASE("batch miners: scaling distances with margins changes nothing, permuting permutes", "[batch]") {
  idx const n = 15;
  auto const d = distances(n, 8);
  matrix<double> const wide = 4 * d;
  auto const labels = labels_of(n, 4, 8);
  auto const b = given(d, measure::distance, labels), w = given(wide, measure::distance, labels);
  CHECK(set_of(triplet_margin_miner(b)) == set_of(triplet_margin_miner(w, {.margin = 0.8})));
  CHECK(list_of(pair_margin_miner(b).negatives) == list_of(pair_margin_miner(w, {.pos_margin = 0.8, .neg_margin = 3.2}).negatives));
  CHECK(list_of(multi_similarity_miner(b).positives) == list_of(multi_similarity_miner(w, {.epsilon = 0.4}).positives));
  CHECK(list_of(hdc_miner(b, 0.3).positives) == list_of(hdc_miner(w, 0.3).positives));
  random_stream draw(1, purpose::shuffle);
  auto const order = permutation(n, draw);
  matrix<double> moved(n, n);
  std::vector<idx> moved_labels;
  for (idx i = 0; i < n; ++i) {
    moved_labels.push_back(labels[std::size_t(order[std::size_t(i)])]);
    for (idx j = 0; j < n; ++j) moved(i, j) = d(order[std::size_t(i)], order[std::size_t(j)]);
  }
  auto const m = given(moved, measure::distance, moved_labels);
  triplet_set back;
  for (auto const& [a, p, k] : set_of(triplet_margin_miner(m)))
    back.insert({order[std::size_t(a)], order[std::size_t(p)], order[std::size_t(k)]});
  CHECK(back == set_of(triplet_margin_miner(b)));
  std::set<std::array<idx, 2>> pairs;
  for (auto const& [a, o] : list_of(multi_similarity_miner(m).negatives)) pairs.insert({order[std::size_t(a)], order[std::size_t(o)]});
  auto const want = list_of(multi_similarity_miner(b).negatives);
  CHECK(pairs == std::set<std::array<idx, 2>>(want.begin(), want.end()));
}

TEST_CASE("batch miners: one class, singletons, nothing at all: empty results", "[batch]") {
  for (auto const& labels : {std::vector<idx>(6, 3), std::vector<idx>{0, 1, 2, 3, 4, 5}, std::vector<idx>{}}) {
    auto const n = idx(labels.size());
    auto const d = distances(n, 1);
    auto const b = given(d, measure::distance, labels);
    CHECK(batch_hard(b).size() == 0);
    CHECK(batch_easy_hard(b).size() == 0);
    CHECK(triplet_margin_miner(b).size() + triplet_margin_miner(b, {.kind = triplet_kind::easy}).size() == 0);
    CHECK(multi_similarity_miner(b).positives.size() + multi_similarity_miner(b).negatives.size() == 0);
    CHECK(distance_weighted_miner(b, {.dim = 8}).size() == 0);
    bool const alone = n > 0 && labels[0] == 0;
    CHECK((hdc_miner(b).positives.size() == 0) == (alone || n == 0));
    CHECK((uniform_histogram_miner(b).negatives.size() == 0) == !alone);
    auto const z = normal_rows(n, 3, 2);
    CHECK(angular_miner(z, labels).triplets.size() == 0);
    auto const r = on_triplets(objective{loss::triplet{}, similarity::cosine{}}, z, batch_hard(b));
    CHECK(r.value == 0);
    CHECK(r.anchors == matrix<double>(matrix<double>::Zero(n, 3)));
  }
}

TEST_CASE("batch miners: NaN is nobody, shapes and options are checked before any work", "[batch]") {
  auto d = distances(8, 4);
  std::vector<idx> const labels{0, 0, 0, 1, 1, 1, 2, 2};
  d(0, 1) = quiet_nan<double>(), d(0, 3) = quiet_nan<double>(), d(0, 4) = infinity<double>();
  auto const b = given(d, measure::distance, labels);
  for (auto const& [a, p, n] : set_of(batch_easy_hard(b, {.positive = choice::all, .negative = choice::all})))
    if (a == 0) CHECK((p == 2 && n > 4));
  CHECK_THROWS_AS(uniform_histogram_miner(b, {.bins = 0}), error);
  std::vector<idx> const few{0, 1};
  CHECK_THROWS_AS(given(d, measure::distance, few), error);
  auto z = normal_rows(8, 3, 1);
  CHECK(says(refusal([&] { batch(z, few); }), {"mining::batch: 8 rows", "2 labels"}));
  CHECK_THROWS_AS(hdc_miner(b, 1.5), error);
  CHECK_THROWS_AS(triplet_margin_miner(b, {.margin = quiet_nan<double>()}), error);
  CHECK_THROWS_AS(distance_weighted_miner(b, {}), error);  // of what dimension?
  CHECK_THROWS_AS(distance_weighted_miner(b, {.cutoff = 1, .nonzero_cutoff = 0.5, .dim = 4}), error);
  auto const cosine = batch(z, labels, similarity::cosine{});
  CHECK_THROWS_AS(distance_weighted_miner(cosine), error);
  auto const whole = z;
  z(2, 1) = quiet_nan<double>();
  CHECK(says(refusal([&] { batch(z, labels); }), {"mining::batch: embeddings", "row 2, column 1"}));
  CHECK(says(refusal([&] { against(whole, labels, z, labels); }), {"mining::against: reference", "row 2, column 1"}));
  CHECK_THROWS_AS(angular_miner(z, labels), error);
  CHECK_THROWS_AS(pair_masks({{{0}, {9}}, {}}, 3, 3), error);
}

TEST_CASE("batch: embeddings give what their distances give; a reference set keeps its own rows", "[batch]") {
  auto const z = normal_rows(12, 5, 3), reference = normal_rows(9, 5, 4);
  auto const labels = labels_of(12, 3, 1), other = labels_of(9, 3, 2);
  matrix<double> d(12, 12), away(12, 9);
  auto const distance = [&](auto const& x, auto const& y) { return (x.normalized() - y.normalized()).norm(); };
  for (idx i = 0; i < 12; ++i) {
    for (idx j = 0; j < 12; ++j) d(i, j) = distance(z.row(i), z.row(j));
    for (idx j = 0; j < 9; ++j) away(i, j) = distance(z.row(i), reference.row(j));
  }
  auto const e = batch(z, labels);
  auto const g = given(d, measure::distance, labels);
  CHECK(set_of(batch_hard(e)) == set_of(batch_hard(g)));
  CHECK(set_of(triplet_margin_miner(e)) == set_of(triplet_margin_miner(g)));
  auto const er = against(z, labels, reference, other);
  auto const gr = given(away, measure::distance, labels, other);
  CHECK(list_of(pair_margin_miner(er, {.pos_margin = 1, .neg_margin = 1.2}).negatives) ==
        list_of(pair_margin_miner(gr, {.pos_margin = 1, .neg_margin = 1.2}).negatives));
  CHECK(all_pairs(er).positives.pairs.size() + all_pairs(er).negatives.pairs.size() == 12 * 9);
  CHECK(all_pairs(e).positives.pairs.size() + all_pairs(e).negatives.pairs.size() == 12 * 11);
  matrix<float> const narrow = z.cast<float>();
  CHECK(set_of(batch_hard(batch(narrow, labels))) == set_of(batch_hard(e)));
  auto const narrower = normal_rows(9, 4, 1);
  CHECK(says(refusal([&] { against(z, labels, narrower, other); }), {"mining::against", "dim 5", "dim 4"}));
}

TEST_CASE("hdc: the global share, ties to the lower pair", "[batch]") {
  matrix<double> const d = matrix<double>::Ones(5, 5);
  std::vector<idx> const labels{0, 0, 0, 1, 1};
  auto const half = hdc_miner(given(d, measure::distance, labels), 0.4);
  CHECK(list_of(half.positives) == std::vector<std::array<idx, 2>>{{0, 1}, {0, 2}, {1, 0}, {1, 2}});  // ceil(0.4 * 8)
  CHECK(half.negatives.size() == 5);                                                                  // ceil(0.4 * 12)
  CHECK(hdc_miner(given(d, measure::distance, labels), 0).positives.size() == 0);
}

TEST_CASE("distance_weighted: draws follow the weights, in high dimension too", "[batch]") {
  auto const z = normal_rows(10, 6, 7);
  std::vector<idx> const labels{0, 0, 0, 1, 1, 1, 1, 2, 2, 2};
  auto const b = batch(z, labels);
  distance_weighted_options o{.nonzero_cutoff = 2};
  auto const p = negative_probabilities(b, o);
  std::vector<idx> counts(10, 0), positives(10, 0);
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    o.seed = seed;
    auto const t = distance_weighted_miner(b, o);
    for (std::size_t k = 0; k < t.anchors.size() && t.anchors[k] == 0; ++k)
      ++counts[std::size_t(t.negatives[k])], ++positives[std::size_t(t.positives[k])];
  }
  std::vector<double> law(10);
  for (idx j = 0; j < 10; ++j) law[std::size_t(j)] = p(0, j);
  CHECK(statistics::chi_square(counts, law) < statistics::one_in_a_million);
  CHECK(statistics::chi_square(positives, {0, 0.5, 0.5, 0, 0, 0, 0, 0, 0, 0}) < statistics::one_in_a_million);
  CHECK(positives[1] + positives[2] == 3 * 20000);  // as many triplets as the class has rows
  // 512 dimensions: every anchor with a negative in range keeps one, however small its weights are against another row's.
  matrix<double> d(2, 3);
  d << 0.1, 0.5, 0.6, 0.1, 1.3, 1.35;
  std::vector<idx> const anchors{0, 0}, columns{0, 1, 1};
  auto const high = given(d, measure::distance, anchors, columns);
  auto const q = negative_probabilities(high, {.dim = 512});
  CHECK(q.row(0).sum() == Approx(1));
  CHECK(q.row(1).sum() == Approx(1));
  double const odds = 510 * std::log(1.35 / 1.3) + 254.5 * std::log((1 - 1.35 * 1.35 / 4) / (1 - 1.3 * 1.3 / 4));
  CHECK(std::log(q(1, 1) / q(1, 2)) == Approx(odds));
  CHECK(distance_weighted_miner(high, {.dim = 512, .per_anchor = 4}).size() == 8);
}

TEST_CASE("uniform_histogram: the same number from every bin, constants in the last one", "[batch]") {
  CHECK(equal_bins(std::vector<double>{3, 3, 3}, 4) == std::vector<idx>{3, 3, 3});
  CHECK(equal_bins(std::vector<double>{0, 0.25, 0.5, 0.75, 1}, 4) == std::vector<idx>{0, 1, 2, 3, 3});
  CHECK(equal_bins(std::vector<double>{}, 4).empty());
  auto const d = distances(16, 2);
  auto const labels = labels_of(16, 3, 2);
  auto const b = given(d, measure::distance, labels);
  auto const all = all_pairs(b);
  std::vector<double> near = all.positives.near;
  for (double& x : near) x = -x;
  auto const bins = equal_bins(near, 7);
  auto const drawn = uniform_histogram_miner(b, {.bins = 7, .positives_per_bin = 5, .negatives_per_bin = 0});
  CHECK(drawn.negatives.size() == 0);
  std::vector<idx> counts(7, 0);
  auto const known = list_of(all.positives.pairs);
  for (auto const& pair : list_of(drawn.positives)) {
    auto const at = std::lower_bound(known.begin(), known.end(), pair);
    REQUIRE((at != known.end() && *at == pair));
    ++counts[std::size_t(bins[std::size_t(at - known.begin())])];
  }
  for (idx k = 0; k < 7; ++k) CHECK(counts[std::size_t(k)] == (std::count(bins.begin(), bins.end(), k) > 0 ? 5 : 0));
}

TEST_CASE("angular: right angles, no angle, and the sphere on request", "[batch]") {
  matrix<double> z(4, 2);
  z << 0, 0, 2, 0, 1, 1, 1, 0;  // two of a class, one above their middle, one at it
  std::vector<idx> const labels{0, 0, 1, 2};
  auto const t = angular_miner(z, labels, {.degrees = 44});
  REQUIRE(t.triplets.size() == 4);
  CHECK(t.degrees[0] == Approx(45));
  CHECK(t.degrees[1] == Approx(90));
  matrix<double> const same = matrix<double>::Ones(3, 2);
  std::vector<idx> const two{0, 0, 1};
  CHECK(angular_miner(same, two, {.degrees = -1}).triplets.size() == 0);
  matrix<double> const far = 1000 * normal_rows(6, 3, 2);
  std::vector<idx> const some{0, 0, 1, 1, 2, 2};
  matrix<double> unit = far;
  for (idx i = 0; i < 6; ++i) unit.row(i) /= far.row(i).norm();
  auto const a = angular_miner(far, some, {.degrees = 10, .normalize = true}), u = angular_miner(unit, some, {.degrees = 10});
  CHECK(set_of(a.triplets) == set_of(u.triplets));
  CHECK(a.triplets.size() > 0);
}

TEST_CASE("mined triplets in a loss: gradients of batch and reference by finite differences", "[batch]") {
  auto const z = normal_rows(10, 4, 11), reference = normal_rows(8, 4, 12);
  auto const labels = labels_of(10, 3, 3), other = labels_of(8, 3, 4);
  objective const hinge{loss::triplet{.margin = 0.3}, similarity::normalized<similarity::neg_l2>{}};
  auto const own = triplet_margin_miner(batch(z, labels), {.margin = 0.3});
  REQUIRE(own.size() > 5);
  auto const r = on_triplets(hinge, z, own);
  CHECK(r.pools.empty());
  auto const value = [&](matrix<double> const& x) { return on_triplets(hinge, x, own).value; };
  check_gradient(z, r.anchors, value);
  double sum = 0;
  auto const d = [&](idx i, idx j) { return (z.row(i).normalized() - z.row(j).normalized()).norm(); };
  for (std::size_t k = 0; k < own.anchors.size(); ++k)
    sum += 0.3 + d(own.anchors[k], own.positives[k]) - d(own.anchors[k], own.negatives[k]);
  CHECK(r.value == Approx(sum / double(own.size())));
  objective const contrast{loss::info_nce{.temperature = 0.2}, similarity::cosine{}};
  auto const across = batch_hard(against(z, labels, reference, other, similarity::cosine{}));
  auto const s = on_triplets(contrast, z, across, reference);
  check_gradient(z, s.anchors, [&](matrix<double> const& x) { return on_triplets(contrast, x, across, reference).value; });
  check_gradient(reference, s.pools[0], [&](matrix<double> const& x) { return on_triplets(contrast, z, across, x).value; });
  CHECK_THROWS_AS(on_triplets(contrast, z, index_triplets{{99}, {0}, {1}}), error);
  CHECK_THROWS_AS(on_triplets(contrast, z, index_triplets{{1}, {0}, {}}), error);
}

TEST_CASE("mined pairs in a loss: as roles and as a bias, gradients by finite differences", "[batch]") {
  auto const z = normal_rows(12, 4, 21);
  auto const labels = labels_of(12, 3, 9);
  auto const pairs = multi_similarity_miner(batch(z, labels, similarity::cosine{}), {.epsilon = 0.05});
  auto const masks = pair_masks(pairs, 12, 12);
  REQUIRE(pairs.positives.size() > 3);
  REQUIRE(pairs.negatives.size() > 3);
  REQUIRE(pairs.negatives.size() < all_pairs(batch(z, labels)).negatives.pairs.size());
  objective const contrast{loss::sup_con{.temperature = 0.3}, similarity::cosine{}};
  auto const as_roles = [&](matrix<double> const& x) { return contrast.value_and_grad(x, pool::self(x, masks.relation())); };
  auto const r = as_roles(z);
  check_gradient(z, r.anchors, [&](matrix<double> const& x) { return as_roles(x).value; });
  // A mask as a bias thins the negatives and leaves the label's positives.
  auto const as_bias = [&](matrix<double> const& x) {
    return contrast.value_and_grad(x, pool::self(x, roles::by_label(labels), bias::mask(masks.negative, 12)));
  };
  auto const s = as_bias(z);
  check_gradient(z, s.anchors, [&](matrix<double> const& x) { return as_bias(x).value; });
  idx kept = 0;
  for (idx k : s.kept) kept += k;
  CHECK(kept == pairs.negatives.size());
  kept = 0;
  for (idx p : r.positives) kept += p;
  CHECK(kept == pairs.positives.size());
}

TEST_CASE("equal_bins: numbers further apart than a double says, and what is not finite", "[batch]") {
  CHECK(equal_bins(std::vector<double>{-1.7e308, -1.6e308, 1.6e308, 1.7e308}, 2) == std::vector<idx>{0, 0, 1, 1});
  CHECK(says(refusal([] { equal_bins(std::vector<double>{0, infinity<double>()}, 2); }), {"equal_bins", "not finite"}));
}

TEST_CASE("on_triplets: gradients of one row that add up to more than float holds are refused", "[mining]") {
  matrix<float> const z = 1e-37f * matrix<float>::Identity(3, 3);
  index_triplets often;
  for (int t = 0; t < 1000; ++t) often.add(0, 1, 2);
  objective const hinge{loss::triplet{.margin = 5}, similarity::cosine{}, reduce::sum{}};
  CHECK(says(refusal([&] { on_triplets(hinge, z, often); }), {"on_triplets: the gradient of row", "more than float holds"}));
}
