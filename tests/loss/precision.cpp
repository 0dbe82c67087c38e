// SPDX-License-Identifier: BSD-3-Clause
// Losses of log-sum-exps in float: nearly solved rows keep their digits, a common offset of the scores costs nothing, and
// the error against double is smaller than that of a float log-softmax.
// Tests engine/score_range.hpp.
#include <cmath>
#include <limits>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/bias/weights.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/objective.hpp"
#include "foil/listwise/cross_entropy.hpp"
#include "foil/loss/cacr.hpp"
#include "foil/loss/clan.hpp"
#include "foil/loss/decoupled.hpp"
#include "foil/loss/hard_contrastive.hpp"
#include "foil/loss/margin_softmax.hpp"
#include "foil/loss/sup_con.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/given.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/self.hpp"
#include "foil/reduce/sum.hpp"
#include "foil/reduce/weighted.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/roles/masks.hpp"
#include "foil/roles/target.hpp"
#include "foil/similarity.hpp"

namespace {

using namespace foil;
using loss::multi_positive;

constexpr multi_positive forms[] = {multi_positive::out, multi_positive::in, multi_positive::sum, multi_positive::per_positive};

/// Mean and largest relative error.
struct errors {
  double sum = 0, most = 0;
  idx n = 0;
  void add(double got, double want, double size) {
    double const e = std::abs(got - want) / size;
    sum += e, most = (std::max)(most, e), ++n;
  }
  void add(double got, double want) { add(got, want, std::abs(want)); }
  double mean() const { return sum / double(n); }
};
/// Of a loss's value, its gradients (each against the length of its row) and its derivative by the temperature.
struct report {
  errors value, queries, keys, temperature;
};

/// Rows of one positive (column i of row i) as a trained model has them: cosines .6 to .98, the negatives' around .15.
matrix<float> cosines(idx n, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  matrix<float> s(n, n);
  for (idx i = 0; i < n; ++i)
    for (idx j = 0; j < n; ++j) s(i, j) = float(i == j ? 0.6 + 0.38 * r.uniform() : 0.15 + 0.12 * r.normal());
  return s;
}

/// A row's softmax cross entropy against column `target` of s / T: value, slopes by s, derivative by T.
template <class S>
struct row_result {
  S value{}, temperature{};
  std::vector<S> slope;
};
/// As frameworks do it: scaled scores, their maximum, the logarithm of the sum, shares, minus one at the target; all in S.
template <class S>
row_result<S> log_softmax_row(S const* s, idx n, idx target, S t) {
  std::vector<S> z, p;
  for (idx j = 0; j < n; ++j) z.push_back(s[j] / t);
  S const top = *std::max_element(z.begin(), z.end());
  S sum = 0;
  for (S x : z) sum += std::exp(x - top);
  S const log_sum = std::log(sum);
  row_result<S> r;
  r.value = -((z[std::size_t(target)] - top) - log_sum);
  for (idx j = 0; j < n; ++j) {
    S const slope = std::exp((z[std::size_t(j)] - top) - log_sum) - S(j == target);
    r.slope.push_back(slope / t);
    r.temperature -= slope * z[std::size_t(j)] / t;
  }
  return r;
}
/// The same from differences with the target, in double: right in every digit that a float has.
row_result<double> exact_row(float const* s, idx n, idx target, double t) {
  double others = 0, moment = 0;
  for (idx j = 0; j < n; ++j)
    if (j != target) {
      double const d = (double(s[j]) - double(s[target])) / t;
      others += std::exp(d), moment += d * std::exp(d);
    }
  row_result<double> r{std::log1p(others), -moment / (1 + others) / t, {}};
  for (idx j = 0; j < n; ++j) {
    double const d = (double(s[j]) - double(s[target])) / t;
    r.slope.push_back((j == target ? -others : std::exp(d)) / (1 + others) / t);
  }
  return r;
}
double length(std::vector<double> const& x) {
  double sum = 0;
  for (double v : x) sum += v * v;
  return std::sqrt(sum);
}

void check_smaller(report const& ours, report const& plain) {
  CHECK(ours.value.mean() < plain.value.mean());
  CHECK(ours.value.most < plain.value.most);
  CHECK(ours.queries.mean() < plain.queries.mean());
  CHECK(ours.queries.most < plain.queries.most);
  CHECK(ours.temperature.mean() < plain.temperature.mean());
  CHECK(ours.temperature.most < plain.temperature.most);
}

}  // namespace

