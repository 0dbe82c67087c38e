// SPDX-License-Identifier: BSD-3-Clause
// MaxSim (ColBERT): the score of two texts as a sum over the query's tokens of the best product with a document's.
// One file because scores, the places of the maxima and the gradients through them share one layout.
#pragma once

#include "foil/core/executor.hpp"
#include "foil/core/option.hpp"
#include "foil/core/sorted_places.hpp"
#include "foil/late/token_lists.hpp"
#include "foil/simd/ordered_key.hpp"
#include "foil/simd/product.hpp"
#include "foil/simd/row.hpp"

namespace foil::late { inline namespace FOIL_ABI {

/// Options of `late::maxsim`, `late::scores` and the losses over MaxSim scores.
struct maxsim_options {
  static constexpr char const* name = "maxsim";
  bool normalize = true;           ///< tokens are scaled to length 1 first; zero rows stay zero
  std::size_t budget = 64u << 20;  ///< bytes; any; what the places of maxima may take; beyond it they are found twice
  foil::executor executor{};       ///< foil::threads(n) for n threads
  static void options(auto list) { list("executor", &maxsim_options::executor); }
};

/// d value / d the tokens of both sides.
template <Scalar S>
struct token_gradients {
  matrix<S> queries, documents;  ///< [tokens, dim] each, of the rows as they were given
};

/// s(q, d) = sum over tokens i of q of max over tokens j of d of q_i . d_j; ties to the first token. Khattab and Zaharia 2020,
/// arXiv 2004.12832. A query without tokens scores 0, a document without is refused. Padding does not exist here; pylate's
/// padded document is one with a row of zeros at its end. Scores are sums in double of products in S.
/// Cost: one product tokens x tokens x dim, twice beyond the budget, and two products for each query token and document. Where queries
/// are few the time goes to the documents' rows of unit length and to the maxima.
/// Memory: the scores, gradients, the budget (at least the maxima of one query), a tile for each thread.
template <Scalar S>
class maxsim {
 public:
  /// All queries against all documents.
  template <class Q, class D>
  maxsim(token_lists<Q> const& queries, token_lists<D> const& documents, maxsim_options const& o = {}, char const* where = "maxsim")
      : maxsim(queries, documents, {}, -1, o, where) {}
  /// Query i against documents ids[i * per_row] .. ids[(i + 1) * per_row - 1]; -1 for none, whose score is 0.
  template <class Q, class D>
  maxsim(token_lists<Q> const& queries, token_lists<D> const& documents, id_list ids, idx per_row, maxsim_options const& o = {},
         char const* where = "maxsim")
      : q_((check_options(where, o), queries), o.normalize, where, "queries"),
        d_(documents, o.normalize, where, "documents"),
        o_(o),
        threads_(o.executor),
        where_(where),
        ids_(ids),
        listed_(per_row >= 0),
        columns_(listed_ ? per_row : d_.size()) {
    require(per_row >= 0 || (per_row == -1 && ids.empty()), where, ": argument per_row must not be negative, got ", per_row);
    require(q_.dim() == d_.dim(), where, ": tokens must have one dim, got ", q_.dim(), " and ", d_.dim());
    require(!listed_ || ids.size() == q_.size() * per_row, where, ": ", q_.size(), " queries of ", per_row, " documents need ",
            q_.size() * per_row, " ids, got ", ids.size());
    for (idx p = 0; p < ids.size(); ++p)
      require(ids[p] >= -1 && ids[p] < d_.size(), where, ": document ", ids[p], " at position ", p, " is outside 0 .. ", d_.size() - 1);
    for (idx d = 0; d < d_.size(); ++d) require(d_.begin(d) < d_.end(d), where, ": document ", d, " has no tokens");
    require(!beyond_memory<S>(q_.size(), columns_), where, ": the scores of ", q_.size(), " x ", columns_,
            " are more than memory can hold");
    scores_ = matrix<S>::Zero(q_.size(), columns_);
    run(0, q_.size(), true, last_query(0) == q_.size());
  }

  matrix<S> const& scores() const { return scores_; }  ///< [queries, documents or per_row]
  idx zero_rows() const { return q_.zero_rows() + d_.zero_rows(); }

