// SPDX-License-Identifier: BSD-3-Clause
// Training: epochs of Adagrad on InfoNCE over the batch and, where there are any, further negatives.
#pragma once

#include "adagrad.hpp"
#include "negatives.hpp"
#include "progress.hpp"

namespace wordnet {

/// What an epoch changes. Copy it to branch off.
struct model {
  encoder texts;
  adagrad optimiser;

  model(recipe const& r, int threads) : texts(r.dim, r.seed, threads), optimiser(r.dim, r.learning_rate) {}
};

class trainer {
 public:
  trainer(task const& t, recipe const& r, int threads)
      : task_(t),
        recipe_(r),
        loss_(foil::loss::info_nce{.temperature = r.temperature}, {}, {}, {.executor = foil::threads(threads)}),
        gradient_(r.dim, threads),
        embedded_(r.share ? 0 : t.documents.rows(), r.dim) {}

  /// One pass over the training sentences, in an order that depends on seed and epoch alone; `lists`: null, or their negatives.
  void epoch(model& m, std::uint32_t number, mined const* lists, progress& bar) {
    idx const n = task_.train.texts.rows();
    std::vector<idx> const order = shuffled(number);
    for (idx first = 0; first < n; first += recipe_.batch) {
      step(m, {order.data() + first, std::size_t((std::min)(recipe_.batch, n - first))}, number, lists);
      bar((std::min)(n, first + recipe_.batch), n);
    }
  }

 private:
  void step(model& m, std::span<idx const> batch, std::uint32_t number, mined const* lists) {
    std::vector<idx> truth;
    for (idx const i : batch) truth.push_back(task_.train.truth[std::size_t(i)]);
    matrix const q = m.texts.forward(task_.train.texts, batch);
    matrix const d = m.texts.forward(task_.documents, truth);
    // Two sentences of a batch may share their synset, which is then no negative of either.
    auto const in_batch = foil::pool::in_batch(d, foil::roles::diagonal{}, foil::bias::same_id{truth, truth});
    std::vector<idx> drawn;
    if (lists) drawn = draw(*lists, batch, recipe_.sampled, recipe_.seed, number);
    std::vector<idx> const some = each_once(drawn);
    auto const use = [&](auto const&... more) {
      auto const r = loss_.value_and_grad(q, in_batch, more...);
      gradient_.add(task_.train.texts, batch, r.anchors);
      gradient_.add(task_.documents, truth, r.pools[0]);
      if constexpr (sizeof...(more) > 0) gradient_.add(task_.documents, some, r.pools[1]);  // a row for each, ascending
    };
    if (!lists) {
      use();
    } else if (recipe_.share) {
      matrix const h = m.texts.forward(task_.documents, some);
      use(foil::pool::trained(foil::pool::bank(h, foil::roles::all_negative{}, foil::bias::same_id{truth, some})));
    } else {
      m.texts.embed(task_.documents, some, embedded_);
      use(foil::pool::listed(embedded_, drawn, recipe_.sampled));
    }
    m.optimiser.step(m.texts, gradient_);
  }

  /// The training sentences in the order of an epoch (Fisher and Yates, from the inside).
  std::vector<idx> shuffled(std::uint32_t number) const {
    std::vector<idx> order(std::size_t(task_.train.texts.rows()));
    foil::random_stream draw(recipe_.seed, foil::purpose::shuffle, number);
    for (idx i = 0; i < idx(order.size()); ++i) {
      idx const j = draw.below(i + 1);
      order[std::size_t(i)] = order[std::size_t(j)];
      order[std::size_t(j)] = i;
    }
    return order;
  }

  task const& task_;
  recipe recipe_;
  foil::objective<foil::loss::info_nce> loss_;
  gradient gradient_;
  matrix embedded_;  ///< [documents, dim]: lists of negatives name its rows; those of the batch at hand are up to date, no other is read
};

}  // namespace wordnet
