// SPDX-License-Identifier: BSD-3-Clause
// What every call of an objective refuses before it works: its name in the message, its inputs among its results, no positive.
// Tests engine/objective_checks.hpp, engine/opened_inputs.hpp.
#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/bias/weights.hpp"
#include "foil/foil.hpp"

using namespace table;

TEST_CASE("errors name the function that was called", "[engine]") {
  auto const q = normal_rows<float>(5, 4, 1), k = normal_rows<float>(5, 3, 2), one = normal_rows<float>(1, 4, 3);
  objective const info{loss::info_nce{}};
  outcome<float> r;
  auto const batch = pool::in_batch(k);
  auto const starts = [](std::string const& text, std::string const& with) { return text.rfind("foil: " + with + ":", 0) == 0; };
  CHECK(starts(refusal([&] { info.value_and_grad(q, batch); }), "value_and_grad"));
  CHECK(starts(refusal([&] { info.value(q, batch); }), "value"));
  CHECK(starts(refusal([&] { info.symmetric(q, batch); }), "symmetric"));
  CHECK(starts(refusal([&] { info.value_and_grad_into(r, q, batch); }), "value_and_grad_into"));
  CHECK(starts(refusal([&] { info.symmetric_into(r, q, batch); }), "symmetric_into"));
  CHECK(starts(refusal([&] { info_nce(q, k); }), "info_nce"));
  CHECK(starts(refusal([&] { clip(q, k); }), "clip"));
  CHECK(starts(refusal([&] { nt_xent(q, k); }), "nt_xent"));
  CHECK(starts(refusal([&] { objective{loss::info_nce{.temperature = -1}}.value(q, pool::in_batch(q)); }),
               "info_nce"));  // an option belongs to its struct
  CHECK(starts(refusal([&] { objective{loss::decoupled{}}.value(one, pool::in_batch(one)); }), "value"));
  auto bad = q;
  bad(2, 1) = quiet_nan<float>();
  CHECK(starts(refusal([&] { info.value(bad, pool::in_batch(q)); }), "value"));
  CHECK(starts(refusal([&] { info.symmetric(q, pool::in_batch(bad)); }), "symmetric"));
  CHECK(starts(refusal([&] { mine(bad, pool::bank(q)); }), "mine"));
  CHECK(starts(refusal([&] { unit_rows(bad); }), "unit_rows"));
  std::vector<int> const labels{0, 0, 1, 1, 1};
  CHECK(starts(refusal([&] { sup_con(bad, labels); }), "sup_con"));
}
TEST_CASE("four rows of one class: the message counts the candidates", "[engine]") {
  auto const z = normal_rows<double>(4, 3, 1);
  std::vector<int> const one_class(4, 7);
  auto const text = refusal([&] { objective{loss::decoupled{}}.value(z, pool::self(z, roles::by_label(one_class))); });
  CHECK(says(text, {"row 0", "no negatives", "4 candidates"}));
  CHECK(text.find("batch of 1") == std::string::npos);
}
TEST_CASE("symmetric is refused before rows are looked at", "[engine]") {
  auto const k = normal_rows<float>(6, 4, 2);
  auto q = normal_rows<float>(6, 4, 1);
  q(5, 3) = quiet_nan<float>();  // would be found as soon as rows are opened
  objective const info{loss::info_nce{}};
  CHECK(says(refusal([&] { info.symmetric(q, pool::own(k, 1)); }), {"symmetric", "first pool", "in_batch"}));
  CHECK(says(refusal([&] { objective{loss::hard_contrastive{}}.symmetric(q, pool::in_batch(k)); }), {"symmetric", "columns"}));
  CHECK(says(refusal([&] { objective{loss::triplet{}}.symmetric(q, pool::in_batch(k)); }), {"symmetric", "one by one"}));
  CHECK(says(refusal([&] { info.symmetric(q, pool::weight_gradient(pool::in_batch(k))); }), {"symmetric", "first pool", "weights"}));
  CHECK(says(refusal([&] { info.symmetric(q, pool::in_batch(k), -0.5); }), {"share", "-0.5"}));
  CHECK(says(refusal([&] { info.symmetric(q, pool::in_batch(k), quiet_nan<double>()); }), {"share"}));
  CHECK(says(refusal([&] { info.symmetric(q, pool::in_batch(k), pool::between(k, k, roles::all_negative{})); }), {"pool::between"}));
  std::vector<double> const weights(6, 1.0);
  auto const wide = normal_rows<float>(9, 4, 3);
  objective const weighted{loss::info_nce{}, similarity::cosine{}, reduce::weighted(weights)};
  CHECK(says(refusal([&] { weighted.symmetric(k, pool::in_batch(wide)); }), {"9", "6 weights"}));
}
TEST_CASE("symmetric gives the gradient of a further pool's weights: the rows' own", "[engine]") {
  auto const q = normal_rows<double>(6, 4, 1), k = normal_rows<double>(6, 4, 2), old = normal_rows<double>(300, 4, 3);
  for (std::size_t budget : {std::size_t(0), std::size_t(1) << 26}) {
    objective const info{loss::info_nce{}, similarity::cosine{}, reduce::mean{}, {.budget = budget}};
    auto const bank = pool::weight_gradient(pool::bank(old));
    auto const both = info.symmetric(q, pool::in_batch(k), bank, 0.25), rows = info.value_and_grad(q, pool::in_batch(k), bank);
    CHECK(rows.weights[1].maxCoeff() > 0);
    CHECK((both.weights[1] - 0.25 * rows.weights[1]).cwiseAbs().maxCoeff() < 1e-15);
    auto const without = info.symmetric(q, pool::in_batch(k), pool::bank(old), 0.25);
    CHECK(std::abs(both.value - without.value) < 1e-14);
    CHECK((both.anchors - without.anchors).cwiseAbs().maxCoeff() < 1e-14);
  }
}
TEST_CASE("a result is not an input of the call that writes it", "[engine]") {
  objective const f{loss::info_nce{.temperature = 1}, similarity::dot{}};
  auto const q = normal_rows<double>(7, 5, 1), k = normal_rows<double>(7, 5, 2);
  auto r = f.value_and_grad(q, pool::in_batch(k));
  auto const before = r;
  auto const part = r.anchors.middleRows(2, 1);
  std::vector<idx> const first(7, 0);
  CHECK(says(refusal([&] { f.value_and_grad_into(r, r.anchors, pool::in_batch(k)); }), {"value_and_grad_into", "also an input"}));
  CHECK(says(refusal([&] { f.value_and_grad_into(r, q, pool::in_batch(r.pools[0])); }), {"also an input"}));
  CHECK(says(refusal([&] { f.value_and_grad_into(r, q, pool::in_batch(k), pool::bank(part)); }), {"also an input"}));
  CHECK(says(refusal([&] { f.symmetric_into(r, r.anchors, pool::in_batch(k)); }), {"symmetric_into", "also an input"}));
  CHECK(says(refusal([&] { f.value_and_grad_into(r, pool::given(r.anchors, roles::target(first))); }), {"also an input"}));
  CHECK((r.value == before.value && r.anchors == before.anchors && r.pools[0] == before.pools[0]));
  matrix<double> const copy = r.anchors;
  f.value_and_grad_into(r, copy, pool::in_batch(k));
  CHECK(r.value == f.value(before.anchors, pool::in_batch(k)).value);
}
TEST_CASE("a result is not what a bias, roles or the reduction of the call that writes it view", "[engine]") {
  auto const q = normal_rows<double>(7, 5, 1), k = normal_rows<double>(7, 5, 2);
  matrix<double> const ones = matrix<double>::Ones(7, 7);
  objective const f{loss::info_nce{.temperature = 1}};
  auto r = f.value_and_grad(q, pool::weight_gradient(pool::in_batch(k, roles::diagonal{}, bias::weights(ones))));
  auto const before = r;
  auto const seen = [&](auto const& run) { return says(refusal([&] { run(r); }), {"value_and_grad_into", "also an input"}); };
  objective const by_rows{loss::info_nce{.temperature = 1}, similarity::cosine{}, reduce::weighted(r.rows)};
  CHECK(seen([&](auto& to) { by_rows.value_and_grad_into(to, q, pool::in_batch(k)); }));
  CHECK(seen([&](auto& to) { f.value_and_grad_into(to, q, pool::in_batch(k, roles::diagonal{}, bias::weights(r.weights[0]))); }));
  CHECK(seen([&](auto& to) { f.value_and_grad_into(to, q, pool::in_batch(k, roles::diagonal{}, bias::log_q(r.rows))); }));
  CHECK(seen([&](auto& to) { f.value_and_grad_into(to, q, pool::in_batch(k, roles::diagonal{}, bias::taper(r.weights[0]))); }));
  std::vector<double> const limits(7, 2.0);
  CHECK(seen([&](auto& to) { f.value_and_grad_into(to, q, pool::in_batch(k, roles::diagonal{}, bias::guide(r.anchors, k, limits))); }));
  CHECK((r.value == before.value && r.rows == before.rows && r.weights[0] == before.weights[0]));
  outcome<double> apart;
  by_rows.value_and_grad_into(apart, q, pool::in_batch(k));
  CHECK(apart.value > 0);
}
TEST_CASE("losses that couple rows, or take the whole field, say what they cannot do", "[engine]") {
  auto const q = normal_rows<double>(6, 4, 1), k = normal_rows<double>(6, 4, 2);
  std::vector<double> const weights{1, 0, 0, 0, 0, 0};
  auto const told = [&](auto const& l, auto const& reduction, auto const& pool) {
    return refusal([&] { objective{l, similarity::cosine{}, reduction}.value(q, pool); });
  };
  std::vector<int> const labels{0, 0, 1, 1, 2, 2};
  loss::angular const whole{labels};
  auto const batch = pool::in_batch(k);
  auto const self = pool::self(q);
  CHECK(says(told(loss::contrastive_pair{}, reduce::sum{}, batch), {"value", "reduces them itself", "reduce::mean"}));
  CHECK(says(told(loss::focal{}, reduce::weighted(weights), batch), {"value", "reduces them itself"}));
  CHECK(says(told(whole, reduce::all_rows_mean{}, self), {"value", "reduces them itself"}));
  CHECK(told(whole, reduce::mean{}, self).empty());
  CHECK(says(told(whole, reduce::mean{}, pool::self(q, roles::diagonal{}, bias::max_score{0.5})), {"whole field", "filters"}));
  auto bad = q;
  bad(2, 1) = quiet_nan<double>();
  objective const skips{whole, similarity::cosine{}, reduce::mean{}, {.bad_rows = bad_rows::skip}};
  CHECK(says(refusal([&] { skips.value(bad, pool::self(bad)); }), {"value", "cannot skip", "anchors"}));
  CHECK(says(refusal([&] { skips.value(q, pool::in_batch(bad)); }), {"value", "cannot skip", "pool"}));
  CHECK(skips.value(q, self).value == objective{whole}.value(q, self).value);
}
/// d value / d weights against differences, wherever a pair is: a positive, a negative, absent, dropped, of weight 0.
template <class L, class Pool>
double worst_weight_slope(L const& l, matrix<double> const& q, matrix<double> w, Pool const& pool_of) {
  objective const f{l};
  auto const r = f.value_and_grad(q, pool::weight_gradient(pool_of(w)));
  double worst = 0;
  for (idx i = 0; i < w.rows(); ++i)
    for (idx j = 0; j < w.cols(); ++j) {
      double const own = w(i, j), step = 1e-6;
      auto const at = [&](double x) { return w(i, j) = x, f.value(q, pool_of(w)).value; };
      double const slope =
          own > 0 ? (at(own + step) - at(own - step)) / (2 * step) : (4 * at(step) - 3 * at(0) - at(2 * step)) / (2 * step);
      w(i, j) = own;
      worst = (std::max)(worst, std::abs(r.weights[0](i, j) - slope));
    }
  return worst;
}
TEST_CASE("the cosine of rows of one number has no gradient", "[engine]") {
  matrix<float> const q = (matrix<float>(4, 1) << .1257f, -.1321f, .6404f, .1049f).finished(),
                      k = (matrix<float>(4, 1) << .001f, .3616f, 1.304f, .947f).finished();
  auto const r = objective(loss::info_nce{0.3}).value_and_grad(q, pool::in_batch(k));
  CHECK((r.anchors.isZero(0) && r.pools[0].isZero(0)));
}
TEST_CASE("the gradient of weights that a number cannot hold is refused by row", "[engine]") {
  auto const sentence = [](auto zero, double t) {
    using S = decltype(zero);
    matrix<S> const scores = (matrix<S>(2, 2) << 0, 0, 2, 0).finished(), w = (matrix<S>(2, 2) << 1, 1, 0, 1).finished();
    return refusal([&] {
      objective(loss::info_nce{t}).value_and_grad(pool::weight_gradient(pool::given(scores, roles::diagonal{}, bias::weights(w))));
    });
  };
  CHECK(says(sentence(0.f, 0.01), {"value_and_grad", "weights of row 1", "float"}));
  CHECK(sentence(0.f, 0.03).empty());  // e^67
  CHECK(says(sentence(0., 0.002), {"value_and_grad", "weights of row 1", "double"}));
  CHECK(sentence(0., 0.004).empty());
  // Beside 100 other pairs e^89 is a float.
  matrix<float> scores = matrix<float>::Zero(1, 101), w = matrix<float>::Ones(1, 101);
  scores(0, 100) = 8.9f, w(0, 100) = 0;
  auto const r =
      objective(loss::info_nce{0.1}).value_and_grad(pool::weight_gradient(pool::given(scores, roles::diagonal{}, bias::weights(w))));
  CHECK(double(r.weights[0](0, 100)) == Approx(std::exp(89.0) / 100).epsilon(1e-4));
}
TEST_CASE("the gradient of weights is 0 where a weight does not act", "[engine]") {
  auto const z = normal_rows<double>(6, 4, 1);
  std::vector<int> const labels{0, 0, 0, 1, 1, 2};
  matrix<double> w = normal_rows<double>(6, 6, 3).cwiseAbs();
  for (bool on_positives : {false, true}) {
    auto const filtered = [&](matrix<double> const& x) {
      return pool::self(z, roles::by_label(labels), bias::weights(x, on_positives), bias::max_score{0.6});
    };
    auto const weighed_twice = [&](matrix<double> const& x) {
      return pool::self(z, roles::by_label(labels), bias::ramp{}, bias::weights(x, on_positives));
    };
    auto const worst = [&](auto const& l) {
      return (std::max)(worst_weight_slope(l, z, w, filtered), worst_weight_slope(l, z, w, weighed_twice));
    };
    w(0, 4) = 0;
    CHECK(worst(loss::info_nce{.temperature = 0.3}) < 1e-7);
    CHECK(worst(loss::info_nce{.temperature = 0.3, .positives = loss::multi_positive::in}) < 1e-7);
    CHECK(worst(loss::info_nce{.temperature = 0.3, .positives = loss::multi_positive::per_positive}) < 1e-7);
    CHECK(worst(loss::decoupled{}) < 1e-6);
    CHECK(worst(loss::circle{}) < 1e-5);
    CHECK(worst(loss::multi_similarity{}) < 1e-5);
    w(0, 4) = 0.3;  // the number of negatives is a step where a weight becomes 0
    CHECK(worst(loss::hcl{}) < 1e-6);
  }
  // An anchor's own column at a cold temperature is where e^u is largest.
  auto const cold = objective{loss::info_nce{.temperature = 0.001}}.value_and_grad(
      z, pool::weight_gradient(pool::self(z, roles::by_label(labels), bias::weights(w))));
  CHECK(cold.weights[0].diagonal().cwiseAbs().maxCoeff() == 0);
}
TEST_CASE("a loss that needs positives refuses pools that cannot hold one", "[engine]") {
  auto const q = normal_rows<double>(4, 3, 1), k = normal_rows<double>(6, 3, 2);
  auto const told = [&](auto const& loss) { return refusal([&] { objective{loss}.value_and_grad(q, pool::bank(k)); }); };
  CHECK(says(told(loss::info_nce{}), {"no pool can hold a positive", "roles::target"}));
  CHECK(says(told(loss::hardest_triplet{}), {"no pool can hold a positive"}));
  CHECK(says(told(loss::triplet{}), {"no pool can hold a positive"}));
  CHECK(says(refusal([&] { objective{loss::info_nce{}}.value(q, pool::self(q)); }), {"no pool can hold a positive"}));
  objective const apart{loss::uniformity{}, similarity::neg_sq_l2{}};
  CHECK(apart.value(q, pool::self(q)).rows_used == 4);
  CHECK(says(refusal([&] { apart.value(q, pool::bank(k, roles::all_negative{}, bias::relative_margin{0.05})); }),
             {"value", "relative_margin", "no pool can hold one", "roles::target"}));
  CHECK(apart.value(q, pool::bank(k, roles::all_negative{}, bias::max_score{1e9})).rows_used == 4);
  std::vector<int> const lonely{0, 1, 2, 3};  // labels may leave a batch without a pair: that is counted, not refused
  auto const r = objective{loss::sup_con{}}.value(q, pool::self(q, roles::by_label(lonely)));
  CHECK((r.value == 0 && r.without_positive == 4 && r.rows_used == 0));
}
TEST_CASE("n_pair: a side without rows has no term", "[engine]") {
  auto const none = normal_rows<float>(0, 4, 1), three = normal_rows<float>(3, 4, 2);
  CHECK(n_pair(none, none, 0.5).value == 0);
  auto const r = n_pair(none, three, 0.5);
  CHECK(r.value == Approx(0.25 * three.squaredNorm() / 3));
  CHECK((r.pools[0] - three * (0.5f / 3)).cwiseAbs().maxCoeff() < 1e-6f);
}
TEST_CASE("sums of losses and of gradients that float does not hold are refused", "[engine]") {
  auto const z = normal_rows<float>(4, 3, 1), other = normal_rows<float>(4, 3, 2);
  matrix<float> const large = z * 1e12f;
  CHECK(says(refusal([&] { n_pair(large, large, 1e15); }), {"n_pair: the loss, inf, is more than float holds"}));
  auto const sphere = [&](double lambda, auto const& a, auto const& b, bool unit) {
    return refusal([&] { alignment_uniformity(a, b, 2, 1, lambda, unit); });
  };
  CHECK(says(sphere(1e15, large, large, false), {"alignment_uniformity: the loss, -inf, is more than float holds"}));
  matrix<float> const small = z * 1e-25f, short_ones = other * 1e-25f;
  CHECK(says(sphere(1e15, small, other, true), {"alignment_uniformity: the gradient of row 0 of the first view is more than float holds"}));
  CHECK(says(sphere(1e15, z, short_ones, true), {"the gradient of row 0 of the second view is more than float holds"}));
  CHECK(sphere(1, small, other, true) == "");
  objective const products{loss::info_nce{1}, similarity::dot{}};
  matrix<float> const across = other * 1e12f;
  CHECK(says(refusal([&] { two_views(products, large, across, 1e15); }), {"two_views: the loss, inf, is more than float holds"}));
  std::vector<idx> const dims{2, 3};
  std::vector<double> const weights{1e30, 1e30};
  CHECK(says(refusal([&] { matryoshka(products, dims, weights, large, pool::in_batch(across)); }),
             {"matryoshka: the loss, inf, is more than float holds"}));
}
TEST_CASE("alignment_uniformity: its arguments by its own name", "[engine]") {
  auto const z = normal_rows<float>(4, 3, 1);
  CHECK(says(refusal([&] { alignment_uniformity(z, z, 1000); }), {"alignment_uniformity: alpha", "1000"}));
  CHECK(says(refusal([&] { alignment_uniformity(z, z, 2, 0); }), {"alignment_uniformity: t", "0"}));
}
TEST_CASE("clip: the log scale by its name, in its range", "[engine]") {
  auto const q = normal_rows<double>(4, 3, 1), k = normal_rows<double>(4, 3, 2);
  CHECK(clip(q, k, {.log_scale = std::log(1 / 0.07)}).value ==
        Approx(objective{loss::info_nce{.temperature = 0.07}}.symmetric(q, pool::in_batch(k)).value));
  for (double t : {100.0, -100.0, quiet_nan<double>(), infinity<double>()})
    CHECK(says(refusal([&] { clip(q, k, {.log_scale = t}); }), {"clip", "log_scale"}));
}

