// SPDX-License-Identifier: BSD-3-Clause
// The gloss of a synset: a definition and, between quotation marks, sentences that use the word in this sense.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wordnet {

struct gloss {
  std::string definition;
  std::vector<std::string> sentences;

  /// Splits at the quotation marks: every second piece is a sentence. Twenty glosses lack a closing mark; what
  /// follows their last mark counts as definition.
  explicit gloss(std::string_view text) {
    for (bool quoted = false;; quoted = !quoted) {
      std::size_t const mark = text.find('"');
      std::string_view piece = text.substr(0, mark);
      std::size_t const first = piece.find_first_not_of(" ;:,");
      piece = first == piece.npos ? "" : piece.substr(first, piece.find_last_not_of(" ;:,") + 1 - first);
      if (!piece.empty() && quoted && mark != text.npos) {
        sentences.emplace_back(piece);
      } else if (!piece.empty()) {
        definition += (definition.empty() ? "" : "; ") + std::string(piece);
      }
      if (mark == text.npos) return;
      text.remove_prefix(mark + 1);
    }
  }
};

}  // namespace wordnet
