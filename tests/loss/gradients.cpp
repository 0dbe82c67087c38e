// SPDX-License-Identifier: BSD-3-Clause
// Every loss that is not streamed: its gradient is the finite difference of its value. One line each.
#include <functional>

#include "../catch.hpp"
#include "../rows.hpp"
#include "foil/core/random.hpp"
#include "foil/listwise/adore.hpp"
#include "foil/listwise/ar2_retriever.hpp"
#include "foil/listwise/lambda_loss.hpp"
#include "foil/listwise/nbpo.hpp"
#include "foil/listwise/nce.hpp"
#include "foil/listwise/ps_kd.hpp"
#include "foil/listwise/rerank_pair_list.hpp"
#include "foil/listwise/sade.hpp"
#include "foil/listwise/soft_label_kl.hpp"
#include "foil/loss/circle.hpp"
#include "foil/policy/dpo.hpp"
#include "foil/policy/ipo.hpp"
#include "foil/policy/kto.hpp"
#include "foil/policy/orpo.hpp"
#include "foil/policy/ppo_clip.hpp"
#include "foil/policy/redi.hpp"
#include "foil/policy/simpo.hpp"
#include "foil/policy/step_advantages.hpp"
#include "foil/policy/topr.hpp"
#include "foil/pool/given.hpp"
#include "foil/pool/self.hpp"
#include "foil/recipe/lists.hpp"
#include "foil/recipe/margin_loss.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/similarity.hpp"

