// SPDX-License-Identifier: BSD-3-Clause
// BM25: an index of which document has which term, and the exact best documents of a query.
// One file because the formula, the postings that hold its values and the search that adds them up are one thing.
#pragma once

#include <utility>

#include "foil/core/executor.hpp"
#include "foil/core/fixed_bits.hpp"
#include "foil/core/id_lists.hpp"
#include "foil/core/option.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"
#include "foil/retrieve/retrieved.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// With N documents, df of them holding the term, tf its count in the document, K = k1 (1 - b + b length / mean length):
enum class bm25_variant {
  lucene,     ///< log(1 + (N - df + 1/2) / (df + 1/2))  tf (k1 + 1) / (tf + K)
  robertson,  ///< log((N - df + 1/2) / (df + 1/2)), where negative max(0, epsilon times the terms' mean);  tf (k1 + 1) / (tf + K)
  atire,      ///< log(N / df)  tf (k1 + 1) / (tf + K)
  l,          ///< log((N + 1) / (df + 1/2))  (k1 + 1) (c + delta) / (k1 + c + delta), c = tf k1 / K (BM25L)
  plus        ///< log((N + 1) / df)  (delta + tf (k1 + 1) / (tf + K)) (BM25+)
};

/// Options of `bm25_index`: how a term of the query counts in a document.
struct bm25_options {
  static constexpr char const* name = "bm25";
  bm25_variant variant = bm25_variant::lucene;  ///< which formula
  double k1 = 0.9;                              ///< >= 0; how slowly repeated terms saturate (1.2 and 1.5 are common as well)
  double b = 0.4;                               ///< in [0, 1]; how much long documents are discounted (0.75 is common as well)
  double delta = 0.5;                           ///< >= 0; of l and plus
  double epsilon = 0;  ///< in [0, 1]; of robertson: 0 drops terms that half of the documents have (0.25 in rank_bm25)
  static void options(auto list) {
    using o = bm25_options;
    list("variant", &o::variant, bm25_variant::plus), list("k1", &o::k1, range::real{0, 1e6}), list("b", &o::b, range::share);
    list("delta", &o::delta, range::real{0, 1e6}), list("epsilon", &o::epsilon, range::share);
  }
};

/// Options of `bm25_index::search` and `text_index::search`.
struct search_options {
  static constexpr char const* name = "bm25 search";
  idx k = 100;                ///< >= 0; documents of each query, at most all
  bool unmatched = false;     ///< documents without a term of the query fill up what is left, lower index first
  ragged exclude{};           ///< of each query the documents that are never returned, its positives; none: of nobody
  foil::executor executor{};  ///< foil::threads(n) for n threads
  static void options(auto list) { list("k", &search_options::k, range::at_least(0)), list("executor", &search_options::executor); }
};

/// Score of a document: the sum over the query's terms, each as often as it stands there, of the variant's product. Documents
/// and queries are lists of term ids, in any order, repeats counted; an empty document scores 0. l and plus give documents
/// without a term the formula at tf = 0. Robertson and Zaragoza 2009; Lv and Zhai 2011; Kamphuis et al. 2020. Postings take 12
/// bytes for each document and different term of it.
class bm25_index {
 public:
  /// Terms are numbered from 0, without wide gaps: the index has 24 bytes for each number up to the highest, which is below
  /// 2^28. O(terms of all documents); the time goes to the places that terms name, and to a division for each posting.
  explicit bm25_index(ragged documents, bm25_options const& o = {}) {
    check_options("bm25_index", o);
    check_lists(documents, "bm25_index", idx(1) << 28);
    documents_ = documents.rows();
    require(documents_ < idx(1) << 31, "bm25_index: at most 2^31 - 1 documents, got ", documents_);
    idx const n = documents_, all = documents.ids.size();
    for (idx p = 0; p < all; ++p) terms_ = (std::max)(terms_, documents.ids[p] + 1);
    std::vector<std::int32_t> last(std::size_t(terms_), -1);  // the document that a term was last met in
    std::vector<idx> df(std::size_t(terms_), 0);
    each_term(documents, [&](idx d, idx t) { df[std::size_t(t)] += std::exchange(last[std::size_t(t)], std::int32_t(d)) != d; });
    first_.assign(std::size_t(terms_) + 1, 0);
    for (std::size_t t = 0; t < df.size(); ++t) first_[t + 1] = first_[t] + df[t];
    document_.resize(std::size_t(first_.back())), value_.assign(document_.size(), 0.0);
    std::vector<idx> end(first_.begin(), first_.end() - 1);
    last.assign(last.size(), -1);
    each_term(documents, [&](idx d, idx t) {
      auto& e = end[std::size_t(t)];
      if (std::exchange(last[std::size_t(t)], std::int32_t(d)) != d) document_[std::size_t(e++)] = std::int32_t(d);
      ++value_[std::size_t(e - 1)];
    });
    double mean_idf = 0, met = 0;
    for (idx count : df)
      if (count > 0) mean_idf += idf(o.variant, double(n), double(count)), ++met;
    double const least = met > 0 ? (std::max)(0.0, o.epsilon * mean_idf / met) : 0, mean_length = double(all) / double(n);
    without_.assign(df.size(), 0.0), largest_.assign(df.size(), 0.0);
    for (std::size_t t = 0; t < df.size(); ++t) {
      if (df[t] == 0) continue;
      double weight = idf(o.variant, double(n), double(df[t]));
      if (o.variant == bm25_variant::robertson && weight < 0) weight = least;
      without_[t] = weight * saturated(o, 0, 1);
      for (auto p = std::size_t(first_[t]); p < std::size_t(first_[t + 1]); ++p) {
        idx const length = documents.end(document_[p]) - documents.begin(document_[p]);
        value_[p] = weight * saturated(o, value_[p], 1 - o.b + o.b * double(length) / mean_length) - without_[t];
        largest_[t] = (std::max)(largest_[t], value_[p]);
      }
    }
  }