TEST_CASE("with_temperature: the loss at another temperature, where the loss has one", "[engine]") {
  auto const q = normal_rows<double>(5, 4, 1), k = normal_rows<double>(5, 4, 2);
  objective const f{loss::info_nce{.temperature = 0.3}, similarity::dot{}, reduce::sum{}};
  auto const at = [&](double t) { return objective{loss::info_nce{.temperature = t}, similarity::dot{}, reduce::sum{}}; };
  CHECK(same_bits(f.with_temperature(0.07).value_and_grad(q, pool::in_batch(k)), at(0.07).value_and_grad(q, pool::in_batch(k))));
  CHECK(same_bits(f.value_and_grad(q, pool::in_batch(k)), at(0.3).value_and_grad(q, pool::in_batch(k))));
  auto const sig = objective{loss::siglip{}}.with_temperature(0.25).value_and_grad(q, pool::in_batch(k));
  CHECK(sig.scale_used == Approx(4).epsilon(1e-14));
  using loss::hard_form;
  objective const soft{loss::hard_contrastive{.form = hard_form::softmax}}, simple{loss::hard_contrastive{.form = hard_form::simple}};
  CHECK(refusal([&] { soft.with_temperature(0.2); }).empty());
  CHECK(says(refusal([&] { simple.with_temperature(0.2); }), {"with_temperature", "does not depend on its temperature"}));
  for (double const t : {0.0, -1.0, std::nan("")})
    CHECK(says(refusal([&] { f.with_temperature(t).value(q, pool::in_batch(k)); }), {"temperature"}));
}
TEST_CASE("info_nce: a row whose positives have weight 0, without a negative, has value and gradient 0", "[engine]") {
  auto const q = normal_rows<double>(2, 3, 1), k = normal_rows<double>(2, 3, 2);
  matrix<double> w = matrix<double>::Ones(2, 2);
  w(0, 0) = 0;
  std::vector<unsigned char> const positive{1, 0, 0, 1}, negative{0, 0, 1, 0};
  auto const batch = pool::in_batch(k, roles::masks(positive, negative, 2), bias::weights(w, true));
  for (auto form : {loss::multi_positive::out, loss::multi_positive::per_positive}) {
    objective const f{loss::info_nce{.temperature = 0.3, .positives = form}};
    auto const r = f.value_and_grad(q, batch);
    CHECK((r.rows[0] == 0 && r.anchors.row(0).isZero()));
    CHECK(check_gradient(f, q, batch).error < 1e-6);
  }
}
TEST_CASE("symmetric: a column whose negatives were filtered away leaves the mean; one that had none is refused", "[engine]") {
  auto const q = normal_rows<double>(3, 2, 1), k = normal_rows<double>(3, 2, 2);
  std::vector<unsigned char> const keep{1, 1, 1, 0, 1, 1, 0, 1, 1}, keep_back{1, 0, 0, 1, 1, 1, 1, 1, 1};
  auto const there = pool::in_batch(k, roles::diagonal{}, bias::mask(keep, 3));
  auto const back = pool::in_batch(q, roles::diagonal{}, bias::mask(keep_back, 3));
  for (idx tile : {1, 256}) {
    objective const f{loss::decoupled{0.3}, similarity::cosine{}, reduce::mean{}, {.budget = 0, .tile = {tile, tile}}};
    CHECK(f.symmetric(q, there).value == Approx((f.value(q, there).value + f.value(k, back).value) / 2).epsilon(1e-12));
    CHECK(says(refusal([&] { f.symmetric(q.topRows(1), pool::in_batch(k)); }), {"symmetric", "column 0 has no negatives"}));
  }
}
TEST_CASE("two_views: errors bear its name, or that of the call it is in", "[engine]") {
  auto const z = normal_rows<double>(4, 3, 1);
  auto bad = z;
  bad(1, 1) = quiet_nan<double>();
  objective const f{loss::info_nce{}};
  CHECK(says(refusal([&] { two_views(f, bad, z); }), {"two_views: anchors"}));
  CHECK(says(refusal([&] { nt_xent(bad, z); }), {"nt_xent: anchors"}));
  CHECK(says(refusal([&] { macl(z, bad); }), {"macl: "}));
}
TEST_CASE("a result is not the ids or labels of the call that writes it", "[engine]") {
  auto const q = normal_rows<double>(6, 4, 1), table = normal_rows<double>(9, 4, 2);
  std::vector<int> const labels{0, 0, 1, 1, 2, 2};
  std::vector<idx> const ids{3, 3, 5, 7, 7, 8};
  objective const f{loss::info_nce{.temperature = 0.3}};
  auto r = f.value_and_grad(q, pool::self(q, roles::by_label(labels)), pool::listed(table, ids, 1));
  auto const before = r;
  auto const seen = [&](auto const& run) { return says(refusal([&] { run(r); }), {"value_and_grad_into", "also an input"}); };
  CHECK(seen([&](auto& to) { f.value_and_grad_into(to, q, pool::self(q, roles::by_label(r.positives))); }));
  CHECK(seen([&](auto& to) { f.value_and_grad_into(to, q, pool::bank(table, roles::target(r.kept))); }));
  CHECK(seen([&](auto& to) { f.value_and_grad_into(to, q, pool::self(q, roles::by_label(labels), bias::same_id(r.kept, labels))); }));
  std::vector<idx> const offsets{0, 1, 2, 3, 4, 5, 6};
  CHECK(seen([&](auto& to) { f.value_and_grad_into(to, q, pool::bank(table, roles::listed(offsets, r.kept))); }));
  CHECK(seen([&](auto& to) { f.value_and_grad_into(to, q, pool::self(q, roles::by_label(labels), bias::listed(offsets, r.positives))); }));
  CHECK(seen([&](auto& to) { f.value_and_grad_into(to, q, pool::self(q, roles::by_label(labels)), pool::proxies(table, r.kept)); }));
  objective const angles{loss::angular{.labels = r.positives}};
  CHECK(seen([&](auto& to) { angles.value_and_grad_into(to, q, pool::self(q)); }));
  CHECK((r.value == before.value && r.kept == before.kept && r.positives == before.positives));
  f.value_and_grad_into(r, q.topRows(4), pool::self(q.topRows(4), roles::by_label(std::span(labels).first(4))),
                        pool::listed(table, r.pools[1].ids, 1));  // these are looked up before anything is written
  CHECK(r.pools[1].ids == before.pools[1].ids);
}