namespace {

using namespace foil;
using numbers = matrix<double>;

struct evaluated {
  double value;
  numbers gradient;
};
struct line {
  std::string name;
  numbers x;  ///< where it is differentiated
  std::function<evaluated(numbers const&)> f;
};

numbers whole(idx n, idx d, int below, std::uint64_t seed) {
  random_stream draw(seed, purpose::sample);
  numbers x(n, d);
  for (idx k = 0; k < x.size(); ++k) x.data()[k] = double(draw.below(below));
  return x;
}
std::span<double const> row(numbers const& x, idx i) { return {x.data() + i * x.cols(), std::size_t(x.cols())}; }
numbers stacked(std::vector<std::vector<double>> const& rows) {
  numbers x(idx(rows.size()), idx(rows[0].size()));
  for (idx k = 0; k < x.size(); ++k) x.data()[k] = rows[std::size_t(k / x.cols())][std::size_t(k % x.cols())];
  return x;
}

std::vector<int> const labels{0, 1, 0, 2, 1, 0, 2};

/// x [2, B]: the log-probabilities of chosen and rejected answers.
template <class L>
line preference(std::string name, L loss) {
  numbers x = normal_rows(2, 6, 1, 4);
  for (idx k = 0; k < x.size(); ++k) x.data()[k] = -1 - std::abs(x.data()[k]);
  return {name, x, [loss](numbers const& at) -> evaluated {
            static std::vector<int> const a{3, 7, 1, 0, 9, 4}, b{5, 2, 1, 8, 3, 6};
            static numbers const fixed = normal_rows(4, 6, 2, 4);
            loss::pair_terms const t = loss.terms();
            auto const given = [&](bool wanted, idx i) { return wanted ? row(fixed, i) : std::span<double const>{}; };
            auto const r =
                value_and_grad(loss, loss::preference_pairs<double>{row(at, 0), row(at, 1), given(t.reference, 0), given(t.reference, 1), a,
                                                                    b, given(t.rewards, 2), given(t.rewards, 3)});
            return {r.value, stacked({r.chosen, r.rejected})};
          }};
}
/// Lists of unequal lengths, mean and sum in turn.
template <class L>
line list(std::string name, L loss, numbers targets, bool sum = false) {
  return {name, normal_rows(4, 7, 3, 1.5), [=](numbers const& at) -> evaluated {
            static std::vector<int> const lengths{7, 5, 6, 7};
            loss::list_options const o{sum ? loss::list_reduction::sum : loss::list_reduction::mean, lengths};
            auto const r = loss::value_and_grad_lists(loss, at, targets, o);
            return {r.value, r.scores};
          }};
}
std::vector<line> table() {
  using namespace loss;
  std::vector<line> t{
      preference("dpo", dpo{.beta = 0.3}),
      preference("cdpo", cdpo{.beta = 0.3, .flipped = 0.2}),
      preference("rdpo", rdpo{.beta = 0.3, .flipped = 0.2}),
      preference("hinge_preference", hinge_preference{.beta = 0.3}),
      preference("ipo", ipo{.beta = 0.3}),
      preference("ipo per token", ipo{.beta = 0.3, .per_token = true}),
      preference("sharpen_regression", sharpen_regression{.beta = 0.3}),
      preference("simpo", simpo{}),
      preference("orpo", orpo{.lambda = 0.7}),
      preference("orpo of tokens", orpo{.lambda = 0.7, .token_mean = true}),
      preference("redi", redi{}),
      preference("redi tapered", redi{.alpha = 0.8, .gamma = 0.6}),
      list("bpr", bpr{}, normal_rows(4, 7, 6).cwiseAbs()),
      list("bpr sum", bpr{}, whole(4, 7, 2, 6), true),
      list("margin_mse", loss::margin_mse{}, normal_rows(4, 7, 6)),
      list("adore", adore{.sigma = 0.7},
           stacked({{1, 0, 0, 1, 0, 1, 0}, {0, 0, 1, 0, 0, 1, 1}, {0, 1, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 0, 1}})),
      list("adore cut", adore{.metric_cut = 3},
           stacked({{1, 0, 0, 1, 0, 1, 0}, {0, 0, 1, 0, 0, 1, 1}, {0, 1, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 0, 1}})),
      list("nbpo", nbpo{.alpha = 0.1, .beta = 0.3}, whole(4, 7, 2, 8)),
      list("bpo", nbpo{}, whole(4, 7, 2, 8), true),
      list("nce", nce{.nu = 3, .data = 2}, normal_rows(4, 7, 6)),
      list("cross_entropy", cross_entropy{.temperature = 0.4}, normal_rows(4, 7, 6)),
      list("list_net", list_net{}, normal_rows(4, 7, 6)),
      list("soft_label_kl", soft_label_kl{.temperature = 0.4, .eps = 0}, normal_rows(4, 7, 6)),
      list("soft_label_kl eps", soft_label_kl{.temperature = 0.4, .eps = 0.01}, normal_rows(4, 7, 6)),
      list("soft_label_kl js", soft_label_kl{.temperature = 0.4, .eps = 0, .divergence = divergence::js}, normal_rows(4, 7, 6)),
      list("soft_label_kl one way", soft_label_kl{.temperature = 0.4, .eps = 0.01, .divergence = divergence::kl_q_p}, normal_rows(4, 7, 6),
           true),
  };
  for (auto scheme :
       {lambda_scheme::ranknet, lambda_scheme::ndcg1, lambda_scheme::lambdarank, lambda_scheme::ndcg2, lambda_scheme::ndcg2pp})
    for (bool both : {false, true})
      t.push_back(list("lambda_loss " + std::to_string(int(scheme)), lambda_loss{.scheme = scheme, .k = 4, .sigma = 0.8, .both = both},
                       whole(4, 7, 4, 9)));

  t.push_back({"kto", normal_rows(1, 6, 10, 3), [](numbers const& at) -> evaluated {
                 static numbers const ref = normal_rows(1, 6, 11, 3);
                 static std::vector<unsigned char> const desirable{1, 0, 0, 1, 1, 0};
                 auto const r = value_and_grad(kto{0.4, 0.3, 1.3, 0.8}, row(at, 0), row(ref, 0), desirable);
                 return {r.value, stacked({r.gradient})};
               }});
  t.push_back({"ppo_clip", normal_rows(1, 8, 12), [](numbers const& at) -> evaluated {
                 static numbers const fixed = normal_rows(2, 8, 13);
                 static std::vector<unsigned char> const mask{1, 1, 0, 1, 1, 1, 0, 1};
                 auto const r = value_and_grad(ppo_clip{}, row(at, 0), row(fixed, 0), row(fixed, 1), mask);
                 return {r.value, stacked({r.gradient})};
               }});
  for (auto level : {ratio_of::sequence, ratio_of::token, ratio_of::geomean})
    for (bool norm : {false, true})
      t.push_back({"topr potential " + std::to_string(int(level)), normal_rows(5, 4, 14, 0.5), [=](numbers const& at) -> evaluated {
                     static numbers const mu = normal_rows(5, 4, 15, 0.5);
                     static std::vector<double> const reward{1, -1, 0.5, -2, -0.3};
                     static std::vector<unsigned char> const mask{1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1};
                     auto const r = value_and_grad(topr{{0.5, 2}, {0.1, 1.5}, -0.1, level, norm}, at, mu, reward, mask);
                     return {r.potential, r.gradient};
                   }});
  t.push_back({"advantage_weighted_nll", normal_rows(1, 5, 16), [](numbers const& at) -> evaluated {
                 static std::vector<double> const advantage{0.3, -0.2, 0, 1, -2};
                 auto const r = advantage_weighted_nll(advantage, row(at, 0));
                 return {r.value, stacked({r.gradient})};
               }});
  t.push_back({"ar2_retriever", normal_rows(4, 5, 17), [](numbers const& at) -> evaluated {
                 auto const r = ar2_retriever(at, normal_rows(4, 5, 18),
                                              {.adv_lambda = 0.3, .ranker_temperature = 0.6, .scale_dim = 9, .sum_adversarial = true});
                 return {r.value, r.retriever};
               }});
  t.push_back({"ps_kd", normal_rows(4, 5, 17), [](numbers const& at) -> evaluated {
                 static std::vector<int> const classes{4, 0, 2, 2};
                 auto const r = ps_kd(at, classes, normal_rows(4, 5, 18).cwiseAbs().eval(), {.alpha_final = 0.7, .epoch = 3, .epochs = 5});
                 return {r.value, r.logits};
               }});
  t.push_back({"rerank_pair_list", normal_rows(4, 8, 19), [](numbers const& at) -> evaluated {
                 static std::vector<int> const slot{3, 0, 2, 2};
                 numbers const p = at.leftCols(2), n = at.middleCols(2, 2), l = at.rightCols(4);
                 auto const r = rerank_pair_list(p, n, l, slot, 0.6);
                 numbers g(4, 8);
                 g << r.positive, r.negative, r.list_logits;
                 return {r.value, g};
               }});
  t.push_back({"sade", normal_rows(4, 9, 20), [](numbers const& at) -> evaluated {
                 static std::vector<int> const classes{2, 0, 1, 1};
                 static std::vector<double> const counts{100, 7, 30};
                 numbers const a = at.leftCols(3), b = at.middleCols(3, 3), c = at.rightCols(3);
                 auto const r = sade(a, b, c, counts, classes, 1.5);
                 numbers g(4, 9);
                 g << r.expert1, r.expert2, r.expert3;
                 return {r.value, g};
               }});
  t.push_back(
      {"margin_mse on embeddings", normal_rows(12, 5, 21), [](numbers const& at) -> evaluated {  // 3 queries, 3 positives, 6 negatives
         numbers const q = at.topRows(3), p = at.middleRows(3, 3), n = at.bottomRows(6);
         auto const r = foil::margin_mse(q, p, n, normal_rows(3, 3, 22), similarity::cosine{});
         numbers g(12, 5);
         g << r.anchors, r.pools[0], r.pools[1];
         return {r.value, g};
       }});
  t.push_back({"star on embeddings", normal_rows(12, 5, 23, 0.7), [](numbers const& at) -> evaluated {
                 numbers const q = at.topRows(4), d = at.middleRows(4, 4), h = at.bottomRows(4);
                 numbers const mask = numbers::Ones(4, 4) - numbers(numbers::Identity(4, 4));
                 auto const r = foil::star(q, d, mask, h, normal_rows(4, 4, 24).cwiseAbs().eval());
                 numbers g(12, 5);
                 g << r.anchors, r.pools[0], r.pools[1];
                 return {r.value, g};
               }});
  return t;
}

}  // namespace

