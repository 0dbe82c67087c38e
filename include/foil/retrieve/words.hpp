// SPDX-License-Identifier: BSD-3-Clause
// Texts as lists of term ids: words, their numbers, and an index over texts.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "foil/retrieve/bm25.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Calls f(word) for each run of letters, digits and underscores, ASCII letters in lower case; bytes from 128 on (UTF-8 beyond
/// ASCII) count as letters and stay as they are. `word` lives as long as the call of f.
struct split_words {
  template <class F>
  void operator()(std::string_view text, F const& f) const {
    std::string word;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      auto const c = i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(' ');
      bool const upper = c >= 'A' && c <= 'Z';
      if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c >= 128)
        word.push_back(static_cast<char>(upper ? c - 'A' + 'a' : c));
      else if (!word.empty())
        f(std::string_view(word)), word.clear();
    }
  }
};

/// Numbers of words, from 0 in the order of their first occurrence.
template <class Split = split_words>
class vocabulary {
 public:
  explicit vocabulary(Split split = {}) : split_(std::move(split)) {}
  idx size() const { return idx(ids_.size()); }
  /// Of each text the ids of its words; words that are new get the next number. The time goes to a hash of each word.
  template <class Texts>
  id_lists add(Texts const& texts) {
    return lists(texts, [this](std::string_view w) { return ids_.try_emplace(std::string(w), size()).first->second; });
  }
  /// The same of known words alone: others are left out. The time goes to a hash of each word.
  template <class Texts>
  id_lists find(Texts const& texts) const {
    return lists(texts, [this](std::string_view w) {
      auto const at = ids_.find(std::string(w));
      return at == ids_.end() ? idx(-1) : at->second;
    });
  }

 private:
  template <class Texts, class F>
  id_lists lists(Texts const& texts, F const& number) const {
    id_lists out;
    for (auto const& text : texts) {
      split_(std::string_view(text), [&](std::string_view w) {
        if (idx const id = number(w); id >= 0) out.values.push_back(id);
      });
      out.offsets.push_back(idx(out.values.size()));
    }
    return out;
  }
  Split split_;
  std::unordered_map<std::string, idx> ids_;
};

/// BM25 over texts: std::string, string views or literals in any range. Of an index the time goes to a hash of each word.
///   foil::mining::text_index const index(documents);
///   auto const hits = index.search(queries, {.k = 100, .exclude = {offsets, positives}});
template <class Split = split_words>
class text_index {
 public:
  template <class Texts>
  explicit text_index(Texts const& documents, bm25_options const& o = {}, Split split = {})
      : words_(std::move(split)), index_(of(words_.add(documents), o)) {}
  template <class Texts>
  retrieved search(Texts const& queries, search_options const& o = {}) const {
    id_lists const q = words_.find(queries);
    return index_.search(q.lists(), o);
  }
  vocabulary<Split> const& words() const { return words_; }
  bm25_index const& index() const { return index_; }

 private:
  static bm25_index of(id_lists const& documents, bm25_options const& o) { return bm25_index(documents.lists(), o); }
  vocabulary<Split> words_;
  bm25_index index_;
};

}}  // namespace foil::mining