TEST_CASE("precision: one negative far behind is worth its share, in float", "[loss][precision]") {
  std::vector<idx> const first{0};
  matrix<float> q(1, 2), k(2, 2), s(1, 2);
  q << 1, 0;
  s << 0.9f, 0.76f;
  for (idx j : {0, 1}) k(j, 0) = s(0, j), k(j, 1) = std::sqrt(1 - s(0, j) * s(0, j));
  double const d = (double(s(0, 1)) - double(s(0, 0))) * 100, share = std::exp(d) / (1 + std::exp(d));
  auto const close = [](double got, double want) { return std::abs(got - want) <= 3e-7 * std::abs(want); };
  for (multi_positive form : forms)
    for (std::size_t budget : {std::size_t(0), std::size_t(1) << 20}) {
      objective const f{loss::info_nce{.temperature = 0.01, .positives = form}, similarity::cosine{}, reduce::mean{}, {.budget = budget}};
      auto const r = f.value_and_grad(pool::given(s, roles::target(first)));
      CHECK(close(double(r.value), std::log1p(std::exp(d))));
      CHECK(close(double(r.value), 8.3152957e-7));
      CHECK(close(r.scale, share * d / 100));
      CHECK(close(r.scale, -1.1641408e-7));
      CHECK(close(double(r.pools[0](0, 0)), -100 * share));
      CHECK(close(double(r.pools[0](0, 1)), 100 * share));
      CHECK(r.shift == 0);
      auto const e = f.value_and_grad(q, pool::trained(pool::bank(k, roles::target(first))));
      CHECK(std::abs(double(e.value) / 8.3153e-7 - 1) < 2e-5);  // the cosines themselves are rounded: 6e-8 / T
      CHECK(std::abs(e.scale / -1.16414e-7 - 1) < 2e-5);
      CHECK(std::abs(double(e.anchors(0, 1)) / 1.77975e-5 - 1) < 2e-5);
      CHECK(std::abs(e.anchors(0, 0)) < 1e-11f);
    }
  // Both directions, where a column's sums come from what rows keep.
  matrix<float> two(2, 2), other(2, 2);
  two << 1, 0, 0, 1;
  other << 1, 0, 0.2f, std::sqrt(0.96f);
  matrix<double> const a = two.cast<double>(), b = other.cast<double>();
  objective const clip{loss::info_nce{.temperature = 0.05}};
  auto const narrow = clip.symmetric(two, pool::in_batch(other));
  auto const wide = clip.symmetric(a, pool::in_batch(b));
  CHECK(wide.value < 1e-6);
  CHECK(std::abs(double(narrow.value) / wide.value - 1) < 1e-5);
  CHECK(std::abs(narrow.scale / wide.scale - 1) < 1e-4);
  CHECK((narrow.anchors.cast<double>() - wide.anchors).norm() < 1e-5 * wide.anchors.norm());
  CHECK((narrow.pools[0].cast<double>() - wide.pools[0]).norm() < 1e-5 * wide.pools[0].norm());
}

TEST_CASE("precision: given scores, against a float log-softmax, T .01 to .07", "[loss][precision]") {
  idx const n = 200;
  std::vector<idx> own;
  for (idx i = 0; i < n; ++i) own.push_back(i);
  for (double t : {0.01, 0.02, 0.03, 0.05, 0.07}) {
    INFO("T " << t);
    report ours, plain;
    for (std::uint64_t seed = 1; seed < 4; ++seed) {
      matrix<float> const s = cosines(n, seed);
      auto const r = objective(loss::info_nce{.temperature = t}, similarity::cosine{}, reduce::sum{})
                         .value_and_grad(pool::given(s, roles::target(own)));
      for (idx i = 0; i < n; ++i) {
        auto const want = exact_row(s.data() + i * n, n, i, t);
        auto const float_row = log_softmax_row<float>(s.data() + i * n, n, i, float(t));
        matrix<float> const one = s.row(i);
        std::vector<idx> const place{i};
        auto const alone = objective(loss::info_nce{.temperature = t}).value_and_grad(pool::given(one, roles::target(place)));
        double const size = length(want.slope);
        ours.value.add(double(r.rows[std::size_t(i)]), want.value), plain.value.add(double(float_row.value), want.value);
        ours.temperature.add(alone.temperature(), want.temperature), plain.temperature.add(double(float_row.temperature), want.temperature);
        for (idx j = 0; j < n; ++j) {
          double const g = want.slope[std::size_t(j)];
          ours.queries.add(double(r.pools[0](i, j)), g, size), plain.queries.add(double(float_row.slope[std::size_t(j)]), g, size);
        }
      }
    }
    check_smaller(ours, plain);
  }
}

