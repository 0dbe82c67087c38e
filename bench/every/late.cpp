// SPDX-License-Identifier: BSD-3-Clause
// Late interaction beside its limits: the product of all tokens of the queries and the documents.
#include "foil/late.hpp"

#include "../every.hpp"
#include "foil/listwise/margin_mse.hpp"
#include "foil/loss/info_nce.hpp"

int main(int count, char** argv) {
  using namespace foil;
  using namespace bench;
  every t("late", count, argv);
  // 16 queries of 8 tokens, n documents of 32, 64 numbers a token.
  std::vector<double> const documents{100, 400, 1600};
  double const pairs = 16. * 8 * 32 * 64;
  t.row("late::scores", linear, documents, [=](idx n) {
    return job{[q = noise(128, 64, 1), d = noise(32 * n, 64, 2), o = offsets(16, 8), p = offsets(n, 32)] {
                 hold(late::scores(late::tokens(q, o), late::tokens(d, p)));
               },
               {.read = 2 * 8192. * n, .macs = pairs * n}};
  });
  t.row("late::scores of listed documents", linear, {16, 64, 256}, [=](idx n) {
    return job{[q = noise(8 * n, 64, 1), d = noise(32 * 1000, 64, 2), o = offsets(n, 8), p = offsets(1000, 32), i = ids(16 * n, 1000)] {
                 hold(late::scores(late::tokens(q, o), late::tokens(d, p), i, 16));
               },
               {.read = 2 * 8192. * 1000, .macs = pairs * n}};
  });
  t.row("maxsim", linear, documents, [=](idx n) {
    return job{[q = noise(128, 64, 1), d = noise(32 * n, 64, 2), o = offsets(16, 8), p = offsets(n, 32), g = noise(16, n, 3)] {
                 late::maxsim<float> m(late::tokens(q, o), late::tokens(d, p));
                 hold(m.backward(g));
               },
               {.read = 4 * 8192. * n, .fresh = 8192. * n, .macs = 2 * pairs * n + 2 * 16. * 8 * 64 * n}};
  });
  t.row("late::value_and_grad", quadratic, {16, 32, 64}, [=](idx n) {
    return job{[q = noise(8 * n, 64, 1), d = noise(32 * n, 64, 2), o = offsets(n, 8), p = offsets(n, 32)] {
                 hold(late::value_and_grad(objective(loss::info_nce{}), late::tokens(q, o), late::tokens(d, p)));
               },
               {.read = 4 * 8192. * n, .fresh = 8192. * n, .macs = (2. * 8 * 32 + 2 * 8) * 64 * n * n}};
  });
  t.row("late::value_and_grad_lists", linear, {16, 64, 256}, [=](idx n) {
    return job{
        [q = noise(8 * n, 64, 1), d = noise(32 * 256, 64, 2), o = offsets(n, 8), p = offsets(256, 32), i = cycle(16 * n, 256),
         y = noise(n, 16, 4)] { hold(late::value_and_grad_lists(loss::margin_mse{}, late::tokens(q, o), late::tokens(d, p), i, 16, y)); },
        {.read = 2 * 8192. * 256, .fresh = 8192. * 256, .macs = (2 * 32 + 2) * 8. * 16 * 64 * n}};
  });
  t.row("document_index", linear, documents, [=](idx n) {
    return job{[d = noise(32 * n, 64, 2), p = offsets(n, 32)] { hold(late::document_index(late::tokens(d, p), {.centroids = 64})); },
               {.read = 4 * 8192. * n, .fresh = 8192. * n, .macs = 32. * 64 * 64 * n}};
  });
  t.row("document_index::mine", linear, documents, [=](idx n) {
    return job{[d = noise(32 * n, 64, 2), p = offsets(n, 32), q = noise(128, 64, 1), o = offsets(16, 8),
                i = std::shared_ptr<late::document_index<float>>()]() mutable {
                 if (!i) i = std::make_shared<late::document_index<float>>(late::tokens(d, p));
                 hold(i->mine(late::tokens(q, o), {.k = 10}));
               },
               {.read = 8192. * n, .macs = pairs * n}};
  });
}
