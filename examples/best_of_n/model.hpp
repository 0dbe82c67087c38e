// SPDX-License-Identifier: BSD-3-Clause
// The model: log-linear in the smoothed n-gram distributions of the next letter; trained here, in seconds.
#pragma once

#include <foil/listwise/cross_entropy.hpp>

#include "counts.hpp"

namespace cloze {

/// Contexts from wide to narrow; each is smoothed towards the one that it names. The first knows no neighbour at all.
inline constexpr std::array<std::array<bool, 4>, 6> contexts{
    {{0, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {1, 1, 0, 0}, {0, 0, 1, 1}, {0, 1, 1, 0}}};
inline constexpr std::array<std::size_t, 6> wider{0, 0, 0, 1, 2, 1};
inline constexpr idx experts = idx(contexts.size());

/// The distribution of one more letter of one answer: the model's logits, and what they were made of.
struct step {
  std::array<float, letters> logits;
  std::array<std::array<double, letters>, contexts.size()> log_p;
  std::array<std::array<range, letters>, contexts.size()> part;
};

class model {
 public:
  explicit model(questions const& q) : words_(q.words) {
    for (auto const& uses : contexts) tables_.emplace_back(uses).learn(q.train);
    weights_.fill(1.0 / double(experts));
  }

  using place = std::array<range, contexts.size()>;
  place begin(question const& q) const {
    place p;
    for (std::size_t k = 0; k < tables_.size(); ++k) p[k] = tables_[k].find(q);
    return p;
  }

  /// z = sum_k weight_k log p_k(letter | answer so far),  p_k = (count + smoothing p_wider) / (sum + smoothing).
  /// The widest is smoothed towards uniform: every logit is finite.
  step read(place const& p, std::size_t length) const {
    step s;
    std::array<std::array<double, letters>, contexts.size()> prob;
    for (std::size_t k = 0; k < tables_.size(); ++k) {
      std::array<double, letters> count;
      tables_[k].next(p[k], length, words_, count, s.part[k]);
      double sum = 0;
      for (double c : count) sum += c;
      for (std::size_t j = 0; j < letters; ++j) {
        double const base = k == 0 ? 1.0 / letters : prob[wider[k]][j], smoothing = k == 0 ? 0.1 : 2;
        prob[k][j] = (count[j] + smoothing * base) / (sum + smoothing);
        s.log_p[k][j] = std::log(prob[k][j]);
      }
    }
    for (std::size_t j = 0; j < letters; ++j) {
      double z = 0;
      for (std::size_t k = 0; k < tables_.size(); ++k) z += weights_[k] * s.log_p[k][j];
      s.logits[j] = float(z);
    }
    return s;
  }
  static place follow(step const& s, std::size_t letter) {
    place p;
    for (std::size_t k = 0; k < p.size(); ++k) p[k] = s.part[k][letter];
    return p;
  }
  std::string const& word(std::uint32_t number) const { return words_[number]; }

  /// Fits the weights to the letters of held-out words by gradient descent on foil's cross entropy; returns the last loss.
  template <class Progress>
  double tune(std::vector<question> const& held, Progress&& progress) {
    std::vector<step> steps;
    std::vector<int> truth;
    for (question const& q : held) {
      place p = begin(q);
      std::string const& w = word(q.word);
      for (std::size_t i = 0; i <= w.size(); ++i) {
        truth.push_back(i < w.size() ? w[i] - 'a' : int(end_of_word));
        steps.push_back(read(p, i)), p = follow(steps.back(), std::size_t(truth.back()));
      }
    }
    constexpr int rounds = 100;
    constexpr double rate = 0.3;
    double loss = 0;
    foil::matrix<double> z(idx(steps.size()), letters);
    for (int round = 0; round < rounds; ++round) {
      auto const over = [&](auto&& f) {
        for (std::size_t i = 0; i < steps.size(); ++i)
          for (std::size_t k = 0; k < weights_.size(); ++k)
            for (std::size_t j = 0; j < letters; ++j) f(i, k, j, steps[i].log_p[k][j]);
      };
      z.setZero();
      over([&](std::size_t i, std::size_t k, std::size_t j, double x) { z(idx(i), idx(j)) += weights_[k] * x; });
      auto const r = foil::loss::label_cross_entropy(z, truth);
      std::array<double, contexts.size()> slope{};
      over([&](std::size_t i, std::size_t k, std::size_t j, double x) { slope[k] += r.scores(idx(i), idx(j)) * x; });
      for (std::size_t k = 0; k < slope.size(); ++k) weights_[k] -= rate * slope[k];
      loss = r.value;
      progress(round + 1, rounds);
    }
    return loss;
  }
  std::array<double, contexts.size()> const& weights() const { return weights_; }

 private:
  std::vector<std::string> const& words_;
  std::vector<counts> tables_;
  std::array<double, contexts.size()> weights_;
};

}  // namespace cloze