TEST_CASE("precision: embeddings, against a float log-softmax, T .01 to .07", "[loss][precision]") {
  idx const n = 96, dim = 24;
  random_stream draw(5, purpose::user);
  matrix<float> q(n, dim), k(n, dim);
  for (idx i = 0; i < n; ++i)
    for (idx d = 0; d < dim; ++d) q(i, d) = float(draw.normal()), k(i, d) = q(i, d) + float(0.5 * draw.normal());
  matrix<double> const wide_q = q.cast<double>(), wide_k = k.cast<double>();
  matrix<float> const unit_q = q.rowwise().normalized(), unit_k = k.rowwise().normalized();
  matrix<float> const cosine = unit_q * unit_k.transpose();
  auto const through_length = [](matrix<float> const& g, matrix<float> const& unit, matrix<float> const& x) {
    matrix<float> out(g.rows(), g.cols());
    for (idx i = 0; i < g.rows(); ++i) out.row(i) = (g.row(i) - g.row(i).dot(unit.row(i)) * unit.row(i)) / x.row(i).norm();
    return out;
  };
  for (bool both : {false, true})
    for (double t : {0.01, 0.02, 0.05, 0.07}) {
      INFO("T " << t << (both ? ", both directions" : ""));
      loss::info_nce const l{.temperature = t};
      auto const run = [&](auto const& x, auto const& y) {
        objective const f{l};
        return both ? f.symmetric(x, pool::in_batch(y)) : f.value_and_grad(x, pool::in_batch(y));
      };
      auto const ours = run(q, k);
      auto const want = run(wide_q, wide_k);
      matrix<float> slopes = matrix<float>::Zero(n, n);
      std::vector<float> values;
      float const share = (both ? 0.5f : 1.0f) / float(n);
      float temperature = 0;
      for (int way = 0; way < (both ? 2 : 1); ++way) {
        matrix<float> const s = way == 0 ? cosine : matrix<float>(cosine.transpose());
        for (idx i = 0; i < n; ++i) {
          auto const row = log_softmax_row<float>(s.data() + i * n, n, i, float(t));
          temperature += share * row.temperature;
          if (way == 0) values.push_back(row.value);
          for (idx j = 0; j < n; ++j) (way == 0 ? slopes(i, j) : slopes(j, i)) += share * row.slope[std::size_t(j)];
        }
      }
      matrix<float> const plain_q = through_length(slopes * unit_k, unit_q, q),
                          plain_k = through_length(slopes.transpose() * unit_q, unit_k, k);
      report mine, plain;
      for (idx i = 0; i < n; ++i) {
        double const row = want.rows[std::size_t(i)];
        mine.value.add(double(ours.rows[std::size_t(i)]), row), plain.value.add(double(values[std::size_t(i)]), row);
        auto const far = [&](matrix<float> const& g, matrix<double> const& w) { return (g.row(i).cast<double>() - w.row(i)).norm(); };
        mine.queries.add(far(ours.anchors, want.anchors), 0, want.anchors.row(i).norm());
        plain.queries.add(far(plain_q, want.anchors), 0, want.anchors.row(i).norm());
        mine.keys.add(far(ours.pools[0], want.pools[0]), 0, want.pools[0].row(i).norm());
        plain.keys.add(far(plain_k, want.pools[0]), 0, want.pools[0].row(i).norm());
      }
      mine.temperature.add(ours.temperature(), want.temperature()), plain.temperature.add(double(temperature), want.temperature());
      check_smaller(mine, plain);
      CHECK(mine.keys.mean() < plain.keys.mean());
      CHECK(mine.keys.most < plain.keys.most);
    }
}