TEST_CASE("gradients: every loss on lists, pairs and log-probabilities has that of its value", "[loss]") {
  constexpr double h = 1e-5;
  for (line const& l : table()) {
    INFO(l.name);
    numbers const gradient = l.f(l.x).gradient;
    REQUIRE(gradient.rows() == l.x.rows());
    REQUIRE(gradient.cols() == l.x.cols());
    CHECK(gradient.cwiseAbs().maxCoeff() > 1e-4);
    for (idx k = 0; k < l.x.size(); ++k) {
      numbers up = l.x, down = l.x;
      up.data()[k] += h, down.data()[k] -= h;
      double const slope = (l.f(up).value - l.f(down).value) / (2 * h);
      if (std::abs(slope - gradient.data()[k]) > 1e-7)
        FAIL_CHECK(l.name << ", element " << k << ": " << gradient.data()[k] << ", differences say " << slope);
    }
  }
}

TEST_CASE("circle: its gradient is that of the loss with the weights held", "[loss]") {
  numbers u = normal_rows(7, 7, 5);
  for (idx k = 0; k < u.size(); ++k) u.data()[k] = std::tanh(u.data()[k]);
  double const m = 0.3, gamma = 4;
  numbers const held = u;
  auto const value = [&](numbers const& at) {
    double sum = 0, rows = 0;
    for (idx i = 0; i < 7; ++i) {
      double p = 0, n = 0;
      for (idx j = 0; j < 7; ++j) {
        if (i == j) continue;
        if (labels[std::size_t(i)] == labels[std::size_t(j)])
          p += std::exp(-gamma * (std::max)(0.0, 1 + m - held(i, j)) * (at(i, j) - 1 + m));
        else
          n += std::exp(gamma * (std::max)(0.0, held(i, j) + m) * (at(i, j) - m));
      }
      if (p > 0 && n > 0) sum += std::log1p(p * n), ++rows;
    }
    return sum / rows;
  };
  auto const r = objective(loss::circle{m, gamma}).value_and_grad(pool::given(u, roles::by_label(labels)));
  CHECK(r.value == Approx(value(u)).epsilon(1e-13));
  for (idx k = 0; k < u.size(); ++k) {
    numbers up = u, down = u;
    up.data()[k] += 1e-5, down.data()[k] -= 1e-5;
    CHECK(std::abs((value(up) - value(down)) / 2e-5 - r.pools[0].data()[k]) < 1e-8);
  }
}

