// SPDX-License-Identifier: BSD-3-Clause
// Ready-made compositions beside their limits: the products of the scores that they need, and of their slopes.
#include "foil/recipe.hpp"

#include "../every.hpp"
#include "foil/shortcuts.hpp"

int main(int count, char** argv) {
  using namespace foil;
  using namespace bench;
  every t("recipe", count, argv);
  // n rows of 64 numbers; `pairs` scores for a pair of rows, three products each.
  std::vector<double> const batch{128, 256, 512};
  auto const three = [](double n, double pairs, double read = 0) { return work{.read = read * n * n, .macs = 3 * pairs * n * n * 64}; };
  auto const two = [&](char const* name, double pairs, auto call) {
    t.row(name, quadratic, batch, [=](idx n) {
      return job{[=, a = noise(n, 64, 1), b = noise(n, 64, 2)] { hold(call(a, b)); }, three(n, pairs)};
    });
  };
  auto const labelled = [&](char const* name, auto call) {
    t.row(name, quadratic, batch, [=](idx n) {
      return job{[=, a = noise(n, 64, 1), l = cycle(n, n / 4)] { hold(call(a, l)); }, three(n, 1)};
    });
  };
  two("info_nce", 1, [](auto const& a, auto const& b) { return info_nce(a, b); }),
      two("clip", 4. / 3, [](auto const& a, auto const& b) { return clip(a, b); });
  two("nt_xent", 4, [](auto const& a, auto const& b) { return nt_xent(a, b); }),
      two("decoupled", 4, [](auto const& a, auto const& b) { return decoupled(a, b); });
  two("debiased", 4, [](auto const& a, auto const& b) { return debiased(a, b); }),
      two("siglip", 1, [](auto const& a, auto const& b) { return siglip(a, b); });
  two("n_pair", 1, [](auto const& a, auto const& b) { return n_pair(a, b); });
  two("alignment_uniformity", 2, [](auto const& a, auto const& b) { return alignment_uniformity(a, b); });
  two("two_views", 4, [](auto const& a, auto const& b) { return two_views(objective(loss::info_nce{}), a, b); });
  two("macl", 4, [](auto const& a, auto const& b) { return macl(a, b); });
  labelled("sup_con", [](auto const& a, auto const& l) { return sup_con(a, l); });
  labelled("tolerance", [](auto const& a, auto const& l) { return tolerance(a, l); });
  labelled("margin_loss", [](auto const& a, auto const& l) { return margin_loss(a, l); });
  labelled("signal_to_noise_contrastive", [](auto const& a, auto const& l) { return signal_to_noise_contrastive(a, l); });
  labelled("intra_pair_variance", [](auto const& a, auto const& l) { return intra_pair_variance(a, l); });
  labelled("histogram", [](auto const& a, auto const& l) { return histogram(a, l); });
  labelled("pnp", [](auto const& a, auto const& l) { return pnp(a, l); });
  labelled("dynamic_soft_margin", [](auto const& a, auto const& l) {
    std::vector<double> histogram;
    return dynamic_soft_margin(a, l, histogram);
  });
  labelled("fast_ap", [](auto const& a, auto const& l) { return fast_ap(a, l); });
  t.row("smooth_ap", quadratic, batch, [=](idx n) {
    return job{[=, a = noise(n, 64, 1), l = cycle(n, n / 4)] { hold(smooth_ap(a, l)); }, {.macs = 192. * n * n, .exps = 3. * n * n}};
  });
  t.row("koleo", quadratic, batch, [=](idx n) { return job{[=, a = noise(n, 64, 1)] { hold(koleo(a)); }, {.macs = 64. * n * n}}; });
  t.row("global_orthogonal", quadratic, batch, [=](idx n) {
    return job{[=, a = noise(n, 64, 1)] { hold(global_orthogonal(a)); }, three(n, 1)};
  });
  t.row("angle", with_log, many, [=](idx n) {
    return job{[=, a = noise(n / 10, 64, 1), b = noise(n / 10, 64, 2), y = uniform(n / 10)] { hold(angle(a, b, y)); },
               {.read = 102. * n, .fresh = 102. * n, .macs = 19. * n, .exps = 0.4 * n, .sorted = 0.1 * n}};
  });
  t.row("cacr, 2 views", quadratic, batch, [=](idx n) { return job{[=, a = noise(n, 64, 1)] { hold(cacr(a, 2)); }, three(n, 1)}; });
  t.row("collossl", linear, {128, 512, 2048}, [=](idx n) {
    return job{[=, a = noise(n, 64, 1), p = noise(2 * n, 64, 2), m = noise(4 * n, 64, 3), w = uniform(4)] { hold(collossl(a, p, m, w)); },
               {.read = 7. * 256 * n, .fresh = 7. * 256 * n, .macs = 3. * 6 * 64 * n}};
  });
  t.row("contrast_ratio", linear, {128, 512, 2048}, [=](idx n) {
    return job{[=, a = noise(n, 64, 1), p = noise(2 * n, 64, 2), m = noise(2 * n, 64, 3)] { hold(contrast_ratio(a, p, m)); },
               {.read = 5. * 256 * n, .fresh = 256. * n, .macs_wide = 4. * 64 * n}};
  });
  t.row("cq_dino", quadratic, batch, [=](idx n) {
    return job{[=, q = noise(n, 64, 1), k = noise(n, 64, 2), y = matrix<float>(matrix<float>::Identity(n, n))] { hold(cq_dino(q, k, y)); },
               three(n, 1, 6)};
  });
  t.row("embedding_distillation", linear, many, [=](idx n) {
    return job{[=, a = noise(n / 10, 64, 1), b = noise(n / 10, 64, 2)] { hold(embedding_distillation(a, b)); },
               {.read = 51. * n, .fresh = 26. * n, .macs = 19. * n}};
  });
  t.row("gist", quadratic, batch, [=](idx n) {
    return job{[=, q = noise(n, 64, 1), k = noise(n, 64, 2), g = noise(n, 32, 3), h = noise(n, 32, 4), none = matrix<float>(0, 64),
                nothing = matrix<float>(0, 32)] { hold(gist(q, k, g, h, none, nothing)); },
               {.macs = 3 * (3 * 64. + 16) * n * n}};
  });
  t.row("margin_mse", linear, {128, 512, 2048}, [=](idx n) {
    return job{[=, q = noise(n, 64, 1), p = noise(n, 64, 2), m = noise(8 * n, 64, 3), y = noise(n, 9, 4)] { hold(margin_mse(q, p, m, y)); },
               {.read = 10. * 256 * n, .fresh = 10. * 256 * n, .macs = 3. * 9 * 64 * n}};
  });
  t.row("star", quadratic, batch, [=](idx n) {
    return job{[=, q = noise(n, 64, 1), d = noise(n, 64, 2), m = matrix<float>(matrix<float>::Ones(n, n)), h = matrix<float>(0, 64),
                w = matrix<float>(n, 0)] { hold(star(q, d, m, h, w)); },
               {.read = 12. * n * n, .macs = 192. * n * n, .exps = 2. * n * n}};
  });
  t.row("proxy_anchor", quadratic, batch, [=](idx n) {
    return job{[=, z = noise(n, 64, 1), p = noise(n / 4, 64, 2), l = cycle(n, n / 4)] { hold(proxy_anchor(z, l, p)); }, three(n, 0.25)};
  });
  auto const weighted = [&](char const* name, auto call) {
    t.row(name, quadratic, batch, [=](idx n) {
      return job{[=, z = noise(n, 64, 1), w = noise(n / 4, 64, 2), l = cycle(n, n / 4)] { hold(call(z, l, w)); }, three(n, 0.25)};
    });
  };
  weighted("large_margin_softmax", [](auto const& z, auto const& l, auto const& w) { return large_margin_softmax(z, l, w); });
  weighted("sphere_face", [](auto const& z, auto const& l, auto const& w) { return sphere_face(z, l, w); });
  t.row("manifold", cubic, {64, 128, 256}, [=](idx n) {
    return job{[=, z = noise(n, 64, 1), p = noise(n / 4, 64, 2), l = cycle(n, n / 4)] { hold(manifold(z, p, l)); },
               {.macs_wide = 4 * std::pow(1.25 * n, 3)}};
  });
  t.row("detcon_b", quadratic, batch, [=](idx n) {
    return job{[=, a = noise(n, 64, 1), b = noise(n, 64, 2), c = noise(n, 64, 3), d = noise(n, 64, 4), m = cycle(n, 4)] {
                 hold(detcon_b(a, b, c, d, m, m, 4));
               },
               three(n, 4)};
  });
  two("detcon_s", 4, [](auto const& a, auto const& b) {
    auto const m = cycle(a.rows(), 4);
    return detcon_s(a, b, m, m, 4);
  });
  t.row("unpg", quadratic, batch, [=](idx n) {
    return job{[=, z = noise(n, 64, 1), w = noise(n / 4, 64, 2), l = cycle(n, n / 4)] { hold(unpg(z, w, l)); },
               {.macs = (3 * 1.25 + 4) * 64 * n * n}};
  });
  t.row("matryoshka", quadratic, batch, [=](idx n) {
    return job{[=, q = noise(n, 64, 1), k = noise(n, 64, 2), d = std::vector<idx>{16, 32, 64}, w = std::vector<double>{1, 1, 1}] {
                 hold(matryoshka(objective(loss::info_nce{}), d, w, q, pool::in_batch(k)));
               },
               {.macs = 3 * 112. * n * n}};
  });
  t.row("grad_cache", quadratic, batch, [=](idx n) {
    return job{[=, q = noise(n, 64, 1), k = noise(n, 64, 2)] {
                 auto const tower = [&](matrix<float> const& x) {
                   return foil::tower(
                       n, [&x](idx from, idx some_rows) -> matrix<float> { return x.middleRows(from, some_rows); },
                       [](idx, view<float> g) { hold(g); });
                 };
                 hold(grad_cache<float>(
                     64, [](auto const& a, auto const& b) { return info_nce(a, b); }, tower(q), tower(k)));
               },
               three(n, 1)};
  });
  t.row("sogclr", quadratic, batch, [=](idx n) {
    return job{[=, a = noise(n, 64, 1), b = noise(n, 64, 2), i = cycle(n, n), s = sogclr_state(n)]() mutable { hold(sogclr(a, b, i, s)); },
               three(n, 4)};
  });
  t.row("snippet_similarity", quadratic, batch, [=](idx n) {
    return job{[=, s = noise(n, 64, 1), g = cycle(n, 8), h = noise(n, 32, 2), o = cycle(n / 8, n), y = noise(n / 8, 32, 3)] {
                 hold(snippet_similarity(s, g, h, o, y));
               },
               three(n, 1.25)};
  });
  t.row("amcl, 4 heads", quadratic, {64, 128, 256}, [=](idx n) {
    return job{[=, s = noise(4 * n, n, 1), a = noise(4 * n, n, 2), l = cycle(n, n)] { hold(amcl(s, a, l, 4)); },
               {.read = 32. * n * n, .fresh = 48. * n * n, .exps = 9. * n * n, .divides = 8. * n * n}};
  });
  t.row("prototypical", quadratic, batch, [=](idx n) {
    return job{[=, z = noise(n, 64, 1), c = noise(n / 4, 64, 2), l = cycle(n, n / 4), d = std::vector<float>(std::size_t(n / 4), 0.3f)] {
                 hold(prototypical(z, clustering<float>{l, as_view(c), d}));
               },
               three(n, 0.25)};
  });
  t.row("meow", quadratic, batch, [=](idx n) {
    return job{[=, a = noise(n, 64, 1), z = noise(n, 64, 3), c = noise(n / 4, 64, 2), l = cycle(n, n / 4),
                d = std::vector<float>(std::size_t(n / 4), 0.3f)] {
                 std::array<clustering<float>, 1> const one{clustering<float>{l, as_view(c), d}};
                 hold(meow(a, z, std::span<clustering<float> const>(one)));
               },
               three(n, 1.25, 8)};
  });
  t.row("pamc", linear, {256, 1024, 4096}, [=](idx n) {
    return job{[=, z = noise(n, 64, 1), l = cycle(n, 64), o = offsets(n, 16), i = ids(16 * n, n)] {
                 hold(pamc(z, hard_clusters{l, 64}, graph<float>(o, i)));
               },
               {.read = 8. * 256 * 17 * n, .macs = 3. * 64 * 17 * n}};
  });
  t.row("mix_batch", linear, {4, 16, 64}, [=](idx n) {
    return job{[=, q = noise(n, 64, 1), m = noise(2048, 64, 2)] {
                 hold(mining::mix_batch(q, m, 1, 0, {.hardest = 256, .between = 64, .with_query = 64}));
               },
               {.read = 256. * 2048 * n, .fresh = 256. * 128 * n, .macs_wide = 64. * 2048 * n, .sums = 128. * 64 * n}};
  });
  t.row("vicreg, n rows", linear, {128, 512, 2048}, [=](idx n) {
    return job{[=, a = noise(n, 64, 1), b = noise(n, 64, 2)] { hold(vicreg(a, b)); },
               {.read = 1536. * n, .fresh = 1024. * n, .macs = 4. * 64 * 64 * n, .macs_wide = 6. * 64 * n}};
  });
  t.row("vicreg, n columns", quadratic, batch, [=](idx n) {
    return job{[=, a = noise(256, n, 1), b = noise(256, n, 2)] { hold(vicreg(a, b)); },
               {.read = 6. * 1024 * n, .fresh = 4096. * n, .macs = 4. * 256 * n * n}};
  });
  t.row("barlow_twins, n rows", linear, {128, 512, 2048}, [=](idx n) {
    return job{[=, a = noise(n, 64, 1), b = noise(n, 64, 2)] { hold(barlow_twins(a, b)); },
               {.read = 1536. * n, .fresh = 1024. * n, .macs = 3. * 64 * 64 * n, .macs_wide = 8. * 64 * n}};
  });
  t.row("barlow_twins, n columns", quadratic, batch, [=](idx n) {
    return job{[=, a = noise(256, n, 1), b = noise(256, n, 2)] { hold(barlow_twins(a, b)); },
               {.read = 6. * 1024 * n, .fresh = 4096. * n, .macs = 3. * 256 * n * n}};
  });
  // A learned map of 64 numbers onto 64.
  auto const learned = [&](char const* name, auto make, double maps) {
    t.row(name, quadratic, batch, [=](idx n) {
      return job{[=, w = noise(64, 64, 9), v = noise(64, 64, 8), q = noise(n, 64, 1), k = noise(n, 64, 2)] {
                   hold(make(w, v).value_and_grad(objective(loss::info_nce{}), q, pool::in_batch(k)));
                 },
                 {.macs = 192. * n * n + 3 * maps * 64 * 64 * n}};
    });
  };
  learned(
      "bilinear", [](auto const& w, auto const&) { return bilinear(w); }, 1),
      learned(
          "mahalanobis", [](auto const& w, auto const&) { return mahalanobis(w); }, 2);
  learned(
      "projections", [](auto const& w, auto const& v) { return projections(w, v); }, 2);
}
