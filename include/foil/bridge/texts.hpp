// SPDX-License-Identifier: BSD-3-Clause
// Texts by row or by id, from JSON lines or TSV: mapped into memory, parsed one by one when they are asked for.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "foil/bridge/json_line.hpp"
#include "foil/bridge/mapped_file.hpp"
#include "foil/bridge/passage.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Lines {"_id": "d7", "title": "...", "text": "..."} (BEIR; also read are id, docid and query_id; query, question and contents for the
/// text; a title may be absent, other fields are left alone), or "id <tab> text", or "id <tab> title <tab> text". The first byte tells: '{'
/// begins JSON. Resident are ids and places of lines, not texts. Every line is parsed once when the file is opened, so that its faults are
/// found then.
class texts {
 public:
  texts() = default;
  explicit texts(std::string const& path) : file_(path) {
    text_lines at(file_.bytes(), path);
    while (at.next()) {
      if (at.blank()) continue;
      if (begin_.empty()) json_ = at.line().starts_with('{');
      std::string id = parsed(at.line(), at.where()).id;
      auto const [found, fresh] = row_of_.emplace(std::move(id), idx(begin_.size()));
      if (!fresh) require(false, at.where(), ": the id ", found->first, " is that of line ", line_[std::size_t(found->second)], ", too");
      begin_.push_back(at.begin()), line_.push_back(at.line_number());
    }
  }

  idx size() const { return idx(begin_.size()); }
  std::string const& path() const { return file_.path(); }
  /// Row of an id, -1 for none.
  idx row(std::string const& id) const {
    auto const found = row_of_.find(id);
    return found == row_of_.end() ? -1 : found->second;
  }
  passage operator[](idx row) const {
    text_lines at(file_.bytes().substr(std::size_t(begin_[std::size_t(row)])), path());
    at.next();
    return parsed(at.line(), path() + ":" + std::to_string(line_[std::size_t(row)]));
  }

 private:
  passage parsed(std::string_view line, std::string const& where) const {
    if (json_) {
      json_line const x(line, where);
      std::string id = x.id(x.one_of({"_id", "id", "docid", "query_id"}));
      require(!id.empty(), where, ": the id is empty");
      return {std::move(id), x.has("title") ? x.text("title") : "", x.text(x.one_of({"text", "query", "question", "contents"}))};
    }
    std::vector<std::string_view> const part = split(line, '\t');
    require(part.size() == 2 || part.size() == 3, where,
            ": wanted are id and text, or id, title and text, with tabs between; the line has ", part.size(),
            part.size() == 1 ? " part" : " parts");
    require(!part[0].empty(), where, ": the id is empty");
    return {std::string(part[0]), part.size() == 3 ? std::string(part[1]) : "", std::string(part.back())};
  }

  mapped_file file_;
  bool json_ = false;
  std::vector<idx> begin_, line_;  ///< of each text: first byte of its line, and the line's number
  std::unordered_map<std::string, idx> row_of_;
};

}}  // namespace foil::bridge