namespace {

/// value_and_grad of scores with `offset` added to all of them; differences of scores are whole numbers, which floats of 1e7
/// still hold.
template <class S, class L>
outcome<S> at_offset(L const& loss, double offset, bool labelled) {
  random_stream r(9, purpose::user);
  idx const n = 7, m = 300;  // more than a slice
  matrix<S> s(n, m);
  for (idx k = 0; k < s.size(); ++k) s.data()[k] = S(offset - double(r.below(12)));
  std::vector<idx> rows, columns, target;
  for (idx i = 0; i < n; ++i) rows.push_back(i), target.push_back(40 * i);
  for (idx j = 0; j < m; ++j) columns.push_back(r.below(90));
  for (idx i = 0; i < n; ++i) columns[std::size_t(40 * i)] = i;
  objective const f{loss};
  return labelled ? f.value_and_grad(pool::given(s, roles::by_label(rows, columns)))
                  : f.value_and_grad(pool::given(s, roles::target(target)));
}
template <class S, class L>
void offsets(char const* name, L const& loss, double tolerance) {
  for (bool labelled : {false, true})
    for (double offset : {-1e5, -1e6, -1e7, 1e7}) {
      INFO(name << ", offset " << offset << (labelled ? ", several positives" : ""));
      auto const plain = at_offset<S>(loss, 0, labelled), moved = at_offset<S>(loss, offset, labelled);
      CHECK(std::abs(double(moved.value) - double(plain.value)) <= tolerance * (1 + std::abs(double(plain.value))));
      double const size = double(plain.pools[0].cwiseAbs().maxCoeff());
      CHECK(double((moved.pools[0] - plain.pools[0]).cwiseAbs().maxCoeff()) <= tolerance * size);
      CHECK(std::abs(moved.scale - plain.scale) <= 10 * tolerance * (1 + std::abs(plain.scale)));
      CHECK(moved.shift == Approx(plain.shift).margin(1e-15));
    }
}
template <class S>
void all_offsets(double tolerance) {
  for (multi_positive form : forms) {
    offsets<S>("info_nce", loss::info_nce{.temperature = 1, .positives = form}, tolerance);
    offsets<S>("info_nce, T 3", loss::info_nce{.temperature = 3, .positives = form}, tolerance);
  }
  offsets<S>("sup_con", loss::sup_con{.temperature = 2, .base_temperature = 1}, tolerance);
  offsets<S>("hard_contrastive", loss::hard_contrastive{.temperature = 1, .alpha = 0.2}, tolerance);
}

}  // namespace

TEST_CASE("precision: a common offset of the scores costs nothing", "[loss][precision]") {
  all_offsets<float>(1e-6), all_offsets<double>(1e-13);
  offsets<float>("decoupled", loss::decoupled{.temperature = 1}, 1e-6);
  offsets<float>("margin_softmax", loss::margin_softmax{.head = loss::margin_head::cosface, .temperature = 1}, 1e-6);
  offsets<float>("cacr", loss::cacr{}, 2e-6);
}

namespace {
/// Rows that one negative decides alone, scores up to `size` beyond the positive's: each has the loss of the distance, and slopes of 1 / T.
template <class S>
void check_decided_rows(double size) {
  random_stream draw(7, purpose::user);
  for (int round = 0; round < 200; ++round) {
    idx const n = 2 + idx(3 * draw.uniform());
    double const t = std::exp(4 * draw.uniform() - 2);
    matrix<S> s(1, n);
    for (idx j = 0; j < n; ++j) s(0, j) = S(size * t * (j == 0 ? -draw.uniform() : 0.5 + 0.5 * draw.uniform()));
    idx hardest = 0;
    double const want = (double(s.row(0).maxCoeff(&hardest)) - double(s(0, 0))) / t;
    auto const check = [&](double value, auto const& r) {
      CHECK(value == Approx(want).epsilon(1e-5));
      CHECK(r.value == Approx(want).epsilon(1e-5));
      CHECK(r.pools[0](0, 0) == Approx(-1 / t).epsilon(1e-5));
      CHECK(r.pools[0](0, hardest) == Approx(1 / t).epsilon(1e-5));
    };
    matrix<S> weight = matrix<S>::Ones(1, n);
    weight(0, n - 1) = S(0.25);
    objective const plain{loss::info_nce{t}};
    objective const form{loss::sup_con{.temperature = t, .base_temperature = t}};
    auto const scores = pool::given(s, roles::diagonal{});
    auto const weighted = pool::given(s, roles::diagonal{}, bias::weights<S>(as_view(weight)));
    check(double(plain.value(scores).value), plain.value_and_grad(scores));
    check(double(plain.value(weighted).value), plain.value_and_grad(weighted));
    check(double(form.value(scores).value), form.value_and_grad(scores));
  }
}
}  // namespace

