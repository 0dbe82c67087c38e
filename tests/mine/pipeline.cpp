// Stages put together: known methods as pipelines, and the laws of putting them together.
#include <set>

#include <Eigen/Dense>

#include "../catch.hpp"
#include "foil/bias/margin.hpp"
#include "foil/mine/mine.hpp"
#include "foil/mine/pipeline.hpp"
#include "foil/mine/positive_aware.hpp"
#include "foil/mine/unit_rows.hpp"
#include "foil/pool/given.hpp"
#include "foil/roles/listed.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

/// Dyadic scores with ties; a few that are no numbers.
std::vector<double> some_scores(idx n, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  std::vector<double> x;
  for (idx i = 0; i < n; ++i) x.push_back(double(r.below(64)) / 64);
  x[5] = quiet_nan<double>(), x[6] = minus_infinity<double>();
  return x;
}
std::vector<idx> const positives{3, 9};

}  // namespace

TEST_CASE("pipeline: the family of positive-aware filters, judge mining and SimANS are a few stages each", "[mining]") {
  auto const scores = some_scores(80, 1);
  std::vector<idx> const one{3};
  double const p = scores[3];
  CHECK((source(0, scores, one) | below_positive(0.05) | take(4)).ids() ==
        positive_aware(scores, p, {positive_rule::margin, 0.05, 4}).selected);
  CHECK((source(0, scores, one) | below_positive(-1e9, 0.05) | take(4)).ids() ==
        positive_aware(scores, p, {positive_rule::percent, 0.95, 4}).selected);
  CHECK((source(0, scores, one) | rank_window{10, 80} | take(4)).ids() ==
        positive_aware(scores, p, {positive_rule::shifted, 10, 4}).selected);
  CHECK((source(0, scores) | score_bounds(-1, 0.5) | take(4)).ids() == positive_aware(scores, p, {positive_rule::absolute, 0.5, 4}).selected);

  std::vector<double> yes, no(20, 0.0);  // twenty in rank order, and a judge that thinks otherwise
  random_stream r(2, purpose::user);
  for (idx i = 0; i < 20; ++i) yes.push_back(r.normal());
  auto const judged = judge_mine(yes, no, 0.5, 0, {.k = 6, .step = 3, .when_short = shortage::repeat});
  std::vector<double> order;
  for (idx i = 0; i < 20; ++i) order.push_back(double(-i));
  auto const by_judge = source(0, order) | filter("judge", [&](listed_candidate const& c, candidate_list const&) {
                          return judge_score(yes[std::size_t(c.id)], 0) <= judged.threshold;
                        }) | take_strided(6, 3) | back_fill{.n = 6, .policy = shortage::repeat};
  CHECK(by_judge.ids() == judged.selected);

  std::vector<double> clean = scores;
  clean[5] = clean[6] = 0.25;
  auto const logs = ambiguous_log_weights(clean, p);
  auto const bell = take_weighted(5, [&](listed_candidate const& c, candidate_list const&) { return logs[std::size_t(c.id)]; }, 4);
  auto const drawn = (source(7, clean) | bell).ids();
  CHECK(std::set<idx>(drawn.begin(), drawn.end()).size() == 5);
  CHECK((source(7, clean) | bell).ids() == drawn);
  CHECK((source(8, clean) | bell).ids() != drawn);
}

TEST_CASE("pipeline: what foil::mine finds, stage by stage", "[mining]") {
  matrix<double> s(4, 60);
  std::vector<idx> offsets{0}, ids;
  for (idx i = 0; i < 4; ++i) {
    auto const row = some_scores(60, std::uint64_t(20 + i));
    for (idx j = 0; j < 60; ++j) s(i, j) = row[std::size_t(j)];
    ids.insert(ids.end(), positives.begin(), positives.end());
    offsets.push_back(idx(ids.size()));
  }
  mine_options o{.negatives = 5, .range_min = 2, .range_max = 40};
  auto const m = mine(pool::given(s, roles::listed(offsets, ids), bias::absolute_margin{0.0625}), o);
  for (idx i = 0; i < 4; ++i) {
    std::span<double const> const row(s.data() + i * 60, 60);
    auto const l = source(i, row, positives) | rank_window{0, 42} | without_positives() | below_positive(0.0625) | rank_window{2, 40} | take(5);
    std::vector<idx> mine_ids(m.ids.begin() + i * 5, m.ids.begin() + i * 5 + m.count(i));
    CHECK(l.ids() == mine_ids);
    CHECK(l.missing == 5 - m.count(i));
    for (std::size_t k = 0; k < l.kept.size(); ++k) CHECK(l.kept[k].rank == m.rank(i, idx(k)));
  }
}

