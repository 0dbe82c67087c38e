// SPDX-License-Identifier: BSD-3-Clause
// Every streamed loss, value and gradients, beside the three products of its scores and their slopes.
#include "foil/loss.hpp"

#include "../every.hpp"
#include "foil/engine/check_gradient.hpp"
#include "foil/engine/edges.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/table.hpp"
#include "foil/pool.hpp"
#include "foil/reduce.hpp"
#include "foil/roles.hpp"
#include "foil/similarity.hpp"

int main(int count, char** argv) {
  using namespace foil;
  using namespace bench;
  every t("loss", count, argv);
  // n anchors and candidates of 128 numbers.
  std::vector<double> const batch{256, 512, 1024};
  auto const three = [](double n, double dim = 128) { return work{.macs = 3 * n * n * dim}; };
#define FOIL_ROW(name, formula)                                                                                       \
  t.row(#name, quadratic, batch, [=](idx n) {                                                                         \
    return job{[q = noise(n, 128, 1), k = noise(n, 128, 2), f = objective(formula), r = outcome<float>()]() mutable { \
                 f.value_and_grad_into(r, q, pool::in_batch(k));                                                      \
               },                                                                                                     \
               three(n)};                                                                                             \
  });
  FOIL_LOSSES(FOIL_ROW)
#undef FOIL_ROW
  t.row("angular", quadratic, batch, [=](idx n) {
    return job{[q = noise(n, 128, 1), l = cycle(n, n / 4)] {
                 hold(objective(loss::angular{l}, similarity::cosine{}).value_and_grad(q, pool::self(q, roles::by_label(l))));
               },
               three(n)};
  });
  t.row("lifted_structure", quadratic, batch, [=](idx n) {
    return job{[q = noise(n, 128, 1), l = cycle(n, n / 4)] {
                 hold(objective(loss::lifted_structure{l}, similarity::neg_l2{}).value_and_grad(q, pool::self(q, roles::by_label(l))));
               },
               three(n)};
  });
  t.row("swapped_triplet", quadratic, batch, [=](idx n) {
    return job{[q = noise(n, 128, 1), l = cycle(n, n / 4)] {
                 hold(objective(loss::swapped_triplet{l}, similarity::cosine{}).value_and_grad(q, pool::self(q, roles::by_label(l))));
               },
               three(n)};
  });
  t.row("sub_center_softmax", quadratic, batch, [=](idx n) {
    return job{
        [q = noise(n, 128, 1), k = noise(n, 128, 2), l = cycle(n, n / 4)] {
          hold(objective(loss::sub_center_softmax{l, 4}, similarity::cosine{}).value_and_grad(q, pool::in_batch(k, roles::all_negative{})));
        },
        three(n)};
  });
  t.row("symmetric (info_nce)", quadratic, batch, [=](idx n) {
    return job{[q = noise(n, 128, 1), k = noise(n, 128, 2)] { hold(objective(loss::info_nce{}).symmetric(q, pool::in_batch(k))); },
               {.macs = 3. * n * n * 128}};
  });
  t.row("value (info_nce)", quadratic, batch, [=](idx n) {
    return job{[q = noise(n, 128, 1), k = noise(n, 128, 2)] { hold(objective(loss::info_nce{}).value(q, pool::in_batch(k))); },
               {.macs = 1. * n * n * 128}};
  });
  t.row("info_nce, n dimensions", linear, {64, 256, 1024}, [=](idx n) {
    return job{[q = noise(512, n, 1), k = noise(512, n, 2)] { hold(objective(loss::info_nce{}).value_and_grad(q, pool::in_batch(k))); },
               {.macs = 3. * n * 512 * 512}};
  });
  // Similarities, pools, roles, biases and reductions: the same loss with each of them.
  auto const like = [&](char const* name, auto s) {
    t.row(name, quadratic, batch, [=](idx n) {
      return job{
          [q = noise(n, 128, 1), k = noise(n, 128, 2), s] { hold(objective(loss::info_nce{}, s).value_and_grad(q, pool::in_batch(k))); },
          three(n)};
    });
  };
  like("similarity::dot", similarity::dot{}), like("similarity::neg_l2", similarity::neg_l2{}),
      like("similarity::neg_sq_l2", similarity::neg_sq_l2{});
  like("similarity::normalized", similarity::normalized<similarity::neg_sq_l2>{});
  t.row("pool::own, 64 each", linear, batch, [=](idx n) {
    return job{[q = noise(n, 128, 1), k = noise(64 * n, 128, 2), p = noise(n, 128, 3)] {
                 hold(objective(loss::info_nce{}).value_and_grad(q, pool::positives(p), pool::own(k, 64)));
               },
               {.read = 4 * 65. * 128 * n, .fresh = 4 * 65. * 128 * n, .macs = 3 * 65. * 128 * n}};
  });
  t.row("pool::listed, 64 each", linear, batch, [=](idx n) {
    return job{[q = noise(n, 128, 1), k = noise(n, 128, 2), i = ids(64 * n, n), p = noise(n, 128, 3)] {
                 hold(objective(loss::info_nce{}).value_and_grad(q, pool::positives(p), pool::listed(k, i, 64)));
               },
               {.read = 4 * 65. * 128 * n, .fresh = 4 * 130. * n, .macs = 3 * 65. * 128 * n}};
  });
  t.row("pool::given", quadratic, batch, [=](idx n) {
    return job{[s = noise(n, n, 1)] { hold(objective(loss::info_nce{}).value_and_grad(pool::given(s, roles::diagonal{}))); },
               {.read = 4. * n * n, .fresh = 4. * n * n, .exps = 0.1 * n * n}};
  });
  t.row("on_edges, 32 a node", linear, batch, [=](idx n) {
    return job{
        [z = noise(n, 128, 1), o = offsets(n, 32), i = ids(32 * n, n)] { hold(on_edges(loss::neighbours{0.5}, z, graph<float>(o, i))); },
        {.read = 8 * 33. * 128 * n, .macs = 3 * 32. * 128 * n}};
  });
}
