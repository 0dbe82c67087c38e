// SPDX-License-Identifier: BSD-3-Clause
// Which row has which id, and which text.
#pragma once

#include <charconv>
#include <foil/bridge/texts.hpp>

namespace miner {

using foil::idx;

class ids {
 public:
  ids() = default;
  /// Of n rows of a file: from a file of ids, or in the order of texts, or numbers from 0.
  ids(idx n, std::string const& embeddings, std::string const& id_file, std::string const& text_file) : n_(n) {
    if (!text_file.empty()) texts_ = foil::bridge::texts(text_file);
    has_texts_ = !text_file.empty();
    source_ = !id_file.empty() ? "those of " + id_file : has_texts_ ? "those of " + text_file : "the numbers of rows, from 0";
    if (!id_file.empty()) {
      foil::bridge::mapped_file const file(id_file);
      std::string empty;  // the first blank line; the file may end with some
      for (foil::bridge::text_lines at(file.bytes(), id_file); at.next();) {
        if (at.blank()) {
          if (empty.empty()) empty = at.where();
          continue;
        }
        foil::require(empty.empty(), empty, ": the id is empty");
        auto const [found, fresh] = row_of_.emplace(std::string(at.line()), idx(names_.size()));
        foil::require(fresh, at.where(), ": the id ", found->first, " is that of row ", found->second, ", too");
        names_.push_back(found->first);
        if (!has_texts_) continue;
        text_of_.push_back(texts_.row(found->first));
        foil::require(text_of_.back() >= 0, at.where(), ": the id ", found->first, " has no text in ", text_file);
      }
      foil::require(idx(names_.size()) == n, id_file, ": has ", names_.size(), " ids for the ", n, " rows of ", embeddings);
    } else if (has_texts_) {
      foil::require(texts_.size() == n, text_file, ": has ", texts_.size(), " texts for the ", n, " rows of ", embeddings,
                    "; say which row is which by a file of ids");
    }
  }

  /// Where ids are from, in words.
  std::string const& source() const { return source_; }
  /// -1: none.
  idx row(std::string_view id) const {
    if (!names_.empty()) {
      auto const found = row_of_.find(std::string(id));
      return found == row_of_.end() ? -1 : found->second;
    }
    if (has_texts_) return texts_.row(std::string(id));
    idx number = -1;
    auto const [end, fault] = std::from_chars(id.data(), id.data() + id.size(), number);
    return fault == std::errc() && end == id.data() + id.size() && number < n_ && std::to_string(number) == id ? number : -1;
  }
  std::string name(idx row) const { return !names_.empty() ? names_[std::size_t(row)] : has_texts_ ? texts_[row].id : std::to_string(row); }
  foil::bridge::passage text(idx row) const { return texts_[text_of_.empty() ? row : text_of_[std::size_t(row)]]; }

 private:
  idx n_ = 0;
  bool has_texts_ = false;
  std::string source_;
  foil::bridge::texts texts_;
  std::vector<std::string> names_;
  std::vector<idx> text_of_;
  std::unordered_map<std::string, idx> row_of_;
};

}  // namespace miner
