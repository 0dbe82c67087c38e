// SPDX-License-Identifier: BSD-3-Clause
// Counts of words by context, and the distribution of the next letter that they amount to.
#pragma once

#include "question.hpp"

namespace cloze {

/// a .. z and the end of the word.
inline constexpr idx letters = 27, end_of_word = 26;

/// A part of a table's entries: the words that begin as the answer does so far.
struct range {
  std::size_t first = 0, last = 0;
};

/// One kind of context (say, the word to the left): which words were seen in it, and how often.
class counts {
 public:
  explicit counts(std::array<bool, 4> uses) : uses_(uses) {}

  void learn(std::vector<question> const& train) {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> seen;
    seen.reserve(train.size());
    for (question const& q : train) seen.emplace_back(key(q), q.word);
    std::sort(seen.begin(), seen.end());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (i == 0 || seen[i].first != seen[i - 1].first) keys_.push_back(seen[i].first), starts_.push_back(entries_.size());
      if (i == 0 || seen[i] != seen[i - 1]) entries_.push_back({seen[i].second, 0});
      ++entries_.back().count;
    }
    starts_.push_back(entries_.size());
  }

  range find(question const& q) const {
    auto const at = std::lower_bound(keys_.begin(), keys_.end(), key(q));
    if (at == keys_.end() || *at != key(q)) return {};
    auto const k = std::size_t(at - keys_.begin());
    return {starts_[k], starts_[k + 1]};
  }

  /// Occurrences by the letter at `place`, and where each letter's words end: entries are in alphabetical order.
  void next(range r, std::size_t place, std::vector<std::string> const& words, std::array<double, letters>& count,
            std::array<range, letters>& part) const {
    count.fill(0), part.fill({});
    for (std::size_t e = r.first; e < r.last; ++e) {
      std::string const& w = words[entries_[e].word];
      auto const letter = std::size_t(place < w.size() ? w[place] - 'a' : char(end_of_word));
      if (count[letter] == 0) part[letter].first = e;
      count[letter] += entries_[e].count, part[letter].last = e + 1;
    }
  }

 private:
  struct entry {
    std::uint32_t word, count;
  };
  std::uint64_t key(question const& q) const {
    std::uint64_t k = 0;
    for (std::size_t i = 0; i < 4; ++i)
      if (uses_[i]) k = (k << 32) | (q.near[i] + 1);
    return k;
  }
  std::array<bool, 4> uses_;  // at most two of them
  std::vector<std::uint64_t> keys_;
  std::vector<std::size_t> starts_;
  std::vector<entry> entries_;
};

}  // namespace cloze