TEST_CASE("precision: scores whose rounding is many exponents, in both scalars", "[loss][precision]") {
  for (double size : {1e6, 1e8, 1e9, 1e10, 1e12, 1e18, 1e23}) check_decided_rows<float>(size);
  for (double size : {1e14, 1e17, 1e18, 1e20, 1e23}) check_decided_rows<double>(size);
}

TEST_CASE("precision: list losses keep 1 - p and take any offset", "[loss][precision]") {
  matrix<double> const labels = (matrix<double>(1, 3) << 1, 0, 0).finished();
  for (double offset : {0.0, -1e6, 1e9}) {
    matrix<double> const s = (matrix<double>(1, 3) << offset, offset - 40, offset - 50).finished();
    auto const r = loss::value_and_grad_lists(loss::cross_entropy{}, s, labels);
    double const others = std::exp(-40.0) + std::exp(-50.0);
    CHECK(r.value == Approx(others).epsilon(1e-12));
    CHECK(r.scores(0, 0) == Approx(-others).epsilon(1e-12));
    CHECK(r.scores(0, 1) == Approx(std::exp(-40.0)).epsilon(1e-12));
  }
  matrix<double> const huge = (matrix<double>(1, 3) << 1.7e308, -1.7e308, 1.7e308).finished();
  auto const r = loss::value_and_grad_lists(loss::cross_entropy{.temperature = 1e-3}, huge, labels);
  CHECK(r.value == Approx(std::log(2.0)));
  CHECK(r.scores(0, 1) == 0);
}

TEST_CASE("precision: scores that could be taken for a mask are refused by row, all others are scores", "[loss][precision]") {
  auto const three = [](auto score, double t) {
    using S = decltype(score);
    matrix<S> s = matrix<S>::Constant(2, 3, score);
    s.row(0).setZero();
    static std::vector<idx> const first{0, 0};
    return objective(loss::info_nce{.temperature = t}).value_and_grad(pool::given(s, roles::target(first)));
  };
  for (double large : {0.0, -1e9, 1e12, -1e20, 9e24, -9e24}) {
    CHECK(double(three(float(large), 1).value) == Approx(std::log(3.0)));
    CHECK(three(large, 1).value == Approx(std::log(3.0)));
  }
  for (double beyond : {-1e25, -1e29, -1e30, 1e30, -1e35, 3e38, -3.4028234e38}) {
    CHECK(says(refusal([&] { three(float(beyond), 1); }), {"pool 0", "row 1", "column 0", "1e+25"}));
    CHECK(says(refusal([&] { three(beyond, 1); }), {"pool 0", "row 1", "column 0", "1e+25"}));
  }
  CHECK(says(refusal([&] { three(-1e300, 1); }), {"row 1"}));
  // Of embeddings, whose inner products may be as large.
  auto const long_rows = [](double length, auto similarity) {
    matrix<double> q(3, 2), k(3, 2);
    q << 1, 0, length, 0, 0, 1;
    k << 1, 0, -length, 0, 0, 1;
    return objective(loss::info_nce{.temperature = 1}, similarity).value_and_grad(q, pool::in_batch(k));
  };
  CHECK(finite_bits(long_rows(1e12, similarity::dot{}).value));
  CHECK(says(refusal([&] { long_rows(1e15, similarity::dot{}); }), {"row 1", "column 1", "pool 0", "-1e+30"}));
  CHECK(finite_bits(long_rows(1e15, similarity::neg_l2{}).value));
  CHECK(finite_bits(long_rows(1e30, similarity::cosine{}).value));
  CHECK(double(three(-1e4f, 1e-20).value) == Approx(std::log(3.0)));
  CHECK(says(refusal([&] { three(-1e6f, 1e-20); }), {"row 1", "1e+05"}));
}

