// SPDX-License-Identifier: BSD-3-Clause
// A loss with its gradients, and the hardest wrong answers of every query: foil in thirty lines, no data needed.
#include <cstdio>
#include <foil/foil.hpp>

int main() {
  // Eight queries, their documents (a noisy copy each), and a corpus that holds them and 992 others.
  foil::random_stream draw(7, foil::purpose::user);
  foil::matrix<float> q(8, 32), corpus(1000, 32);
  for (float& x : q.reshaped()) x = float(draw.normal());
  for (float& x : corpus.reshaped()) x = float(draw.normal());
  corpus.topRows(8) = 0.3f * q + 0.7f * corpus.topRows(8);
  foil::matrix<float> const k = corpus.topRows(8);

  // In-batch InfoNCE: k's row i is q's positive i, the other rows are its negatives.
  auto const loss = foil::info_nce(q, k, {.temperature = 0.05});
  std::printf("InfoNCE %.4f over %td rows; |d/dq| %.4f, |d/dk| %.4f, d/dtemperature %.4f\n", loss.value, loss.rows_used,
              loss.anchors.norm(), loss.pools[0].norm(), loss.temperature());

  // The three hardest negatives of every query, none within 5 % of its positive's score.
  std::vector<foil::idx> const own{0, 1, 2, 3, 4, 5, 6, 7};
  auto const documents = foil::pool::bank(corpus, foil::roles::target(own), foil::bias::relative_margin{0.05});
  auto const hard = foil::mine(q, documents, {.negatives = 3});
  for (foil::idx i = 0; i < 2; ++i)
    for (foil::idx j = 0; j < hard.count(i); ++j) std::printf("query %td: document %td, cosine %.4f\n", i, hard.id(i, j), hard.score(i, j));

  // Train with them: the mined documents beside the batch.
  foil::objective const contrast{foil::loss::info_nce{.temperature = 0.05}, foil::similarity::cosine{}};
  auto const r = contrast.value_and_grad(q, foil::pool::in_batch(k), foil::pool::listed(corpus, hard.ids, 3));
  std::printf("with hard negatives %.4f; gradient for %td documents of the corpus\n", r.value, r.pools[1].rows());
}
