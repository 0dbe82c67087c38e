// SPDX-License-Identifier: BSD-3-Clause
// All input files, opened and compared with each other before any work.
#pragma once

#include <foil/bridge/jsonl_qrels.hpp>
#include <memory>
#include <utility>

#include "embeddings.hpp"
#include "hash.hpp"
#include "ids.hpp"
#include "options.hpp"

namespace miner {

using foil::bridge::mapped_file;
using foil::bridge::qrels;

struct inputs {
  options const& o;
  embeddings queries{o.queries, o.query_scales}, corpus{o.corpus, o.corpus_scales};
  ids query_ids{queries.n(), o.queries, o.query_ids, o.query_texts}, corpus_ids{corpus.n(), o.corpus, o.corpus_ids, o.corpus_texts};
  qrels positives = read_pairs(o.positives, o.least_grade);
  qrels excluded = read_pairs(o.exclude, (std::numeric_limits<int>::min)());
  std::vector<idx> query_label = labels(o.query_labels, queries.n()), corpus_label = labels(o.corpus_labels, corpus.n());
  std::vector<idx> same_query, same_document;  ///< numbers that are equal where ids are
  npy_file mask;
  std::unique_ptr<embeddings> guide_queries, guide_corpus;

  explicit inputs(options const& asked) : o(asked) {
    using foil::require;
    require(queries.dim() == corpus.dim(), o.queries, ": has dim ", queries.dim(), ", but ", o.corpus, " has ", corpus.dim());
    require(queries.wide() == corpus.wide(), o.queries, " is ", queries.file().name(), " and ", o.corpus, " ", corpus.file().name(),
            ": either both are float64 or none");
    require(corpus.n() > 0, o.corpus, ": holds no documents");
    require(!o.dialect || !positives.documents.empty(), o.positives, ": holds no positive of grade ", o.least_grade,
            " or higher: there would be no lines (--least-grade; or ask for --format npy)");
    bool const compares = o.absolute_margin || o.relative_margin || o.near_duplicate || !o.guide_queries.empty();
    require(!compares || !positives.documents.empty(), "margins, --near-duplicate and a guide compare documents with positives, and ",
            o.positives.empty() ? "no file of positives is given" : o.positives + " holds none of the least grade");
    if (o.mining.bad_rows == foil::bad_rows::refuse) queries.check_finite(" (--bad-rows skip leaves it out)");  // the corpus is read later
    if (o.exclude_same_id) {
      for (idx i = 0; i < queries.n(); ++i) same_query.push_back(corpus_ids.row(query_ids.name(i)));
      for (idx j = 0; j < corpus.n(); ++j) same_document.push_back(j);
    }
    if (!o.mask.empty()) {
      mask = npy_file(o.mask);
      require(mask.n() == queries.n() && mask.dim() == corpus.n(), o.mask, ": wanted is the shape (", queries.n(), ", ", corpus.n(),
              "), the file has ", foil::bridge::npy_shape(mask.header().shape));
      mask.values<std::uint8_t>();
    }
    if (o.guide_queries.empty()) return;
    guide_queries = std::make_unique<embeddings>(o.guide_queries), guide_corpus = std::make_unique<embeddings>(o.guide_corpus);
    require(guide_queries->n() == queries.n(), o.guide_queries, ": ", guide_queries->n(), " rows for ", queries.n(), " queries");
    require(guide_corpus->n() == corpus.n(), o.guide_corpus, ": ", guide_corpus->n(), " rows for ", corpus.n(), " documents");
    require(guide_queries->dim() == guide_corpus->dim(), o.guide_queries, ": has dim ", guide_queries->dim(), ", but ", o.guide_corpus,
            " has ", guide_corpus->dim());
    guide_queries->check_finite("; a guide needs all its rows"), guide_corpus->check_finite("; a guide needs all its rows");
  }
  inputs(inputs const&) = delete;

  /// Names and hashes of all that a result depends on. Texts count only by the ids that they give.
  std::vector<std::pair<std::string, std::string>> fingerprints() const {
    std::vector<std::pair<std::string, std::string>> all;
    auto const file = [&](char const* use, std::string const& path) { all.emplace_back(use, path.empty() ? "none" : hash_of_file(path)); };
    auto const list = [&](char const* use, std::vector<idx> const& a, std::vector<idx> const& b) {
      auto const bytes = [](std::vector<idx> const& x) {
        return hash_of({reinterpret_cast<char const*>(x.data()), x.size() * sizeof(idx)});
      };
      all.emplace_back(use, hash_of(bytes(a) + bytes(b)));
    };
    file("queries", o.queries), file("corpus", o.corpus), file("query scales", o.query_scales), file("corpus scales", o.corpus_scales);
    file("mask", o.mask), file("guide queries", o.guide_queries), file("guide corpus", o.guide_corpus);
    list("positives", positives.offsets, positives.documents), list("exclude", excluded.offsets, excluded.documents);
    list("labels", query_label, corpus_label), list("same id", same_query, {});
    return all;
  }

 private:
  qrels read_pairs(std::string const& path, int least) const {
    qrels none;
    none.offsets.assign(std::size_t(queries.n()) + 1, 0);
    if (path.empty()) return none;
    mapped_file const file(path);
    ids const* lost = nullptr;  // where the id was not found that was asked for last
    auto const query = [&](std::string_view id) {
      idx const row = query_ids.row(id);
      lost = row < 0 ? &query_ids : nullptr;
      return row;
    };
    auto const document = [&](std::string_view id) {
      idx const row = corpus_ids.row(id);
      if (row < 0 && lost == nullptr) lost = &corpus_ids;
      return row;
    };
    auto const unknown = o.skip_unknown ? foil::bridge::unknown_ids::skip : foil::bridge::unknown_ids::refuse;
    std::string_view const text = file.bytes();
    std::size_t const first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    try {
      return first != text.npos && text[first] == '{'
                 ? foil::bridge::read_jsonl_qrels(text, path, queries.n(), query, document, least, unknown)
                 : foil::bridge::read_qrels(text, path, queries.n(), query, document, least, unknown);
    } catch (foil::error const& e) {
      if (o.skip_unknown || lost == nullptr) throw;
      foil::require(false, std::string(foil::without_name(e.what())), ": ids are ", lost->source(),
                    " (--skip-unknown leaves such lines out)");
    }
    return none;
  }
  static std::vector<idx> labels(std::string const& path, idx n) {
    if (path.empty()) return {};
    npy_file const file(path);
    foil::require(file.header().shape.size() == 1 && file.header().shape[0] == n, path, ": wanted are ", n,
                  " labels, the file has the shape ", foil::bridge::npy_shape(file.header().shape));
    foil::require(file.type() == npy_type::int32 || file.type() == npy_type::int64, path, ": labels are int32 or int64, not ", file.name());
    std::vector<idx> out;
    for (idx i = 0; i < n; ++i) out.push_back(file.element<idx>(i));
    return out;
  }
};

}  // namespace miner
