// SPDX-License-Identifier: BSD-3-Clause
// Every bias acts in losses and in mining alike: a drop is the column gone, a weight is the column repeated.
// Tests bias/log_q.hpp, bias/vectors.hpp, core/bias_row.hpp.
#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/bias.hpp"
#include "foil/mine/mine.hpp"
#include "foil/roles/target.hpp"

using namespace table;

namespace {

constexpr idx rows_n = 6, columns_n = 40;
matrix<double> const q = normal_rows<double>(rows_n, 7, 1);
matrix<double> const bank = normal_rows<double>(columns_n, 7, 2);
std::vector<idx> const own{3, 9, 0, 39, 20, 21};
objective const contrast{loss::info_nce{.temperature = 0.4}};

double cosine(idx i, idx j) { return q.row(i).normalized().dot(bank.row(j).normalized()); }

/// `gone(i, j)`: what the bias must drop. In a loss the row is worth what it is worth without those columns; in mining
/// exactly those are missing, and are counted under the bias's name.
template <class Gone, class... Bias>
void check_drops(Gone gone, Bias... bias) {
  auto const with = contrast.value(q, pool::bank(bank, roles::target(own), bias...));
  for (idx i = 0; i < rows_n; ++i) {
    matrix<double> kept(0, 7);
    for (idx j = 0; j < columns_n; ++j)
      if (j != own[std::size_t(i)] && !gone(i, j)) {
        kept.conservativeResize(kept.rows() + 1, 7);
        kept.row(kept.rows() - 1) = bank.row(j);
      }
    matrix<double> const anchor = q.row(i), positive = bank.row(own[std::size_t(i)]);
    auto const without = contrast.value(anchor, pool::positives(positive), pool::bank(kept));
    INFO("row " << i << ", " << kept.rows() << " columns left");
    CHECK(with.kept[std::size_t(i)] == kept.rows());
    CHECK(with.rows[std::size_t(i)] == Approx(without.value).epsilon(1e-12).margin(1e-14));
  }
  auto const hard = mine(q, pool::bank(bank, roles::target(own), bias...), {.negatives = columns_n});
  idx total = 0;
  for (idx i = 0; i < rows_n; ++i) {
    std::vector<idx> found(hard.ids.begin() + i * columns_n, hard.ids.begin() + i * columns_n + hard.count(i)), want;
    std::sort(found.begin(), found.end());
    for (idx j = 0; j < columns_n; ++j)
      if (j != own[std::size_t(i)] && !gone(i, j)) want.push_back(j);
    CHECK(found == want);
    total += columns_n - 1 - idx(want.size());
  }
  idx counted = 0;
  for (std::size_t b = 1; b < hard.dropped.size(); ++b) counted += hard.dropped[b].dropped;
  CHECK(hard.dropped[0].dropped == rows_n);
  CHECK(counted == total);
  CHECK(total > 0);
}
/// A constant log weight: log of `times(i, j)` repetitions of the column.
template <class Times, class Bias>
void check_weights(Times times, Bias bias) {
  auto const with = contrast.value(q, pool::bank(bank, roles::target(own), bias));
  for (idx i = 0; i < rows_n; ++i) {
    double sum = 0;
    double const own_logit = cosine(i, own[std::size_t(i)]) / 0.4;
    for (idx j = 0; j < columns_n; ++j) sum += (j == own[std::size_t(i)] ? 1 : times(i, j)) * std::exp(cosine(i, j) / 0.4);
    CHECK(with.rows[std::size_t(i)] == Approx(std::log(sum) - own_logit).epsilon(1e-12));
  }
  auto const hard = mine(q, pool::bank(bank, roles::target(own), bias), {.negatives = 5});
  auto const plain = mine(q, pool::bank(bank, roles::target(own)), {.negatives = 5});
  CHECK(hard.ids == plain.ids);  // weights do not act in mining
}

}  // namespace

