// SPDX-License-Identifier: BSD-3-Clause
// Texts as weighted bags of hashed features, words and their 4-grams, computed once and stored row after row.
#pragma once

#include <cmath>
#include <span>

#include "corpus.hpp"
#include "hash.hpp"

namespace wordnet {

inline constexpr idx table_rows = idx(1) << 18;

struct feature {
  std::uint32_t id;  ///< a row of the encoder's table
  float weight;
};

/// Row i is text i: its features, each id once, ascending.
class features {
 public:
  idx rows() const { return idx(offsets_.size()) - 1; }
  std::span<feature const> row(idx i) const { return {all_.data() + offsets_[std::size_t(i)], all_.data() + offsets_[std::size_t(i) + 1]}; }

  /// Adds to the open row each lower-cased word of the text, and each 4-gram of "<word>".
  void add(std::string_view text, float weight) {
    std::string word = "<";
    for (std::size_t at = 0; at <= text.size(); ++at) {
      char c = at < text.size() ? text[at] : ' ';
      if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
        word += c;
      } else if (c != '\'' && word.size() > 1) {
        word += '>';
        put(word, weight);
        for (std::size_t i = 0; i + 4 <= word.size(); ++i) put(std::string_view(word).substr(i, 4), weight);
        word = "<";
      }
    }
  }

  /// Ends the open row.
  void close() {
    auto const first = all_.begin() + std::ptrdiff_t(offsets_.back());
    std::sort(first, all_.end(), [](feature a, feature b) { return a.id < b.id; });
    auto last = first;
    for (auto i = first; i != all_.end(); ++i)
      if (last != first && (last - 1)->id == i->id)
        (last - 1)->weight += i->weight;
      else
        *last++ = *i;
    all_.erase(last, all_.end());
    offsets_.push_back(all_.size());
  }

  /// Multiplies every feature by the factor of its id.
  void scale(std::vector<float> const& factor) {
    for (feature& f : all_) f.weight *= factor[f.id];
  }

 private:
  void put(std::string_view s, float weight) { all_.push_back({std::uint32_t(hash(s) % table_rows), weight}); }

  std::vector<std::size_t> offsets_{0};
  std::vector<feature> all_;
};

/// What a feature tells, by how rare it is: log((documents + 1) / (documents with it + 1)).
inline std::vector<float> rarity(features const& documents) {
  std::vector<float> out(std::size_t(table_rows), 0.f);
  for (idx i = 0; i < documents.rows(); ++i)
    for (feature const f : documents.row(i)) out[f.id] += 1.f;
  for (float& x : out) x = std::log(float(documents.rows() + 1) / (x + 1.f));
  return out;
}

}  // namespace wordnet
