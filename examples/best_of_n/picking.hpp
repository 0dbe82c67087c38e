// SPDX-License-Identifier: BSD-3-Clause
// The ways to pick one of N answers, and how often each is right.
#pragma once

#include <foil/score/best_of_n.hpp>
#include <foil/score/borda_vote.hpp>
#include <foil/score/pass_at_k.hpp>

#include "sampler.hpp"

namespace cloze {

/// Index of the picked answer, -1 if nothing can be picked.
struct method {
  char const* name;
  idx (*pick)(answers const&, foil::random_stream&);
};

inline std::vector<unsigned char> answered(answers const& a) {
  std::vector<unsigned char> on;
  for (idx id : a.id) on.push_back(id >= 0);
  return on;
}

inline std::vector<method> methods() {
  namespace score = foil::score;
  using stream = foil::random_stream;
  return {{"random", [](answers const& a, stream& r) { return r.below(idx(a.id.size())); }},
          {"self-certainty", [](answers const& a, stream&) { return score::best_of_n(a.certainty, answered(a)).index; }},
          {"likelihood", [](answers const& a, stream&) { return score::best_of_n(a.likelihood, answered(a)).index; }},
          {"per letter", [](answers const& a, stream&) { return score::best_of_n(a.per_letter, answered(a)).index; }},
          {"majority", [](answers const& a, stream&) { return score::vote(a.id).pick_index; }},
          {"Borda 0.5", [](answers const& a, stream&) { return score::borda_vote(a.id, a.certainty).pick_index; }},
          {"Borda 2", [](answers const& a, stream&) { return score::borda_vote(a.id, a.certainty, {.power = 2}).pick_index; }}};
}

/// Answers first .. first + n.
inline answers part(answers const& a, idx first, idx n) {
  auto const cut = [&](auto const& v) { return std::remove_cvref_t<decltype(v)>(v.begin() + first, v.begin() + first + n); };
  return {cut(a.id), cut(a.certainty), cut(a.likelihood), cut(a.per_letter), cut(a.right)};
}

/// Shares of right picks: method by method, for N = 1, 2, 4 .. most; the last line is the chance that any of N is right.
class tally {
 public:
  explicit tally(idx most) {
    for (idx n = 1; n <= most; n *= 2) sizes_.push_back(n);
    right_.assign(methods().size() + 1, std::vector<double>(sizes_.size(), 0.0));
  }

  /// Every answer counts once at every N: the draws are cut into groups of N.
  void add(answers const& a, foil::random_stream& random) {
    idx const drawn = idx(a.id.size());
    std::vector<method> const all = methods();
    for (std::size_t s = 0; s < sizes_.size(); ++s) {
      double const groups = double(drawn / sizes_[s]);
      for (idx first = 0; first + sizes_[s] <= drawn; first += sizes_[s]) {
        answers const group = part(a, first, sizes_[s]);
        for (std::size_t m = 0; m < all.size(); ++m) {
          idx const i = all[m].pick(group, random);
          right_[m][s] += (i >= 0 && group.right[std::size_t(i)]) / groups;
        }
      }
      right_.back()[s] += foil::score::pass_at_k(drawn, std::count(a.right.begin(), a.right.end(), 1), sizes_[s]);
    }
    ++questions_;
  }

  std::vector<idx> const& sizes() const { return sizes_; }
  std::size_t lines() const { return right_.size(); }
  std::string name(std::size_t line) const { return line + 1 < right_.size() ? methods()[line].name : "any of N"; }
  double share(std::size_t line, std::size_t size) const { return right_[line][size] / double(questions_); }

 private:
  std::vector<idx> sizes_;
  std::vector<std::vector<double>> right_;
  idx questions_ = 0;
};

}  // namespace cloze