TEST_CASE("precision: options at the ends of their ranges give numbers, beyond them a sentence", "[loss][precision]") {
  matrix<float> q(3, 2), k(3, 2);
  q << 1, 0, 0, 1, 0.6f, 0.8f;
  k << 0.8f, 0.6f, 0, 1, 1, 0;
  auto const symmetric = [&](double t) { return objective(loss::info_nce{.temperature = t}).symmetric(q, pool::in_batch(k)); };
  for (double t : {1e10, 1e20, 1e30}) {
    auto const r = symmetric(t);
    CHECK(double(r.value) == Approx(std::log(3.0)));
    CHECK(finite_bits(r.scale));
    CHECK(std::abs(r.scale) < 1);
  }
  auto const sharp = symmetric(1e-20);
  CHECK(finite_bits(sharp.value));
  CHECK(says(refusal([&] { symmetric(1e46); }), {"temperature"}));
  CHECK(says(refusal([&] { objective(loss::weighted_decoupled{.temperature = 1.7e308}).value_and_grad(q, pool::in_batch(k)); }),
             {"temperature"}));
  for (double t : {1e-20, 1e30})
    for (double sigma : {1e-15, 1e15}) {
      auto const r = objective(loss::weighted_decoupled{.temperature = t, .sigma = sigma}).value_and_grad(q, pool::in_batch(k));
      CHECK(finite_bits(r.value));
      CHECK(finite_bits(r.scale));
    }
  CHECK(says(refusal([&] { objective(loss::clan{.alpha = 1e308}).value_and_grad(q, pool::in_batch(k)); }), {"alpha"}));
  CHECK(says(refusal([&] {
               objective(loss::hard_contrastive{.form = loss::hard_form::simple, .lambda = 1e308}).value_and_grad(q, pool::in_batch(k));
             }),
             {"lambda"}));
  auto const large =
      objective(loss::hard_contrastive{.form = loss::hard_form::simple, .lambda = 1e15}).value_and_grad(q, pool::in_batch(k));
  CHECK(finite_bits(large.value));
  // Weights of rows count by their quotients, however small or large all of them are.
  for (double w : {1e-300, 1.0, 9e299}) {
    std::vector<double> const weights{w, 3 * w / 4, w / 2};
    auto const r = objective(loss::info_nce{}, similarity::cosine{}, reduce::weighted(weights)).value_and_grad(q, pool::in_batch(k));
    std::vector<double> const plain{4, 3, 2};
    auto const want = objective(loss::info_nce{}, similarity::cosine{}, reduce::weighted(plain)).value_and_grad(q, pool::in_batch(k));
    CHECK(double(r.value) == Approx(double(want.value)));
    CHECK((r.anchors - want.anchors).norm() <= 1e-6f * want.anchors.norm());
  }
#ifndef __FAST_MATH__  // which takes them for 0
  std::vector<double> const tiny(3, 1e-320);
  auto const r = objective(loss::info_nce{}, similarity::cosine{}, reduce::weighted(tiny)).value_and_grad(q, pool::in_batch(k));
  CHECK(double(r.value) == Approx(double(objective(loss::info_nce{}).value(q, pool::in_batch(k)).value)));
#endif
}

TEST_CASE("info_nce, sup_con: forms that a row or the loss does not have are refused", "[loss]") {
  matrix<double> const scores = (matrix<double>(2, 3) << 0.5, 0.25, -0.5, 0.125, 0.75, 0.25).finished();
  std::vector<unsigned char> const ours{1, 1, 0, 1, 0, 0}, others{0, 0, 1, 0, 1, 1};
  matrix<double> const w = (matrix<double>(2, 3) << 0, 0, 1, 1, 1, 1).finished();
  auto const of = [&](auto const& l) {
    return objective(l).value(pool::given(scores, roles::masks(ours, others, 3), bias::weights<double>(as_view(w), true)));
  };
  CHECK(of(loss::info_nce{1, multi_positive::out}).rows[0] == Approx(-0.5 - 0.375));
  for (auto form : {multi_positive::in, multi_positive::sum})
    CHECK(says(refusal([&] { of(loss::info_nce{1, form}); }), {"info_nce", "weight 0", "use out"}));
  CHECK(says(refusal([&] { of(loss::sup_con{1, 1, multi_positive::in}); }), {"sup_con", "weight 0"}));
  for (auto form : {multi_positive::sum, multi_positive::per_positive})
    CHECK(says(refusal([&] { of(loss::sup_con{1, 1, form}); }), {"sup_con", "out or in"}));
}
