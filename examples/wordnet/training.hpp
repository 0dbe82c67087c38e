// SPDX-License-Identifier: BSD-3-Clause
// Training: epochs of Adagrad on InfoNCE over the batch and, where there are any, mined negatives.
#pragma once

#include "adagrad.hpp"
#include "progress.hpp"
#include "task.hpp"

namespace wordnet {

/// What an epoch changes. Copy it to branch off.
struct model {
  encoder texts;
  adagrad optimiser;

  model(recipe const& r, int threads) : texts(r.dim, r.seed, threads), optimiser(r.dim, r.learning_rate) {}
};

using mined = foil::mined<float>;

class trainer {
 public:
  trainer(task const& t, recipe const& r, int threads)
      : task_(t),
        recipe_(r),
        loss_(foil::loss::info_nce{.temperature = r.temperature}, {}, {}, {.executor = foil::threads(threads)}),
        gradient_(r.dim, threads) {}

  /// One pass over the training sentences, in an order that depends on seed and epoch alone.
  void epoch(model& m, std::uint32_t number, mined const* hard, progress& bar) {
    idx const n = task_.train.texts.rows();
    std::vector<idx> const order = shuffled(number);
    for (idx first = 0; first < n; first += recipe_.batch) {
      step(m, {order.data() + first, std::size_t((std::min)(recipe_.batch, n - first))}, number, hard);
      bar((std::min)(n, first + recipe_.batch), n);
    }
  }

 private:
  void step(model& m, std::span<idx const> batch, std::uint32_t number, mined const* hard) {
    std::vector<idx> truth;
    for (idx const i : batch) truth.push_back(task_.train.truth[std::size_t(i)]);
    matrix const q = m.texts.forward(task_.train.texts, batch);
    matrix const d = m.texts.forward(task_.documents, truth);
    // Two sentences of a batch may share their synset, which is then no negative of either.
    auto const in_batch = foil::pool::in_batch(d, foil::roles::diagonal{}, foil::bias::same_id{truth, truth});
    if (!hard) {
      auto const r = loss_.value_and_grad(q, in_batch);
      backward(batch, truth, r);
    } else {
      sampled const some = sample(*hard, batch, number);
      matrix const h = m.texts.forward(task_.documents, some.documents);
      auto const r = loss_.value_and_grad(q, in_batch, foil::pool::listed(h, some.places, recipe_.sampled));
      backward(batch, truth, r);
      gradient_.add(task_.documents, some.documents, r.pools[1]);
    }
    m.optimiser.step(m.texts, gradient_);
  }

  void backward(std::span<idx const> batch, std::span<idx const> truth, foil::outcome<float> const& r) {
    gradient_.add(task_.train.texts, batch, r.anchors);
    gradient_.add(task_.documents, truth, r.pools[0]);
  }

  struct sampled {
    std::vector<idx> documents;  ///< the negatives of all rows, one row after the other
    std::vector<idx> places;     ///< [rows * recipe.sampled] positions in it, -1 where a row has no more
  };

  /// Some of each row's mined negatives, without repetition.
  sampled sample(mined const& hard, std::span<idx const> batch, std::uint32_t number) const {
    sampled out;
    for (idx const i : batch) {
      auto const first = hard.ids.begin() + std::ptrdiff_t(i * hard.per_row);
      std::vector<idx> row(first, first + std::ptrdiff_t(hard.counts[std::size_t(i)]));
      foil::random_stream draw(recipe_.seed, foil::purpose::sample, number, std::uint64_t(i));
      for (idx k = 0; k < recipe_.sampled; ++k) {
        idx const left = idx(row.size()) - k;
        out.places.push_back(left > 0 ? idx(out.documents.size()) : -1);
        if (left <= 0) continue;
        std::swap(row[std::size_t(k)], row[std::size_t(k + draw.below(left))]);
        out.documents.push_back(row[std::size_t(k)]);
      }
    }
    return out;
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
  recipe const& recipe_;
  foil::objective<foil::loss::info_nce> loss_;
  gradient gradient_;
};

}  // namespace wordnet
