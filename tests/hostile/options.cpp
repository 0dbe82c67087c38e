// SPDX-License-Identifier: BSD-3-Clause
// Options beyond their ranges at the functions that users call: named before anything is written, and just inside: numbers.
#include "../refusal.hpp"
#include "bounds.hpp"
#include "foil/foil.hpp"

using namespace foil;
using hostile::at_bounds;

TEST_CASE("options: those of other calls are named, and at their bounds give numbers", "[hostile]") {
  std::vector<double> const x{-0.7, -0.2, -1.5, -0.4}, y{-0.9, -0.3, -1.1, -0.6};
  std::span<double const> const a(x), b(y);
  std::vector<idx> const lengths{3, 1, 4, 2}, labels{0, 1, 2, 0}, answers{0, 0, 1, 2};
  std::vector<unsigned char> const marks{1, 0, 1, 1};
  matrix<double> m(4, 3), t(4, 3);
  m << 0.3, -0.2, 0.9, 1.1, 0.4, -0.6, 0.2, 0.1, 0.5, -0.4, 0.8, 0.7;
  t << 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0;
  using hostile::fine;
  auto const pairs = [&](auto loss, loss::preference_pairs<double> p) {
    at_bounds(loss, [p](auto const& o) {
      auto const r = value_and_grad(o, p);
      return fine(double(r.value)) && fine(r.chosen) && fine(r.rejected);
    });
  };
  loss::preference_pairs<double> plain;
  plain.chosen = a, plain.rejected = b;
  loss::preference_pairs<double> bare = plain;
  plain.ref_chosen = b, plain.ref_rejected = a;
  bare.length_chosen = lengths, bare.length_rejected = lengths;
  SECTION("preferences") {
    pairs(loss::dpo{}, plain), pairs(loss::cdpo{}, plain), pairs(loss::rdpo{}, plain), pairs(loss::hinge_preference{}, plain);
    pairs(loss::ipo{}, plain), pairs(loss::simpo{}, bare), pairs(loss::orpo{}, bare), pairs(loss::redi{}, bare);
    pairs(loss::nca_pair{}, plain), pairs(loss::bco_pair{}, plain), pairs(loss::sppo_hard{}, plain), pairs(loss::apo_zero{}, plain);
    pairs(loss::apo_down{}, plain), pairs(loss::exo_pair{}, plain), pairs(loss::discopop{}, plain), pairs(loss::alphapo{}, bare);
    pairs(loss::aot{}, plain), pairs(loss::f_divergence<loss::ipo>{.kind = loss::reference_divergence::alpha}, plain);
    at_bounds(loss::kto{}, [&](auto const& o) { return fine(value_and_grad(o, a, b, std::span<unsigned char const>(marks)).gradient); });
    auto const tokens = [&](auto loss) {
      at_bounds(loss,
                [&](auto const& o) { return fine(value_and_grad(o, a, b, a, {}, std::span(b).first(o.kl > 0 ? b.size() : 0)).gradient); });
    };
    tokens(loss::ppo_clip{}), tokens(loss::cispo{}), tokens(loss::sapo{}), tokens(loss::vespo{});
  }
  SECTION("lists") {
    auto const lists = [&](auto loss) {
      at_bounds(loss, [&](auto const& o) {
        auto const r = value_and_grad_lists(o, m, t);
        return fine(double(r.value)) && fine(r.scores);
      });
    };
    lists(loss::adore{}), lists(loss::cross_entropy{}), lists(loss::lambda_loss{}), lists(loss::nbpo{}), lists(loss::nce{}),
        lists(loss::soft_label_kl{});
    at_bounds(loss::grpo_options{}, [&](auto const& o) { return fine(loss::grpo_advantages(m, o)); });
    at_bounds(loss::ps_kd_options{}, [&](auto const& o) { return fine(loss::ps_kd(m, labels, t, o).logits); });
    at_bounds(loss::ar2_options{}, [&](auto const& o) { return fine(loss::ar2_retriever(m, t, o).retriever); });
    at_bounds(loss::infinite_lr{}, [&](auto const& o) { return fine(o.at(3)); });
  }
  SECTION("mining") {
    at_bounds(mine_options{.negatives = 1}, [&](auto const& o) { return mine(m, pool::bank(t), o).rows == 4; });
    auto const batch = mining::batch(m, labels);
    at_bounds(mining::triplet_margin_options{}, [&](auto const& o) { return mining::triplet_margin_miner(batch, o).size() >= 0; });
    at_bounds(mining::multi_similarity_options{},
              [&](auto const& o) { return mining::multi_similarity_miner(batch, o).positives.size() >= 0; });
    at_bounds(mining::pair_margin_options{}, [&](auto const& o) { return mining::pair_margin_miner(batch, o).positives.size() >= 0; });
    at_bounds(mining::positive_aware_options{}, [&](auto const& o) { return mining::positive_aware(x, -0.1, o).selected.size() < 5; });
    at_bounds(mining::k_means_options{.clusters = 2}, [&](auto const& o) { return fine(mining::k_means(m, o).centres); });
    at_bounds(mining::mask_options{},
              [&](auto const& o) { return mining::mask_instances(x, random_stream(1, purpose::user), o).kept.size() < 5; });
  }
  SECTION("scores") {
    at_bounds(score::self_certainty{}, [&](auto const& o) { return fine(score::value_and_grad(o, m).gradient); });
    at_bounds(score::topk_confidence{}, [&](auto const& o) { return fine(score::tokens(m, o)); });
    at_bounds(score::margin{}, [&](auto const& o) { return fine(score::tokens(m, o)); });
    at_bounds(score::truncate_options{}, [&](auto const& o) { return fine(score::truncate(m, score::keep::top_p{}, o).kept_mass); });
    at_bounds(score::keep::top_h{}, [&](auto const& o) { return fine(score::truncate(m, o).kept_mass); });
    at_bounds(score::keep::typical{}, [&](auto const& o) { return fine(score::truncate(m, o).kept_mass); });
    at_bounds(score::borda_options{.relative = true}, [&](auto const& o) { return fine(score::borda_weights(x, o)); });
    at_bounds(score::confidence_options{}, [&](auto const& o) { return fine(score::sequence_confidence(x, o).bottom_group); });
  }
  SECTION("shortcuts") {
    double const bad = quiet_nan<double>();
    CHECK(says(refusal([&] { n_pair(m, t, bad); }), {"n_pair", "l2", "nan"}));
    CHECK(says(refusal([&] { alignment_uniformity(m, t, 2, 2, bad); }), {"alignment_uniformity", "lambda", "nan"}));
    CHECK(says(refusal([&] { alignment_uniformity(m, t, bad); }), {"alpha", "nan"}));
    CHECK(says(refusal([&] { unpg(m, m, labels, {}, bad); }), {"unpg", "whisker", "nan"}));
    CHECK(says(refusal([&] { sup_con(m, labels, {.base_temperature = bad}); }), {"base_temperature", "nan"}));
    CHECK(says(refusal([&] { siglip(m, t, {.bias = bad}); }), {"siglip", "bias", "nan"}));
    CHECK(says(refusal([&] { gist(m, t, m, t, m, m, {.margin = bad}); }), {"gist", "margin", "nan"}));
    CHECK(says(refusal([&] { mine(m, pool::bank(t, roles::all_negative{}, bias::max_score{bad})); }), {"max_score", "score", "nan"}));
    CHECK(says(refusal([&] { mine(m, pool::bank(t, roles::all_negative{}, bias::min_score{bad})); }), {"min_score", "score", "nan"}));
    auto const weigh = [&](double w) {
      auto const bias = bias::per_pair([w](auto const& p) { return p.row == 2 && p.column == 1 ? w : 0.0; });
      return refusal([&] { objective(loss::info_nce{}).value_and_grad(m, pool::in_batch(t, roles::diagonal{}, bias)); });
    };
    CHECK(says(weigh(bad), {"value_and_grad: bias::per_pair", "row 2", "column 1", "nan"}));
    CHECK(says(weigh(infinity<double>()), {"per_pair", "row 2", "column 1", "inf"}));
    CHECK(weigh(minus_infinity<double>()) == "");
    auto const not_a_number = bias::per_pair([](auto const& p) { return p.column == 1 ? quiet_nan<double>() : 0.0; });
    CHECK(says(refusal([&] { mine(m, pool::bank(t, roles::all_negative{}, not_a_number)); }), {"mine: bias::per_pair", "column 1", "nan"}));
  }
}
