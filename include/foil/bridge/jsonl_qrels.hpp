// SPDX-License-Identifier: BSD-3-Clause
// Positives as JSON lines: a line for each judgement, or for each query.
#pragma once

#include "foil/bridge/json_line.hpp"
#include "foil/bridge/qrels.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Lines {"query-id": "q1", "corpus-id": "d7", "score": 1} (BEIR; without a score the grade is 1), or
/// {"query_id": "q1", "positive_document_ids": ["d7", "d9"]} (Tevatron), in any mixture. Also read are query_id and qid for the query,
/// corpus_id, document_id and docid for the document, positive_ids and positives for the list; a line with a
/// list and another of these is refused, other fields are left alone. Arguments as of read_qrels.
template <class Query, class Document>
qrels read_jsonl_qrels(std::string_view text, std::string const& name, idx queries, Query const& query_row, Document const& document_row,
                       int lowest_grade = 1, unknown_ids unknown = unknown_ids::refuse) {
  qrels_builder<Query, Document> builder(queries, query_row, document_row, lowest_grade, unknown);
  for (text_lines at(text, name); at.next();) {
    if (at.blank()) continue;
    json_line const line(at.line(), at.where());
    std::string const query = line.id(line.one_of({"query-id", "query_id", "qid"}));
    char const* const field =
        line.one_of({"corpus-id", "corpus_id", "document_id", "docid", "positive_document_ids", "positive_ids", "positives"});
    for (std::string_view const list : {"positive_document_ids", "positive_ids", "positives"})
      if (list != field && line.has(list.data()))
        require(false, at.where(), ": has both ", field, " and ", std::string(list), "; one of them says what is relevant");
    if (std::string_view(field).starts_with("positive"))
      for (std::string const& id : line.ids(field)) builder.add(at, query, id, 1);
    else
      builder.add(at, query, line.id(field), line.has("score") ? line.whole("score") : 1);
  }
  return builder.finish(name);
}

}}  // namespace foil::bridge