TEST_CASE("margin_loss: the boundary's gradient is the finite difference, and it lists no triplet that it does not have", "[loss]") {
  auto const z = normal_rows(7, 4, 30);
  auto const at = [&](double beta) { return margin_loss(z, labels, {.beta = beta}, 0.3, similarity::normalized<similarity::neg_l2>{}); };
  auto const r = at(1.1);
  CHECK((at(1.1 + 1e-6).batch.value - at(1.1 - 1e-6).batch.value) / 2e-6 == Approx(r.beta).epsilon(1e-6));
  // by triplets
  auto const d = [&](idx i, idx j) { return (z.row(i).normalized() - z.row(j).normalized()).norm(); };
  double sum = 0, count = 0;
  for (idx a = 0; a < 7; ++a)
    for (idx p = 0; p < 7; ++p)
      for (idx n = 0; n < 7; ++n) {
        auto const l = [&](idx i) { return labels[std::size_t(i)]; };
        if (a == p || l(a) != l(p) || l(a) == l(n)) continue;
        double const x = d(a, p) - 1.1 + 0.2, y = 1.1 - d(a, n) + 0.2;
        sum += (std::max)(x, 0.0) + (std::max)(y, 0.0), count += (x > 0) + (y > 0);
      }
  CHECK(r.batch.value == Approx(sum / count + 0.3 * 1.1).epsilon(1e-12));
}