  /// Gradients of all tokens from those of the scores, of their shape. What a place of no document has is not read. The bits
  /// depend on neither threads nor budget.
  token_gradients<S> backward(matrix<S> const& slopes) {
    require(slopes.rows() == scores_.rows() && slopes.cols() == columns_, where_, ": slopes must be [", scores_.rows(), ", ", columns_,
            "], got [", slopes.rows(), ", ", slopes.cols(), "]");
    token_gradients<S> g{matrix<S>::Zero(q_.tokens(), q_.dim()), matrix<S>::Zero(d_.tokens(), d_.dim())};
    for (idx from = 0; from < q_.size();) {
      idx const to = last_query(from);
      if (from > 0 || to < q_.size() || places_.empty()) run(from, to, false, true);
      auto const place = [&](idx token, idx column) { return places_[std::size_t((token - q_.begin(from)) * columns_ + column)]; };
      each(from, to, [&](idx q) {
        for (idx i = q_.begin(q); i < q_.end(q); ++i)
          for (idx c = 0; c < columns_; ++c)
            if (idx const d = document(q, c); d >= 0)
              simd::scale_add(g.queries.data() + i * q_.dim(), d_.row(d_.begin(d) + place(i, c)), slopes(q, c), q_.dim());
      });
      auto const add = [&](idx q, idx c, idx d) {
        for (idx i = q_.begin(q); i < q_.end(q); ++i)
          simd::scale_add(g.documents.data() + (d_.begin(d) + place(i, c)) * d_.dim(), q_.row(i), slopes(q, c), d_.dim());
      };
      if (listed_)
        by_document(from, to, add);
      else
        each(0, d_.size(), [&](idx d) {
          for (idx q = from; q < to; ++q) add(q, d, d);
        });
      from = to;
    }
    q_.to_given_rows(g.queries), d_.to_given_rows(g.documents);
    auto const finite = [](matrix<S> const& x) { return x.size() == 0 || finite_bits(largest_magnitude(x.data(), x.size())); };
    require(finite(g.queries) && finite(g.documents), where_, ": the gradients of the tokens are beyond what a ", scalar_name<S>, " holds");
    return g;
  }

 private:
  static constexpr idx wide = 1024, high = 256;  // columns, of whole documents, and rows of a tile

