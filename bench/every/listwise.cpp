// SPDX-License-Identifier: BSD-3-Clause
// Losses on short lists beside their limits: float scores, formulas in double, one or two exponentials an item.
#include "foil/listwise.hpp"

#include "../every.hpp"

int main(int count, char** argv) {
  using namespace foil;
  using namespace foil::loss;
  using namespace bench;
  every t("listwise", count, argv);
  using numbers = matrix<float>;
  auto const shares = [](idx rows, idx columns) {
    numbers x = noise(rows, columns, 2).cwiseAbs();
    for (idx i = 0; i < rows; ++i) x.row(i) /= x.row(i).sum();
    return x;
  };
  auto const grades = [](idx rows, idx columns, idx relevant) -> numbers {
    numbers x = numbers::Zero(rows, columns);
    for (idx i = 0; i < rows; ++i)
      for (idx j = 0; j < relevant; ++j) x(i, j * (columns / relevant)) = float(1 + j % 3);
    return x;
  };
  // n lists of 32 items, then one list of n items: a loss that is linear in lists may not be so in items.
  auto const lists = [&](std::string name, auto loss, auto targets, double each_exp, grows in_items, std::vector<double> sizes) {
    t.row(name.c_str(), linear, {30, 300, 3000}, [=](idx n) {
      return job{[=, x = noise(n, 32, 1), y = targets(n, 32)] { hold(value_and_grad_lists(loss, x, y)); },
                 {.read = 256. * n,
                  .fresh = 132. * n,
                  .exps = 32. * n * each_exp * (in_items.power > 1 ? 8 : 1),
                  .sums = 64. * n,
                  .sorted = in_items.with_log ? 32. : 0.,
                  .lists = 1. * n}};
    });
    t.row((name + ", one list").c_str(), in_items, sizes, [=](idx n) {
      return job{[=, x = noise(1, n, 1), y = targets(1, n)] { hold(value_and_grad_lists(loss, x, y)); },
                 {.read = 8. * n,
                  .fresh = 4. * n,
                  .exps = each_exp * (in_items.power > 1 ? 0.25 * n * n : 1. * n),
                  .sums = 2. * n,
                  .sorted = in_items.with_log ? 1. * n : 0.}};
    });
  };
  auto const labels = [=](idx r, idx c) { return grades(r, c, (std::max)(idx(1), c / 4)); };
  auto const binary = [=](idx r, idx c) -> numbers { return grades(r, c, (std::max)(idx(1), c / 4)).cwiseMin(1); };
  auto const signs = [=](idx r, idx c) -> numbers { return noise(r, c, 5); };
  lists("cross_entropy", cross_entropy{}, shares, 2, linear, some), lists("list_net", list_net{}, labels, 4, linear, some);
  lists("soft_label_kl", soft_label_kl{}, shares, 3, linear, some),
      lists("binary_cross_entropy", binary_cross_entropy{}, binary, 2, linear, some);
  lists("asymmetric", asymmetric{}, binary, 3, linear, some), lists("bpr", bpr{}, binary, 2, linear, some);
  lists("margin_mse", margin_mse{}, signs, 0, linear, some), lists("mean_squared_error", mean_squared_error{}, signs, 0, linear, some);
  lists("min_max", min_max<mean_squared_error>{}, signs, 0, linear, some), lists("nce", nce{}, signs, 2, linear, some);
  lists("nbpo", nbpo{}, binary, 2, linear, some), lists("list_mle", list_mle{}, labels, 2, with_log, some),
      lists("cosent", cosent{}, labels, 4, with_log, some);
  lists("squared_contrastive", squared_contrastive{}, binary, 0, linear, some),
      lists("online_contrastive", online_contrastive{}, binary, 0, linear, some);
  lists("lambda_loss", lambda_loss{}, labels, 1, quadratic, few),
      lists("lambda_loss at k = 10", lambda_loss{.k = 10}, labels, 1, quadratic, few);
  lists("adore", adore{}, binary, 1, quadratic, few), lists("smooth_ap", smooth_ap{}, binary, 1, quadratic, few);
  lists("adr_mse", adr_mse{}, labels, 1, quadratic, few), lists("pnp", pnp{}, binary, 1, quadratic, few);
  lists("intra_pair_variance", intra_pair_variance{}, binary, 0, linear, some), lists("histogram", histogram{}, binary, 0, linear, some);
  lists("fast_ap", fast_ap{}, binary, 0, linear, {64, 256, 1024});
  t.row("log_softmax", linear, many, [](idx n) {
    return job{[x = normal(n)] { hold(log_softmax(x)); },
               {.read = 8. * n, .fresh = 8. * n, .exps = 1. * n, .sums = 1. * n},
               [x = normal(n)] {
                 Eigen::Map<Eigen::ArrayXd const> const a(x.data(), idx(x.size()));
                 Eigen::ArrayXd e = a - a.maxCoeff();
                 e -= std::log(e.exp().sum()), hold(e);
               }};
  });
  t.row("one_hot", linear, many, [](idx n) {
    return job{[l = cycle(n / 100, 100)] { hold(one_hot<float>(l, 100, "bench")); }, {.fresh = 4. * n}};
  });
  // Below, n rows of 100 logits.
  double const c = 100;
  auto const rows = std::vector<double>{10, 100, 1000};
  t.row("label_cross_entropy", linear, rows, [=](idx n) {
    return job{[x = noise(n, 100, 1), l = cycle(n, 100)] { hold(label_cross_entropy(x, l)); },
               {.read = 8 * c * n, .fresh = 8 * c * n, .exps = 2 * c * n, .sums = c * n}};
  });
  t.row("ar2_retriever", linear, rows, [=](idx n) {
    return job{[x = noise(n, 100, 1), y = noise(n, 100, 2)] { hold(ar2_retriever(x, y)); },
               {.read = 16 * c * n, .fresh = 28 * c * n, .exps = 6 * c * n, .sums = 4 * c * n}};
  });
  t.row("gedi", linear, rows, [=](idx n) {
    return job{[x = noise(n, 100, 1), y = noise(n, 100, 2)] { hold(gedi(x, y)); },
               {.read = 8 * c * n, .fresh = 8 * c * n, .exps = 8 * c * n, .sums = 4 * c * n}};
  });
  t.row("mean_prediction", linear, rows, [=](idx n) {
    return job{[x = noise(n, 100, 1)] { hold(mean_prediction(as_view(x), 1)); },
               {.read = 4 * c * n, .fresh = 8. * n, .exps = 2 * c * n, .sums = c * n}};
  });
  t.row("happy", linear, rows, [=](idx n) {
    return job{[x = noise(n, 100, 1), y = noise(n, 100, 2)] { hold(happy(x, y, {.old_classes = 50})); },
               {.read = 8 * c * n, .fresh = 12 * c * n, .exps = 7 * c * n, .sums = 5 * c * n}};
  });
  t.row("meco", linear, many, [](idx n) {
    return job{[x = noise(1, n, 1), y = noise(1, n, 2), q = normal(n)] {
                 hold(meco(std::span<float const>(x.data(), std::size_t(x.size())), std::span<float const>(y.data(), std::size_t(y.size())),
                           q, {.gamma = 1}));
               },
               {.read = 16. * n, .fresh = 16. * n, .exps = 2. * n, .sums = 3. * n}};
  });
  t.row("ovor", linear, rows, [=](idx n) {
    return job{[x = noise(n, 100, 1), y = noise(n, 100, 2)] { hold(ovor(x, y)); },
               {.read = 8 * c * n, .fresh = 8 * c * n, .exps = 4 * c * n, .sums = 2 * c * n}};
  });
  t.row("ps_kd", linear, rows, [=](idx n) {
    return job{[x = noise(n, 100, 1), l = cycle(n, 100), p = shares(n, 100)] { hold(ps_kd(x, l, p)); },
               {.read = 12 * c * n, .fresh = 8 * c * n, .exps = 2 * c * n, .sums = c * n}};
  });
  t.row("rerank_pair_list", linear, rows, [=](idx n) {
    return job{[x = noise(n, 2, 1), y = noise(n, 2, 2), z = noise(n, 100, 3), l = cycle(n, 100)] { hold(rerank_pair_list(x, y, z, l)); },
               {.read = 8 * c * n, .fresh = 8 * c * n, .exps = 2 * c * n, .sums = c * n}};
  });
  t.row("sade", linear, rows, [=](idx n) {
    return job{[x = noise(n, 100, 1), y = noise(n, 100, 2), z = noise(n, 100, 3), p = uniform(100), l = cycle(n, 100)] {
                 hold(sade(x, y, z, p, l));
               },
               {.read = 24 * c * n, .fresh = 24 * c * n, .exps = 6 * c * n, .sums = 3 * c * n}};
  });
  t.row("sampling_free", linear, rows, [=](idx n) {
    return job{[x = noise(n, 100, 1), y = binary(n, 100)] { hold(sampling_free(x, y, 1)); },
               {.read = 16 * c * n, .fresh = 8 * c * n, .exps = 2 * c * n, .sums = c * n}};
  });
}
