// SPDX-License-Identifier: BSD-3-Clause
// Scorers, samplers and losses of log-probabilities: a refusal, or numbers; undefined scores only where a call may say so.
#include "foil/foil.hpp"
#include "hostile.hpp"

namespace {
using namespace foil;
using hostile::dice;
using hostile::fine;

bool within(std::vector<idx> const& ids, idx n) {
  for (idx i : ids)
    if (i < 0 || i >= n) return false;
  return true;
}
}  // namespace

TEST_CASE("hostile: scorers refuse, or give numbers", "[hostile]") {
  hostile::for_a_while([](dice& d) {
    idx const n = d.below(6), width = d.below(6), k = d.size();
    matrix<float> const z = d.rows<float>(n, width);
    std::vector<double> const x = d.list<double>(n), y = d.list<double>(d.one_in(9) ? d.below(6) : n), p = d.probabilities(n);
    std::vector<idx> const answers = d.ids(d.one_in(9) ? d.below(6) : n, 3);
    std::vector<unsigned char> const on = d.bytes(d.one_in(3) ? 0 : d.one_in(9) ? d.below(6) : n);
    double const number = d.extreme(), part = d.one_in(3) ? number : d.uniform();
    bool good = true;
    idx const which = d.below(22);
    hostile::said const heard = hostile::outcome_of([&] {
      using namespace score;
      auto const cut = [&](auto rule) {
        truncation const t = truncate(z, hostile::shaken(d, rule), hostile::shaken(d, truncate_options{}));
        for (double m : t.kept_mass) good = good && (nan_bits(m) || (m >= 0 && m <= 1 + 1e-9));
      };
      auto const statistic = [&](auto s) { good = idx(tokens(z, hostile::shaken(d, s)).size()) == n; };
      switch (which) {
        case 0: return cut(keep::top_k{});
        case 1: return cut(keep::top_p{});
        case 2: return cut(keep::min_p{});
        case 3: return cut(keep::epsilon{});
        case 4: return cut(keep::eta{});
        case 5: return cut(keep::typical{});
        case 6: return cut(keep::top_h{});
        case 7: return statistic(score::entropy{}), statistic(kl_from_uniform{});
        case 8: return statistic(score::margin{}), statistic(topk_confidence{});
        case 9: good = fine(value_and_grad(hostile::shaken(d, self_certainty{}), z, on).gradient); return;
        case 10: all_token_statistics(z, hostile::shaken(d, token_options{})); return;
        case 11: good = within({best_of_n(x, on).index + 1}, n + 1); return;
        case 12: good = fine(borda_weights(x, hostile::shaken(d, borda_options{}))); return;
        case 13: vote(answers, y); return;
        case 14: rpc(answers, y, {}, {.prune = d.one_in(2)}); return;
        case 15: bon_at_k(x, y, k), pass_at_k(n, k, k); return;
        case 16: confidence_filter(x, part), percentile(x, part); return;
        case 17: sequence_confidence(x, hostile::shaken(d, confidence_options{})); return;
        case 18: good = within(prune_keep(x, part), n); return;
        case 19: medoid(z, y); return;
        case 20: {
          auto const r = soft_token(p, z, hostile::shaken(d, soft_token_options{}), d.one_in(2) ? real_span(y) : real_span());
          good = fine(r.weight) && fine(r.embedding);
          return;
        }
        default:
          imperfect_verifier(std::vector{hostile::shaken(d, task_type{})}, d.below(4), hostile::shaken(d, verifier_payoff{}));
          return;
      }
    });
    INFO("which " << which << ", [" << n << ", " << width << "]: " << heard.text);
    CHECK_FALSE(heard.other);
    CHECK(good);
  });
}