TEST_CASE("a loss of the whole field refuses slots without a candidate, unless its lists end before them", "[engine]") {
  auto const q = normal_rows<double>(2, 3, 1), documents = normal_rows<double>(5, 3, 2);
  matrix<double> const target = matrix<double>::Identity(2, 4);
  std::vector<int> const ids{0, 1, -1, 2, 3, 4}, whole{0, 1, 0, 2, 3, 4}, labels{0, 1}, lengths{3, 4}, too_long{4, 4};
  auto const short_of_one = pool::listed(documents, ids, 3), full = pool::listed(documents, whole, 3);
  auto const lists = [&](loss::list_options const& o) { return objective{loss::on_lists(loss::cross_entropy{}, target, o)}; };
  auto const first = pool::own(q, 1);
  CHECK(says(refusal([&] { lists({}).value(q, first, short_of_one); }), {"value: slot 2 of anchor 0 in listed pool 1", "lengths"}));
  CHECK(says(refusal([&] { lists({.lengths = too_long}).value(q, first, short_of_one); }), {"slot 2 of anchor 0"}));
  CHECK(lists({.lengths = lengths}).value(q, first, short_of_one).value == lists({.lengths = lengths}).value(q, first, full).value);
  objective const centres{loss::sub_center_softmax{.labels = labels, .per_class = 1}};
  CHECK(says(refusal([&] { centres.value_and_grad(q, short_of_one); }), {"value_and_grad: slot 2 of anchor 0 in listed pool 0"}));
  CHECK(centres.value_and_grad(q, pool::optional(false, short_of_one), full).value == centres.value(q, full).value);
}
TEST_CASE("margins to each positive are of mining; losses refuse them", "[engine]") {
  auto const q = normal_rows<double>(3, 4, 1), k = normal_rows<double>(6, 4, 2);
  std::vector<int> const of_rows{0, 1, 2}, of_columns{0, 0, 1, 1, 2, 2};
  roles::by_label const labels(of_rows, of_columns);
  objective const f{loss::info_nce{.positives = loss::multi_positive::per_positive}};
  auto const absolute = pool::bank(k, labels, bias::absolute_margin{.positive = reference::each});
  CHECK(says(refusal([&] { f.value(q, absolute); }), {"value: bias::absolute_margin", "each", "lowest or highest"}));
  CHECK(says(refusal([&] { f.value(q, pool::bank(k, labels, bias::relative_margin{.positive = reference::each})); }),
             {"bias::relative_margin", "lowest or highest"}));
  CHECK(mine(q, absolute, {.negatives = 2}).rows == 6);
}
