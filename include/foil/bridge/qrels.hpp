// SPDX-License-Identifier: BSD-3-Clause
// Relevance judgements: who is whose positive, from TREC qrels and from TSV files.
#pragma once

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "foil/bridge/text_lines.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Judged documents by query, as roles::listed and bias::listed take them: those of query i are documents[offsets[i]] to
/// documents[offsets[i + 1] - 1], in the order of the file.
struct qrels {
  std::vector<idx> offsets{0}, documents;  ///< [queries + 1]; rows of the corpus
  std::vector<int> grades;                 ///< of each document
  idx below = 0;                           ///< judgements under the least grade, left out
  idx repeated = 0;                        ///< judgements that an earlier one has said already, left out
  idx unknown_queries = 0;                 ///< judgements whose query has no row, left out
  idx unknown_documents = 0;               ///< judgements of other queries whose document has no row, left out
};

/// Ids in a file that have no row.
enum class unknown_ids {
  refuse,  ///< foil::error with file and line
  skip     ///< left out and counted
};

/// Takes judgements in any order and makes lists of them. query_row(id) and document_row(id) return the row of an id, -1 for none. Refuses
/// a query's row beyond `queries`; a document's is not checked, as the size of the corpus is not known here.
template <class Query, class Document>
class qrels_builder {
 public:
  /// lowest_grade: lower grades are left out, 1 keeps what is relevant.
  qrels_builder(idx queries, Query const& query_row, Document const& document_row, int lowest_grade, unknown_ids unknown)
      : queries_(queries), query_row_(query_row), document_row_(document_row), lowest_grade_(lowest_grade), unknown_(unknown) {}

  void add(text_lines const& at, std::string_view query, std::string_view document, int grade) {
    idx const q = query_row_(query), d = document_row_(document);
    if (unknown_ == unknown_ids::refuse && (q < 0 || d < 0))
      require(false, at.where(), q < 0 ? ": no query has the id " : ": no document has the id ", std::string(q < 0 ? query : document));
    if (q >= queries_) require(false, at.where(), ": query ", std::string(query), " has row ", q, ", of ", queries_, " queries");
    if (q < 0 || d < 0)
      ++(q < 0 ? out_.unknown_queries : out_.unknown_documents);
    else
      all_.push_back({q, d, at.line_number(), grade});
  }

  /// `name`: of the file, for messages. Refuses two grades for one pair.
  qrels finish(std::string const& name) {
    std::stable_sort(all_.begin(), all_.end(), [](judgement const& a, judgement const& b) { return a.query < b.query; });
    std::vector<std::size_t> order(all_.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return all_[a].query != all_[b].query ? all_[a].query < all_[b].query : all_[a].document < all_[b].document;
    });
    std::vector<bool> again(all_.size());
    for (std::size_t k = 1; k < order.size(); ++k) {
      judgement const &a = all_[order[k - 1]], &b = all_[order[k]];
      if (a.query != b.query || a.document != b.document) continue;
      require(a.grade == b.grade, name, ":", b.line, ": grade ", b.grade, " for a pair that line ", a.line, " gives ", a.grade);
      again[order[k]] = true, ++out_.repeated;
    }
    for (std::size_t k = 0; k < all_.size(); ++k) {
      out_.offsets.resize(std::size_t(all_[k].query) + 1, idx(out_.documents.size()));
      if (again[k]) continue;
      if (all_[k].grade < lowest_grade_)
        ++out_.below;
      else
        out_.documents.push_back(all_[k].document), out_.grades.push_back(all_[k].grade);
    }
    out_.offsets.resize(std::size_t(queries_) + 1, idx(out_.documents.size()));
    return std::move(out_);
  }

 private:
  struct judgement {
    idx query, document, line;
    int grade;
  };
  idx queries_;
  Query const& query_row_;
  Document const& document_row_;
  int lowest_grade_;
  unknown_ids unknown_;
  std::vector<judgement> all_;
  qrels out_;
};

/// Reads lines "query iteration document grade" between blanks (TREC), or "query <tab> document" with or without a third column
/// of grades (TSV, BEIR), whose first line may be a heading that begins with query-id, query_id or qid. The first line says which of both
/// the file is. Blank lines are left out; everything else is refused by file and line. query_row(id), document_row(id): row of an id, -1
/// for none. lowest_grade: lower grades are left out.
template <class Query, class Document>
qrels read_qrels(std::string_view text, std::string const& name, idx queries, Query const& query_row, Document const& document_row,
                 int lowest_grade = 1, unknown_ids unknown = unknown_ids::refuse) {
  qrels_builder<Query, Document> builder(queries, query_row, document_row, lowest_grade, unknown);
  std::size_t columns = 0;  // of a TSV file; 4 for TREC
  for (text_lines at(text, name); at.next();) {
    if (at.blank()) continue;
    std::vector<std::string_view> part = split(at.line(), columns == 2 || columns == 3 ? '\t' : ' ');
    if (columns == 0) {
      std::vector<std::string_view> const tabs = split(at.line(), '\t');
      columns = tabs.size() == 2 || tabs.size() == 3 ? tabs.size() : 4;
      if (columns != 4) part = tabs;
      if (columns != 4 && (part[0] == "query-id" || part[0] == "query_id" || part[0] == "qid")) continue;
    }
    if (part.size() != columns)
      require(false, at.where(), ": wanted are ",
              columns == 4 ? "query, iteration, document and grade" : "as many columns as in the lines before", ", the line has ",
              part.size(), part.size() == 1 ? " part" : " parts");
    bool empty = false;
    for (std::string_view p : part) empty = empty || p.empty();
    if (empty) require(false, at.where(), ": a column is empty");
    int grade = 1;
    if (columns > 2) {
      auto const [end, fault] = std::from_chars(part.back().data(), part.back().data() + part.back().size(), grade);
      if (fault != std::errc() || end != part.back().data() + part.back().size())
        require(false, at.where(), ": the grade ", std::string(part.back()), " is no whole number");
    }
    builder.add(at, part[0], part[columns == 4 ? 2 : 1], grade);
  }
  return builder.finish(name);
}

}}  // namespace foil::bridge