TEST_CASE("pipeline: filters commute and repeat without effect, ranks do not commute with filters", "[mining]") {
  auto const scores = some_scores(70, 3);
  std::vector<idx> const banned{1, 2, 60};
  auto const start = source(0, scores, positives);
  CHECK(start.kept.size() == 68);  // two of seventy are not eligible
  auto const a = start | without_positives() | without(banned) | below_positive(0.1);
  auto const b = start | below_positive(0.1) | without(banned) | without_positives();
  CHECK(a.ids() == b.ids());
  CHECK((a | without_positives() | below_positive(0.1)).ids() == a.ids());
  idx lost = 0, lost_b = 0;
  for (auto const& c : a.dropped) lost += c.dropped;
  for (auto const& c : b.dropped) lost_b += c.dropped;
  CHECK(lost == lost_b);
  CHECK(lost == 68 - idx(a.kept.size()));
  CHECK((start | rank_window{0, 10} | below_positive(0.1)).ids() != (start | below_positive(0.1) | rank_window{0, 10}).ids());
  auto const pipeline = without_positives() | rank_window{0, 30} | take_uniform(6, 1);
  CHECK((start | pipeline).ids() == (start | without_positives() | rank_window{0, 30} | take_uniform(6, 1)).ids());
  CHECK((source(0, scores) | below_positive(0.1)).kept.size() == 68);  // no positive, no margin
  auto const turned = start | rerank([](listed_candidate const& c, candidate_list const&) { return c.rank < 3 ? quiet_nan<double>() : -c.score; });
  REQUIRE(turned.kept.size() == 65);  // what the second opinion gives no number is not eligible
  CHECK(turned.dropped.back().dropped == 3);
  for (std::size_t k = 1; k < 65; ++k) {
    auto const &c = turned.kept[k - 1], &d = turned.kept[k];
    CHECK((c.score > d.score || (c.score == d.score && c.rank < d.rank)));
    CHECK(d.score == -scores[std::size_t(d.id)]);
  }
  CHECK_THROWS_AS(start | (rank_window{4, 4}), error);
  CHECK_THROWS_AS(below_positive(0, 1), error);
}

TEST_CASE("pipeline: shortage by name, layouts, mixes of what is kept", "[mining]") {
  auto const scores = some_scores(30, 4);
  auto const two = source(5, scores, positives) | without_positives() | take(2);
  auto const fill = [&](shortage policy) { return two | back_fill{.n = 4, .policy = policy, .columns = 30, .banned = {0, 1}, .seed = 2}; };
  CHECK(fill(shortage::keep_short).missing == 2);
  CHECK(fill(shortage::drop_query).kept.empty());
  auto const random = fill(shortage::fill_random);
  REQUIRE(random.kept.size() == 4);
  CHECK(random.missing == 0);
  for (std::size_t t = 2; t < 4; ++t) {
    idx const id = random.kept[t].id;
    CHECK((id != 0 && id != 1 && id != 3 && id != 9 && id != two.kept[0].id && id != two.kept[1].id));
    CHECK(random.kept[t].rank == -1);
  }
  CHECK(fill(shortage::repeat).kept[3].id == two.kept[1].id);
  CHECK_THROWS_AS(fill(shortage::error), error);
  CHECK_THROWS_AS(fill(shortage::fill_deeper), error);
  CHECK(triplets(two).size() == 4);
  CHECK(triplets(two)[3] == std::array<idx, 3>{5, 9, two.kept[1].id});
  CHECK(labelled_pairs(two).size() == 4);
  CHECK(tuples(two)[0].negatives == two.ids());
  CHECK(tuples(source(0, std::vector<double>{}, positives)).empty());

  random_stream r(1, purpose::user);
  matrix<double> x(30, 4);
  for (idx k = 0; k < x.size(); ++k) x.data()[k] = r.normal();
  matrix<double> const unit = mining::unit_rows(as_view(x), "test", "x");
  auto const h = mixes(two, as_view(unit).middle(0, 1), as_view(unit), random_stream(1, purpose::mix), {.between = 3, .with_query = 2});
  CHECK((h.between.rows() == 3 && h.with_query.rows() == 2));
  Eigen::MatrixXd span(4, 2);  // a mix of two negatives lies in their plane
  span.col(0) = unit.row(two.kept[0].id).transpose(), span.col(1) = unit.row(two.kept[1].id).transpose();
  for (idx t = 0; t < 3; ++t) {
    Eigen::VectorXd const v = h.between.row(t).transpose();
    Eigen::VectorXd const in = span * (span.transpose() * span).ldlt().solve(span.transpose() * v);
    CHECK((v - in).norm() < 1e-9);
  }
}
