// SPDX-License-Identifier: BSD-3-Clause
// The task: find the synset that a sentence was written for. Texts, features and the split, with the recipe's choices.
#pragma once

#include "features.hpp"
#include "split.hpp"

namespace wordnet {

/// Sentences with their features and the number of their synset.
struct queries {
  std::vector<sentence> all;
  features texts;
  std::vector<idx> truth, offsets{0};  ///< query i has the one positive truth[offsets[i]]

  explicit queries(std::vector<sentence> s) : all(std::move(s)) {
    for (sentence const& one : all) {
      texts.add(one.text, 1);
      texts.close();
      truth.push_back(one.synset);
      offsets.push_back(idx(truth.size()));
    }
  }
};

/// Values tried in brackets. Those of the encoder were chosen on 4,000 sentences of the part `choosing`, after two and after six
/// in-batch epochs, by mean reciprocal rank. On the whole part `choosing` (`wordnet choose`), 0.12 is the temperature of the best R@1
/// and R@10 of in-batch training (0.15 has as good a mean reciprocal rank), and mining has the best mean reciprocal rank among the
/// recipes that do not lower its R@100.
struct recipe {
  std::uint64_t seed = 1;  ///< of the first table, the order of the sentences and all draws
  idx dim = 64;
  double temperature = 0.12;   ///< [0.1 0.12 0.15]
  double learning_rate = 0.1;  ///< [0.05 0.1 0.2]
  idx batch = 512;
  std::uint32_t epochs = 6;
  std::uint32_t first_mined = 2;  ///< epochs in the batch alone, before the first mining
  std::uint32_t mined_every = 4;  ///< epochs that use one mining; 4 of 6 epochs: it is done once [2 4]
  idx mined = 50;                 ///< negatives kept per sentence [20 30 50 200]
  idx sampled = 2;                ///< of those, negatives drawn for an epoch [1 2 4]
  bool share = true;              ///< the negatives drawn for a sentence are negatives of the whole batch [yes no]
};

inline constexpr float lemma_weight = 8;  ///< of a feature in a lemma, against one in the definition [1 2 3 5 8 16]

struct task {
  corpus wordnet;
  features documents;
  queries held, train;

  /// Features are weighted by their rarity among documents [power 0, 0.5, 1, 1.5 of it: 1].
  task(corpus all, part measured) : task(all, split(std::move(all.sentences), measured)) {}

 private:
  task(corpus& all, halves sentences) : wordnet(std::move(all)), held(std::move(sentences.held)), train(std::move(sentences.train)) {
    for (synset const& s : wordnet.synsets) {
      documents.add(s.lemmas, lemma_weight);
      documents.add(s.definition, 1);
      documents.close();
    }
    std::vector<float> const factor = rarity(documents);
    for (features* f : {&documents, &held.texts, &train.texts}) f->scale(factor);
  }
};

}  // namespace wordnet
