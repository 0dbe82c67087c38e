// SPDX-License-Identifier: BSD-3-Clause
// The sampler: answers drawn letter by letter, scored while they are drawn.
#pragma once

#include <foil/score/logprob.hpp>
#include <foil/score/meter.hpp>

#include "model.hpp"

namespace cloze {

/// The answers to one question, in the order in which they were drawn.
struct answers {
  std::vector<idx> id;             ///< equal words have equal numbers; -1: no word ended within the limit
  std::vector<double> certainty;   ///< mean self-certainty of the letters
  std::vector<double> likelihood;  ///< log-probability of the word
  std::vector<double> per_letter;  ///< the same divided by its letters
  std::vector<unsigned char> right;
};

/// Draws from the model at temperature 1. What one question's answers share (their beginnings) is computed once.
class sampler {
 public:
  sampler(model const& m, std::uint64_t seed) : model_(m), seed_(seed) {}

  answers draw(question const& q, std::uint64_t number, idx n) {
    tree_.clear(), tree_.push_back(node{model_.read(model_.begin(q), 0)});
    std::vector<std::string> seen;
    answers a;
    for (idx i = 0; i < n; ++i) {
      foil::random_stream random(seed_, foil::purpose::sample, std::uint32_t(i), number);
      foil::score::meter certainty{foil::score::self_certainty{}};
      foil::score::sum likelihood;
      foil::score::mean per_letter;
      std::string word;
      std::size_t at = 0;
      bool ended = false;
      while (!ended && word.size() < longest) {
        float const* const z = tree_[at].now.logits.data();
        certainty.add(z, letters);
        idx const letter = pick(z, random.uniform());
        double const log_p = foil::score::token_logprob(z, letters, letter);
        likelihood.add(log_p), per_letter.add(log_p);
        ended = letter == end_of_word;
        if (ended) break;
        word += char('a' + letter);
        at = child(at, std::size_t(letter), word.size());
      }
      auto const same = std::find(seen.begin(), seen.end(), word);
      a.id.push_back(ended ? idx(same - seen.begin()) : -1);
      if (ended && same == seen.end()) seen.push_back(word);
      a.certainty.push_back(certainty.value());
      a.likelihood.push_back(likelihood.value()), a.per_letter.push_back(per_letter.value());
      a.right.push_back(ended && word == model_.word(q.word));
    }
    return a;
  }

 private:
  static constexpr std::size_t longest = 24;
  struct node {
    step now;
    std::array<std::size_t, letters> child{};
  };
  static idx pick(float const* z, double u) {
    foil::stat::vocabulary row;
    row.add(z, letters);
    for (idx j = 0; j + 1 < letters; ++j)
      if ((u -= std::exp(row.log_prob(double(z[j])))) < 0) return j;
    return letters - 1;
  }
  std::size_t child(std::size_t at, std::size_t letter, std::size_t length) {
    if (tree_[at].child[letter] == 0) {
      step next = model_.read(model::follow(tree_[at].now, letter), length);
      tree_[at].child[letter] = tree_.size(), tree_.push_back(node{next});
    }
    return tree_[at].child[letter];
  }
  model const& model_;
  std::uint64_t seed_;
  std::vector<node> tree_;
};

}  // namespace cloze