TEST_CASE("hostile: samplers refuse, or draw what is there", "[hostile]") {
  hostile::for_a_while([](dice& d) {
    using namespace mining;
    idx const n = d.below(6), dim = d.below(4), k = d.size();
    matrix<double> const z = d.rows<double>(n, dim), other = d.rows<double>(d.below(4), d.one_in(9) ? d.below(4) : dim);
    std::vector<double> const x = d.list<double>(n), y = d.list<double>(d.one_in(9) ? d.below(6) : n), p = d.probabilities(n);
    std::vector<idx> const ids = d.ids(d.below(6), n), labels = d.ids(d.one_in(9) ? d.below(6) : n, 3);
    double const number = d.extreme(), part = d.one_in(3) ? number : d.uniform();
    bool good = true;
    random_stream draw = d.stream();
    idx const which = d.below(28);
    hostile::said const heard = hostile::outcome_of([&] {
      switch (which) {
        case 0: good = within(uniform_subset(n, k, draw), n); return;
        case 1: good = within(gumbel_top_k(x, k, part, draw).selected, n); return;
        case 2: good = fine(softmax_weights(x, part)); return;
        case 3: good = within(weighted_draw(p)(3, draw), n); return;
        case 4: good = within(systematic_sample(proportional_inclusion(p, k), d.uniform()), n); return;
        case 5: good = fine(alias_distribution(p, ids)), alias_table(p).size(); return;
        case 6: good = within(canonical_order(x, k), n) && within(ascending_order(x, k), n); return;
        case 7: largest_remainder(p, d.below(20)); return;
        case 8: good = within(static_negatives(x, ids, k), n); return;
        case 9: dynamic_negatives(x, ids, k); return;
        case 10: good = within(fresh_subset(n, k, 1, 2), n); return;
        case 11: good = within(stratified_subset(labels, k, draw), idx(labels.size())); return;
        case 12: good = within(max_variance_subset(x, hostile::shaken(d, max_variance_options{})).selected, n); return;
        case 13: good = within(mask_instances(x, draw, hostile::shaken(d, mask_options{})).kept, n); return;
        case 14: good = within(iqr_filter(x, part).kept, n); return;
        case 15: good = within(positive_aware(x, number, hostile::shaken(d, positive_aware_options{})).selected, n); return;
        case 16: good = within(ambiguous_negatives(x, number, k, draw, hostile::shaken(d, ambiguous_options{})), n); return;
        case 17: ce_denoise(ids, y, labels, hostile::shaken(d, denoise_options{})); return;
        case 18: good = within(judge_mine(x, y, number, part, hostile::shaken(d, judge_options{})).selected, n); return;
        case 19: draw_window(ids, labels, n, 0, hostile::shaken(d, window_options{.negatives = 4})); return;
        case 20: good = fine(replay_probabilities(x, {.alpha = part, .effective_only = true})); return;
        case 21: good = fine(resample_positives(x, number, part).probabilities); return;
        case 22: good = fine(k_means(z, hostile::shaken(d, k_means_options{.clusters = 2})).centres); return;
        case 23: good = fine(densities(z, labels, as_view(other), hostile::shaken(d, density_options{}))); return;
        case 24: good = fine(student_t(as_view(z), as_view(other), part)); return;
        case 25: balanced_clusters(z, d.below(4), 1, 0, part); return;
        case 26: saha(z, other, labels, hostile::shaken(d, saha_options{})); return;
        default: {
          auto const r =
              mochi(as_view(z).middle(0, (std::min)(n, idx(1))), as_view(other), draw, hostile::shaken(d, mochi_options{4, 3, 2}));
          good = fine(r.between) && fine(r.with_query);
          return;
        }
      }
    });
    INFO("which " << which << ", [" << n << ", " << dim << "], k " << k << ", " << number << ", " << part << ": " << heard.text);
    CHECK_FALSE(heard.other);
    CHECK(good);
  });
}