  idx document(idx q, idx column) const { return listed_ ? ids_[q * columns_ + column] : column; }
  /// Queries from .. last whose places the budget holds; at least one.
  idx last_query(idx from) const {
    idx to = from;
    while (to < q_.size() && (to == from || double(q_.end(to) - q_.begin(from)) * double(columns_) * 4 <= double(o_.budget))) ++to;
    return to;
  }
  template <class F>
  void each(idx from, idx to, F const& f) const {
    int const parts = o_.executor.workers;
    threads_.get().run(parts, [&](int part) {
      for (idx i = from + part; i < to; i += parts) f(i);
    });
  }
  /// add(query, column, document) for all that the lists of queries from .. to - 1 name: each document in one thread, in order.
  template <class Add>
  void by_document(idx from, idx to, Add const& add) const {
    idx const start = from * columns_;
    auto const id = [&](idx p) { return ids_[start + p]; };
    std::vector<idx> places = places_by((to - from) * columns_, [&](idx p) { return ~id(p); }), first;
    std::erase_if(places, [&](idx p) { return id(p) < 0; });
    auto const place = [&](idx n) { return places[std::size_t(n)]; };
    for (idx n = 0; n < idx(places.size()); ++n)
      if (n == 0 || id(place(n)) != id(place(n - 1))) first.push_back(n);
    first.push_back(idx(places.size()));
    each(0, idx(first.size()) - 1, [&](idx k) {
      for (idx n = first[std::size_t(k)]; n < first[std::size_t(k) + 1]; ++n)
        add(from + place(n) / columns_, place(n) % columns_, id(place(n)));
    });
  }
  /// Scores, and places of the maxima, of queries from .. to - 1.
  void run(idx from, idx to, bool scoring, bool placing) {
    if (placing) places_.resize(std::size_t((q_.begin(to) - q_.begin(from)) * columns_));
    std::vector<idx> starts{0};  // documents in groups of about `wide` tokens
    for (idx d = 0; d < d_.size() && !listed_; ++d)
      if (d + 1 == d_.size() || d_.end(d + 1) - d_.begin(starts.back()) > wide) starts.push_back(d + 1);
    idx const columns = listed_ ? d_.longest() : (std::max)(wide, d_.longest()), rows = (std::min)(high, q_.begin(to) - q_.begin(from));
    idx largest = 1;  // documents of the largest group
    for (std::size_t j = 1; j < starts.size(); ++j) largest = (std::max)(largest, starts[j] - starts[j - 1]);
    idx const jobs = listed_ ? to - from : idx(starts.size()) - 1;
    int const parts = o_.executor.workers;
    threads_.get().run(parts, [&](int part) {
      if (part >= jobs) return;
      std::vector<S> tile(std::size_t(rows * columns)), buffer(std::size_t(simd::product_workspace<S>(rows, columns, q_.dim())));
      std::vector<double> sum(std::size_t((to - from) * largest));
      for (idx job = part; job < jobs; job += parts)
        if (listed_) {
          for (idx c = 0; c < columns_; ++c)
            if (idx const d = document(from + job, c); d >= 0)
              look_at(from + job, from + job + 1, d, d + 1, c - d, from, scoring, placing, tile, buffer, sum);
        } else {
          look_at(from, to, starts[std::size_t(job)], starts[std::size_t(job) + 1], 0, from, scoring, placing, tile, buffer, sum);
        }
    });
  }
  /// The first of n scores that is `best`, by a minimum of numbers as wide as scores: it vectorises, where a search would end at a place
  /// that nobody can guess.
  static std::int32_t first_of(S const* x, idx n, S best) {
    simd::key<S> const none = simd::key<S>(n);
    simd::key<S> first = none;
    for (simd::key<S> k = 0; k < none; ++k) {
      simd::key<S> const here = x[k] == best ? k : none;
      first = (std::min)(first, here);
    }
    return std::int32_t(first);
  }
  /// Queries q0 .. q1 - 1 against documents d0 .. d1 - 1, whose columns are `shift` further.
  void look_at(idx q0, idx q1, idx d0, idx d1, idx shift, idx from, bool scoring, bool placing, std::vector<S>& tile,
               std::vector<S>& buffer, std::vector<double>& sum) {
    idx const start = d_.begin(d0), columns = d_.end(d1 - 1) - start, documents = d1 - d0;
    std::fill_n(sum.begin(), (q1 - q0) * documents, 0.0);
    idx q = q0;
    for (idx i0 = q_.begin(q0); i0 < q_.end(q1 - 1); i0 += high) {
      idx const m = (std::min)(high, q_.end(q1 - 1) - i0);
      simd::product_abt(q_.row(i0), q_.stride(), m, d_.row(start), d_.stride(), columns, q_.dim(), tile.data(), columns, buffer.data());
      for (idx i = i0; i < i0 + m; ++i) {
        while (i >= q_.end(q)) ++q;
        for (idx d = d0; d < d1; ++d) {
          S const* const x = tile.data() + (i - i0) * columns + d_.begin(d) - start;
          idx const n = d_.end(d) - d_.begin(d);
          S const best = simd::max_of_sum(x, static_cast<S const*>(nullptr), n);
          sum[std::size_t((q - q0) * documents + d - d0)] += double(best);
          if (placing) places_[std::size_t((i - q_.begin(from)) * columns_ + d + shift)] = first_of(x, n, best);
        }
      }
    }
    for (idx r = q0; r < q1 && scoring; ++r)
      for (idx d = d0; d < d1; ++d) {
        double const score = sum[std::size_t((r - q0) * documents + d - d0)];
        require(finite_bits(S(score)), where_, ": the score of query ", r, " and document ", d, " is beyond what a ", scalar_name<S>,
                " holds");
        scores_(r, d + shift) = S(score);
      }
  }

  opened_tokens<S> q_, d_;
  maxsim_options o_;
  call_executor threads_;
  char const* where_;  // the call at work, for messages
  id_list ids_;
  bool listed_;
  idx columns_;
  matrix<S> scores_;
  std::vector<std::int32_t> places_;  // [query tokens, columns] tokens of the documents
};

/// All scores [queries, documents]. Where queries are few, or documents listed, the time goes to the documents' rows of unit length and to
/// the maxima.
template <class Q, class D>
auto scores(token_lists<Q> const& queries, token_lists<D> const& documents, maxsim_options const& o = {}) {
  return maxsim<arithmetic<Q>>(queries, documents, o, "late::scores").scores();
}
/// Of each query those with its own documents, [queries, per_row].
template <class Q, class D>
auto scores(token_lists<Q> const& queries, token_lists<D> const& documents, id_list ids, idx per_row, maxsim_options const& o = {}) {
  require(per_row >= 0, "late::scores: argument per_row must not be negative, got ", per_row);
  return maxsim<arithmetic<Q>>(queries, documents, ids, per_row, o, "late::scores").scores();
}

}}  // namespace foil::late