TEST_CASE("bias: identity and lists drop what they name", "[bias]") {
  std::vector<idx> const mine_{1, 2, 3, 4, 5, 6}, theirs = [] {
    std::vector<idx> v;
    for (idx j = 0; j < columns_n; ++j) v.push_back(j % 9);
    return v;
  }();
  auto const same = [&](idx i, idx j) { return theirs[std::size_t(j)] == mine_[std::size_t(i)]; };
  check_drops(same, bias::same_id(mine_, theirs));
  check_drops(same, bias::same_label(mine_, theirs));
  std::vector<idx> const offsets{0, 2, 2, 3, 3, 3, 5}, ids{30, 4, 0, 7, 7};
  check_drops([&](idx i, idx j) { return ragged{offsets, ids}.contains(i, j); }, bias::listed(offsets, ids));
  std::vector<unsigned char> valid(std::size_t(rows_n * columns_n));
  for (std::size_t k = 0; k < valid.size(); ++k) valid[k] = k % 3 != 0;
  check_drops([&](idx i, idx j) { return (i * columns_n + j) % 3 == 0; }, bias::mask(valid, columns_n));
}
TEST_CASE("bias: score bounds drop strictly beyond them", "[bias]") {
  double const exact = cosine(2, 11);
  check_drops([&](idx i, idx j) { return cosine(i, j) > 0.4 || cosine(i, j) < -0.3; }, bias::bounds{-0.3, 0.4});
  check_drops([&](idx i, idx j) { return cosine(i, j) > 0.2; }, bias::max_score{0.2});
  check_drops([&](idx i, idx j) { return cosine(i, j) < 0.1; }, bias::min_score{0.1});
  auto const at = mine(q, pool::bank(bank, roles::target(own), bias::max_score{double(float(exact)) + 1e-7}), {.negatives = columns_n});
  CHECK(std::find(at.ids.begin() + 2 * columns_n, at.ids.begin() + 3 * columns_n, idx(11)) != at.ids.begin() + 3 * columns_n);
}
TEST_CASE("bias: margins are tighter than the positive for either of its signs", "[bias]") {
  bool below = false, above = false;
  for (idx i = 0; i < rows_n; ++i) (cosine(i, own[std::size_t(i)]) < 0 ? below : above) = true;
  REQUIRE((below && above));
  auto const p = [&](idx i) { return cosine(i, own[std::size_t(i)]); };
  check_drops([&](idx i, idx j) { return cosine(i, j) + 0.1 > p(i); }, bias::absolute_margin{.margin = 0.1});
  check_drops([&](idx i, idx j) { return cosine(i, j) > p(i) - std::abs(p(i)) * 0.2; }, bias::relative_margin{.margin = 0.2});
  check_drops([&](idx i, idx j) { return cosine(i, j) > p(i) * 0.8; }, bias::relative_margin{.margin = 0.2, .legacy = true});
}
TEST_CASE("bias: filters in a row act together, each counting what it was the first to drop", "[bias]") {
  auto const p = [&](idx i) { return cosine(i, own[std::size_t(i)]); };
  check_drops([&](idx i, idx j) { return cosine(i, j) > 0.3 || cosine(i, j) > p(i) - std::abs(p(i)) * 0.05 || cosine(i, j) < -0.5; },
              bias::max_score{0.3}, bias::relative_margin{0.05}, bias::min_score{-0.5});
}
TEST_CASE("bias: a guide and near-duplicates drop by a second opinion", "[bias]") {
  auto const unit = [](matrix<double> m) { return m.rowwise().normalize(), m; };
  matrix<double> const gq = unit(normal_rows<double>(rows_n, 4, 7)), gc = unit(normal_rows<double>(columns_n, 4, 8));
  std::vector<double> limits;
  for (idx i = 0; i < rows_n; ++i) limits.push_back(0.1 * double(i));
  check_drops([&](idx i, idx j) { return gq.row(i).dot(gc.row(j)) > limits[std::size_t(i)]; },
              bias::guide<double>(as_view(gq), as_view(gc), limits));
  std::vector<idx> const offsets{0, 1, 2, 3, 4, 5, 6};
  check_drops([&](idx i, idx j) { return gc.row(own[std::size_t(i)]).dot(gc.row(j)) >= 0.3; },
              bias::near_duplicate<double>(as_view(gc), offsets, own, 0.3));
}
TEST_CASE("bias: weights are repetitions in a loss", "[bias]") {
  matrix<double> const w = normal_rows<double>(rows_n, columns_n, 9).cwiseAbs();
  check_weights([&](idx i, idx j) { return w(i, j); }, bias::weights<double>(as_view(w)));
  std::vector<idx> members;
  std::vector<double> log_probability;
  for (idx j = 0; j < columns_n; ++j) members.push_back(1 + j % 4), log_probability.push_back(-0.1 * double(j));
  check_weights([&](idx, idx j) { return double(1 + j % 4); }, bias::cluster_size(members));
  check_weights([&](idx, idx j) { return std::exp(0.1 * double(j)); }, bias::log_q(log_probability));
  check_weights([&](idx i, idx j) { return cosine(i, j) < 0.2 ? 1 : 1 - (cosine(i, j) - 0.2) / 0.8 * 0.75; },
                bias::ramp{.start = 0.2, .min_weight = 0.25});
  matrix<double> const ratio = normal_rows<double>(rows_n, columns_n, 10);
  check_weights([&](idx i, idx j) { return std::clamp(std::exp(ratio(i, j)), 0.3, 1.5); }, bias::taper<double>(as_view(ratio), {0.3, 1.5}));
  auto const rule = [](auto const& p) { return std::log(1.0 + double(p.column % 3) + 0.5 * double(p.row)); };
  check_weights([&](idx i, idx j) { return 1.0 + double(j % 3) + 0.5 * double(i); }, bias::per_pair(rule));
}
TEST_CASE("bias: options and shapes are refused by name with their values", "[bias]") {
  auto const told = [&](auto bias) { return refusal([&] { contrast.value(q, pool::bank(bank, roles::target(own), bias)); }); };
  CHECK(says(told(bias::bounds{0.5, 0.4}), {"value: bias::bounds: ", "0.5", "0.4"}));
  CHECK(says(told(bias::relative_margin{.margin = 1}), {"value: bias::relative_margin: margin", "[0, 1)", "got 1"}));
  CHECK(says(told(bias::absolute_margin{.margin = double(infinity<double>())}), {"value: bias::absolute_margin: margin", "finite"}));
  CHECK(says(told(bias::ramp{.start = 0.5, .min_weight = 0}), {"value: bias::ramp: min_weight", "(0, 1]", "got 0"}));
  matrix<double> w = matrix<double>::Ones(rows_n, columns_n);
  w(2, 3) = -1;
  CHECK(says(told(bias::weights<double>(as_view(w))), {"value: bias::weights: weight (2, 3)", "-1"}));
  for (double bad : {quiet_nan<double>(), infinity<double>(), 1e30}) {
    w(2, 3) = bad;
    CHECK(says(told(bias::weights<double>(as_view(w))), {"value: bias::weights: weight (2, 3)", "must be a finite number"}));
  }
  w.row(2).setZero();
  CHECK(says(told(bias::weights<double>(as_view(w))), {"row 2", "are 0"}));
  for (double bad : {quiet_nan<double>(), infinity<double>(), minus_infinity<double>(), 1e30}) {
    std::vector<double> log_q(std::size_t(columns_n), -1.0), limits(std::size_t(rows_n), 0.5);
    log_q[5] = limits[2] = bad;
    CHECK(says(told(bias::log_q(log_q)), {"value: bias::log_q: a log probability must be a finite number"}));
    std::string const guided = told(bias::guide<double>(as_view(q), as_view(bank), limits));
    CHECK((nan_bits(bad) ? says(guided, {"value: bias::guide: the limit of row 2 is not a number"}) : guided == ""));
  }
  matrix<double> const narrow = matrix<double>::Ones(rows_n, 3);
  CHECK(says(told(bias::weights<double>(as_view(narrow))), {"6 anchors", "40", "[6, 3]"}));
  std::vector<idx> const few{1, 2}, minus(columns_n, -1);
  CHECK(says(told(bias::cluster_size(few)), {"40 columns", "2 counts"}));
  CHECK(says(told(bias::cluster_size(minus)), {"column 0", "-1"}));
  CHECK(says(told(bias::same_id(few, few)), {"value: bias::same_id: 6 anchors", "2"}));
  CHECK(says(told(bias::same_label(few, few)), {"value: bias::same_label: 6 anchors", "2"}));
  CHECK(says(told(bias::listed(few, few)), {"value: bias::listed: 6 anchors", "7 offsets, got 2"}));
  auto const documents = pool::bank(bank, roles::target(own), bias::relative_margin{.margin = 1});
  CHECK(says(refusal([&] { mine(q, documents); }), {"mine: bias::relative_margin: margin", "got 1"}));
}
TEST_CASE("18: the query's own text in the corpus goes by id; by cosine only if asked", "[bias]") {
  matrix<double> corpus = bank;
  corpus.row(17) = 3 * q.row(0);  // the query itself, as a document
  std::vector<idx> const at{17}, offsets{0, 1, 1, 1, 1, 1, 1};
  auto const first = [&](auto... bias) { return mine(q, pool::bank(corpus, roles::target(own), bias...), {.negatives = 1}).id(0, 0); };
  CHECK(first() == 17);
  CHECK(first(bias::listed(offsets, at)) != 17);
  CHECK(first(bias::max_score{0.999}) != 17);
}