TEST_CASE("hostile: losses of log-probabilities and lists refuse, or give numbers", "[hostile]") {
  hostile::for_a_while([](dice& d) {
    using namespace loss;
    using S = float;
    idx const n = d.below(6), width = d.below(6);
    auto const logs = [&] {
      std::vector<S> x = d.list<S>(d.one_in(20) ? d.below(6) : n);
      for (S& v : x) v = d.one_in(20) ? v : S(-std::abs(v));
      return x;
    };
    std::vector<S> const a = logs(), b = logs(), ra = logs(), rb = logs(), advantage = d.list<S>(n);
    std::vector<idx> const lengths = d.ids(n, 9), labels = d.ids(n, width);
    std::vector<unsigned char> const on = d.bytes(n);
    matrix<S> const z = d.rows<S>(n, width), t = d.rows<S>(n, d.one_in(20) ? d.below(6) : width);
    preference_pairs<S> plain;
    plain.chosen = a, plain.rejected = b;
    preference_pairs<S> bare = plain;
    plain.ref_chosen = ra, plain.ref_rejected = rb;
    bare.length_chosen = lengths, bare.length_rejected = lengths;
    bool good = true;
    idx const which = d.below(33);
    auto const view_of = [](std::vector<S> const& v) { return std::span<S const>(v); };
    hostile::said const heard = hostile::outcome_of([&] {
      // A chosen answer of probability 0 may be worth infinity, by contract; its neighbours' gradients are numbers.
      auto const pairs = [&](auto l, preference_pairs<S> const& p) { value_and_grad(hostile::shaken(d, l), p); };
      auto const lists = [&](auto l) {
        auto const r = value_and_grad_lists(hostile::shaken(d, l), z, t);
        good = fine(double(r.value)) && fine(r.scores) && fine(r.rows);
      };
      switch (which) {
        case 0: return pairs(dpo{}, plain);
        case 1: return pairs(cdpo{}, plain);
        case 2: return pairs(rdpo{}, plain);
        case 3: return pairs(hinge_preference{}, plain);
        case 4: return pairs(ipo{}, plain);
        case 5: return pairs(simpo{}, bare);
        case 6: return pairs(orpo{}, bare);
        case 7: return pairs(redi{}, bare);
        case 8: value_and_grad(hostile::shaken(d, kto{}), view_of(a), view_of(ra), std::span<unsigned char const>(on)); return;
        case 9: value_and_grad(hostile::shaken(d, ppo_clip{}), view_of(a), view_of(b), view_of(advantage)); return;
        case 10: good = fine(grpo_advantages(z, hostile::shaken(d, grpo_options{}))); return;
        case 11: return lists(adore{});
        case 12: return lists(bpr{});
        case 13: return lists(cross_entropy{});
        case 14: return lists(lambda_loss{});
        case 15: return lists(loss::margin_mse{});
        case 16: return lists(nbpo{});
        case 17: return lists(nce{});
        case 18: return lists(soft_label_kl{});
        case 20: return pairs(alphapo{}, bare);
        case 21: return pairs(aot{}, plain);
        case 22: return pairs(apo_zero{}, plain);
        case 23: return pairs(apo_down{}, plain);
        case 24: return pairs(nca_pair{}, plain);
        case 25: return pairs(bco_pair{}, plain);
        case 26: return pairs(sppo_hard{}, plain);
        case 27: return pairs(exo_pair{}, plain);
        case 28: return pairs(discopop{}, plain);
        case 29: return pairs(f_divergence{dpo{}, reference_divergence(d.below(4)), d.number<double>()}, plain);
        case 30: value_and_grad(hostile::shaken(d, cispo{}), view_of(a), view_of(b), view_of(advantage), {}, view_of(ra)); return;
        case 31: value_and_grad(hostile::shaken(d, sapo{}), view_of(a), view_of(b), view_of(advantage)); return;
        case 32: value_and_grad(hostile::shaken(d, vespo{}), view_of(a), view_of(b), view_of(advantage)); return;
        default: good = fine(ps_kd(z, labels, t, hostile::shaken(d, ps_kd_options{})).logits); return;
      }
    });
    INFO("which " << which << ", [" << n << ", " << width << "]: " << heard.text);
    CHECK_FALSE(heard.other);
    CHECK(good);
  });
}
