// SPDX-License-Identifier: BSD-3-Clause
// The cloze: a word of a definition is taken out, its neighbours stay.
#pragma once

#include <array>

#include "../wordnet/corpus.hpp"
#include "../wordnet/hash.hpp"

namespace cloze {

using foil::idx;

/// Words are numbers in alphabetical order; 0 stands before and behind a definition.
struct question {
  std::array<std::uint32_t, 4> near{};  ///< two words to the left, one, one to the right, two
  std::uint32_t word = 0;               ///< the one that was taken out
};

/// Every word that can be asked for, of every definition that trains; one a definition of those held out.
struct questions {
  std::vector<std::string> words;  ///< by number
  std::vector<question> train, tune, test;
};

/// Runs of letters, in lower case; whatever else stands there separates.
inline std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words(1);
  for (char c : text) {
    c = c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
    if (c >= 'a' && c <= 'z')
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// Words of four letters or more are asked for. A definition's hash decides its side, so that equal texts stay together.
inline questions ask(wordnet::corpus const& wordnet, std::size_t tune, std::size_t test, std::uint64_t seed) {
  questions all;
  std::vector<std::vector<std::string>> texts;
  for (wordnet::synset const& s : wordnet.synsets) {
    texts.push_back(split(s.definition));
    all.words.insert(all.words.end(), texts.back().begin(), texts.back().end());
  }
  all.words.emplace_back();
  std::sort(all.words.begin(), all.words.end());
  all.words.erase(std::unique(all.words.begin(), all.words.end()), all.words.end());
  std::unordered_map<std::string, std::uint32_t> number;
  for (std::string const& w : all.words) number.emplace(w, std::uint32_t(number.size()));

  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::vector<std::string> const& text = texts[i];
    auto const at = [&](std::size_t j) { return j < text.size() ? number.at(text[j]) : 0; };  // j - 1 wraps: outside, too
    std::vector<question> here;
    for (std::size_t j = 0; j < text.size(); ++j)
      if (text[j].size() >= 4) here.push_back({{at(j - 2), at(j - 1), at(j + 1), at(j + 2)}, at(j)});
    if (here.empty()) continue;
    std::uint64_t const h = wordnet::hash(wordnet.at(idx(i)).definition, seed);
    std::vector<question>* const held = h % 32 == 0 ? &all.test : h % 32 == 1 ? &all.tune : nullptr;
    if (held != nullptr)
      held->push_back(here[std::size_t(h / 32 % here.size())]);
    else
      all.train.insert(all.train.end(), here.begin(), here.end());
  }
  all.tune.resize((std::min)(tune, all.tune.size())), all.test.resize((std::min)(test, all.test.size()));
  return all;
}

}  // namespace cloze
