// SPDX-License-Identifier: BSD-3-Clause
// What the tool is asked for.
#pragma once

#include <foil/bridge/training_lines.hpp>
#include <foil/foil.hpp>
#include <optional>
#include <string>
#include <vector>

namespace miner {

using foil::idx;

enum class metric { cosine, dot, euclidean };

struct options {
  // Files; empty: none.
  std::string queries, corpus, positives;                  ///< embeddings; who is whose positive
  std::string query_ids, corpus_ids;                       ///< an id per line; else the order of the texts, else row numbers
  std::string query_texts, corpus_texts;                   ///< JSONL or TSV
  std::string query_scales, corpus_scales;                 ///< of int8 embeddings; else 1
  int least_grade = 1;                                     ///< of a positive
  bool skip_unknown = false;                               ///< judgements of ids without a row are counted, not refused
  std::string exclude, mask, query_labels, corpus_labels;  ///< of filters
  std::string guide_queries, guide_corpus;

  std::vector<std::string> inputs() const {
    return {queries,       corpus,  positives, query_ids,    corpus_ids,    query_texts,   corpus_texts, query_scales,
            corpus_scales, exclude, mask,      query_labels, corpus_labels, guide_queries, guide_corpus};
  }

  std::string out;
  std::optional<foil::bridge::dialect> dialect = foil::bridge::dialect::triplet;  ///< none: .npy
  bool scores = false, replace_invalid = false;

  metric similarity = metric::cosine;
  foil::mine_options mining{};  ///< without executor, progress and first_row
  std::string range_max = "auto", sampling = "top";
  double temperature = 1;

  bool exclude_same_id = false;
  std::optional<double> min_score, max_score, absolute_margin, relative_margin, near_duplicate;
  double guide_margin = 0;
  foil::reference margin_of = foil::reference::lowest;

  int threads = 0;  ///< 0: all processors
  idx block = 4096;
  idx blocks(idx n) const { return n == 0 ? 0 : (n - 1) / block + 1; }  ///< of n queries
  std::string corpus_rows = "auto";
  idx at_a_time = 0;  ///< documents; 0: by the size of the memory
  bool overwrite = false, restart = false;
  idx recall_queries = 1000;
  std::vector<idx> recall_at{1, 10, 100};
};

}  // namespace miner