  idx documents() const { return documents_; }
  idx terms() const { return terms_; }  ///< one above the highest

  /// [queries, documents] scores of everything. A sum goes through the terms by number.
  matrix<double> scores(ragged queries) const {
    check_lists(queries, "bm25 scores");
    matrix<double> out(queries.rows(), documents_);
    for (idx q = 0; q < queries.rows(); ++q) {
      double base = 0;
      auto const terms = cursors(queries, q, base);
      double* const row = out.data() + q * documents_;
      std::fill_n(row, documents_, 0.0);
      for (cursor const& c : terms)
        for (idx p = c.at; p < c.end; ++p) row[document_[std::size_t(p)]] += fixed_bits::rounded(c.weight * value_[std::size_t(p)]);
      for (idx d = 0; d < documents_; ++d) row[d] += base;
    }
    return out;
  }

  /// The k best documents of each query: score descending, ties to the lower index; what shares no term that counts is not
  /// there unless asked for. Terms that no document has count nothing. Exact, for any number of threads: documents are scored
  /// in blocks, and a block is passed over if the terms found in it cannot add up to more than the k-th best so far. Time: the
  /// postings of the query's terms, at most; the time goes to these and to a look at each document of the blocks that stay.
  retrieved search(ragged queries, search_options const& o = {}) const {
    check_options("bm25 search", o);
    check_lists(queries, "bm25 search");
    if (o.exclude.offsets.size() > 0) o.exclude.check("bm25 search: argument exclude", queries.rows(), documents_);
    idx const n = queries.rows(), k = (std::min)(o.k, documents_);
    require(!beyond_memory<double>(n, k), "bm25 search: ", n, " lists of ", k, " documents are more than memory can hold");
    retrieved r(n, k);
    call_executor const started(o.executor);
    int const parts = o.executor.workers;
    started.get().run(parts, [&](int part) {
      std::vector<double> sum(std::size_t(block), 0.0);
      for (idx q = part; q < n && k > 0; q += parts) search_one(queries, q, k, o, sum, r);
    });
    return r;
  }

 private:
  static constexpr idx block = 2048;  // documents whose sums fill half of a small first cache
  struct cursor {
    idx at, end;             // postings that are left
    double weight, largest;  // how often the query has the term; what it can add to a document
  };

  template <class F>
  static void each_term(ragged documents, F const& f) {
    for (idx d = 0; d < documents.rows(); ++d)
      for (idx p = documents.begin(d); p < documents.end(d); ++p) f(d, documents.ids[p]);
  }
  static double idf(bm25_variant v, double n, double df) {
    if (v == bm25_variant::lucene) return std::log1p((n - df + 0.5) / (df + 0.5));
    if (v == bm25_variant::robertson) return std::log((n - df + 0.5) / (df + 0.5));
    return std::log(v == bm25_variant::atire ? n / df : (n + 1) / (df + (v == bm25_variant::l ? 0.5 : 0)));
  }
  /// length: 1 - b + b length / mean.
  static double saturated(bm25_options const& o, double tf, double length) {
    if (o.variant == bm25_variant::l) {
      double const c = tf / length + o.delta;
      return c > 0 ? (o.k1 + 1) * c / (o.k1 + c) : 0;
    }
    return (tf > 0 ? tf * (o.k1 + 1) / (tf + o.k1 * length) : 0) + (o.variant == bm25_variant::plus ? o.delta : 0);
  }
  std::vector<cursor> cursors(ragged queries, idx q, double& base) const {
    std::vector<idx> terms;
    for (idx p = queries.begin(q); p < queries.end(q); ++p)
      if (queries.ids[p] < terms_) terms.push_back(queries.ids[p]);
    std::sort(terms.begin(), terms.end());
    std::vector<cursor> all;
    for (std::size_t i = 0, next = 0; i < terms.size(); i = next) {
      while (next < terms.size() && terms[next] == terms[i]) ++next;
      auto const t = std::size_t(terms[i]);
      double const weight = double(next - i);
      base += weight * without_[t];
      if (largest_[t] > 0) all.push_back({first_[t], first_[t + 1], weight, weight * largest_[t]});
    }
    return all;
  }
  void search_one(ragged queries, idx q, idx k, search_options const& o, std::vector<double>& sum, retrieved& r) const {
    double base = 0, least = 0;  // what a document must exceed
    auto terms = cursors(queries, q, base);
    std::vector<keyed_place> best;
    std::vector<idx> banned;
    if (o.exclude.offsets.size() > 0)
      for (idx p = o.exclude.begin(q); p < o.exclude.end(q); ++p) banned.push_back(o.exclude.ids[p]);
    std::sort(banned.begin(), banned.end());
    auto const keep_best = [&] {
      if (idx(best.size()) < k) return;
      keep_first(best, k), least = score_of_key(best.back().key);
    };
    for (;;) {
      idx next = documents_;  // the first document of any term
      for (cursor const& c : terms)
        if (c.at < c.end) next = (std::min)(next, idx(document_[std::size_t(c.at)]));
      if (next == documents_) break;
      idx const first = next / block * block, end = (std::min)(first + block, documents_);
      double bound = 0;
      for (cursor const& c : terms)
        if (c.at < c.end && document_[std::size_t(c.at)] < end) bound += c.largest;
      // Sums of the same order are monotone, rounded or not; the rest is for compilers that choose another order.
      bool const pass = bound + bound * 4e-16 * double(terms.size()) > least;
      for (cursor& c : terms) {
        auto const from = document_.begin() + c.at, to = document_.begin() + (std::min)(c.end, c.at + block);
        if (!pass) c.at = std::lower_bound(from, to, std::int32_t(end)) - document_.begin();
        for (; pass && c.at < c.end && document_[std::size_t(c.at)] < end; ++c.at)
          sum[std::size_t(document_[std::size_t(c.at)] - first)] += fixed_bits::rounded(c.weight * value_[std::size_t(c.at)]);
      }
      if (!pass) continue;
      for (auto b = std::lower_bound(banned.begin(), banned.end(), first); b != banned.end() && *b < end; ++b)
        sum[std::size_t(*b - first)] = 0;
      for (idx d = first; d < end; ++d)
        if (double const s = std::exchange(sum[std::size_t(d - first)], 0.0); s > least) {
          best.push_back({order_key(s), d});
          if (idx(best.size()) >= 2 * k + 512) keep_best();
        }
      keep_best();
    }
    sort_keyed(best);
    for (keyed_place const& e : best) r.append(q, e.at, base + score_of_key(e.key));
    if (!o.unmatched || r.count(q) == k) return;
    for (keyed_place const& e : best) banned.push_back(e.at);
    std::sort(banned.begin(), banned.end());
    auto gone = banned.begin();
    for (idx d = 0; d < documents_ && r.count(q) < k; ++d) {
      while (gone != banned.end() && *gone < d) ++gone;
      if (gone == banned.end() || *gone != d) r.append(q, d, base);
    }
  }

  idx documents_ = 0, terms_ = 0;
  std::vector<idx> first_;                 // [terms + 1] where a term's postings begin
  std::vector<std::int32_t> document_;     // of each posting, ascending
  std::vector<double> value_;              // what it adds to its document
  std::vector<double> without_, largest_;  // [terms] what a document without the term gets; the largest value
};

}}  // namespace foil::mining
