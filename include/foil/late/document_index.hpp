// SPDX-License-Identifier: BSD-3-Clause
// The documents of highest MaxSim, exactly: a bound by token centroids says which of them need not be scored.
// One file because the bound, its proof and the search that relies on it belong together.
#pragma once

#include "foil/late/mined_documents.hpp"
#include "foil/late/token_centroids.hpp"
#include "foil/late/token_lists.hpp"
#include "foil/simd/blas1.hpp"
#include "foil/simd/product.hpp"
#include "foil/similarity/packed_columns.hpp"

namespace foil::late { inline namespace FOIL_ABI {

/// An index over documents, for many queries. The score that ranks is canonical: in double, the sum over the query's tokens of the
/// largest canonical dot product, the same bits on every machine; score descending, ties to the lower document.
///
/// The bound. The index has centroids c, of unit length but for rounding (or zero), and every token d of a document belongs to one of them.
/// Split into their parts along c and across it,
///   q . d = (q . c) (c . d) + q' . d' <= (q . c) h + |q'| r,   |q'|^2 = |q|^2 - (q . c)^2,
/// by Cauchy and Schwarz, where h is the largest c . d of the document's tokens with that centroid, the least if q . c is negative, and
/// r their largest |d'|. The maximum over the document's centroids bounds the maximum over its tokens, and the sum of those over the
/// query's tokens bounds the score. q . c and |q'| are computed once for all documents; a document then costs two to four products of
/// numbers for each query token and centroid of its own, where the score costs a product of vectors for each pair of tokens. Documents are
/// scored in descending order of the bound, until it is below the k-th best score: whatever is left is below it too. Rounding of the bound,
/// and of the scores that decide which documents need the canonical score, is bounded in turn and added. How much is ruled out depends on
/// how close tokens are to their centroids; where nothing is, a search costs about what scoring everything does.
/// Matrix and offsets are viewed, and must outlive the index, if tokens are neither normalised nor converted; else copied. Memory:
/// centroids, and 24 bytes (float) for each document and centroid of its own; a search has 17 bytes for each document and two numbers for
/// each pair of a centroid and a query token, for each thread. Building, the time goes to the tokens' unit rows and to the lengths across
/// their centroids, in double; searching, to the small products of a query with one document where little is ruled out.
template <Scalar S>
class document_index {
 public:
  template <class T>
  explicit document_index(token_lists<T> const& documents, index_options const& o = {})
      : unit_((check_options(o), o.normalize)), d_(documents, o.normalize, "document_index", "documents") {
    idx const n = d_.tokens(), dim = d_.dim();
    for (idx d = 0; d < d_.size(); ++d) require(d_.begin(d) < d_.end(d), "document_index: document ", d, " has no tokens");
    for (idx r = 0; r < n; ++r) largest_norm_ = (std::max)(largest_norm_, d_.length(r));
    idx const wanted = o.centroids > 0 ? o.centroids : (std::max)(idx(1), idx(2 * std::sqrt(double(n))));
    token_centroids<S> found = centroids_of(d_, wanted, o.seed, call_executor(o.executor).get());
    centroids_ = std::move(found.rows);
    std::vector<idx> place(std::size_t(centroids_.rows()), -1);
    std::vector<double> squares, off(static_cast<std::size_t>(dim));  // of the centroids; a token less its part along its own
    for (idx c = 0; c < centroids_.rows(); ++c) squares.push_back(simd::canonical_sum_of_squares(centroids_.data() + c * dim, dim));
    for (idx d = 0; d < d_.size(); ++d) {
      first_.push_back(idx(bounds_.size()));
      for (idx r = d_.begin(d); r < d_.end(d); ++r) {
        idx const c = found.labels[std::size_t(r)];
        S const* const centre = centroids_.data() + c * dim;
        double const square = squares[std::size_t(c)], along = square > 0 ? simd::canonical_dot(d_.row(r), centre, dim) / square : 0;
        for (idx k = 0; k < dim; ++k) off[std::size_t(k)] = double(d_.row(r)[k]) - along * double(centre[k]);
        double const across = length_of(static_cast<double const*>(off.data()), dim);
        if (place[std::size_t(c)] < first_.back())
          place[std::size_t(c)] = idx(bounds_.size()), bounds_.push_back({c, S(along), S(along), S(0)});
        centroid_bound& b = bounds_[std::size_t(place[std::size_t(c)])];
        b.low = (std::min)(b.low, S(along)), b.high = (std::max)(b.high, S(along)), b.radius = (std::max)(b.radius, above(across));
      }
    }
    first_.push_back(idx(bounds_.size()));
  }

  idx documents() const { return d_.size(); }
  idx centroids() const { return centroids_.rows(); }

  /// The k best documents of each query. Exact, for any number of threads, centroids and seed. A query without tokens finds nothing.
  template <class T>
  mined_documents mine(token_lists<T> const& queries, query_options const& o = {}) const {
    check_options("document_index::mine", o);
    opened_tokens<S> const q(queries, unit_, "document_index::mine", "queries");
    require(q.dim() == d_.dim(), "document_index::mine: tokens must have one dim, got ", q.dim(), " and ", d_.dim());
    if (o.exclude.offsets.size() > 0) o.exclude.check("document_index::mine: argument exclude", q.size(), d_.size());
    idx const k = (std::min)(o.k, d_.size());
    require(!beyond_memory<double>(q.size(), k), "document_index::mine: ", q.size(), " lists of ", k,
            " documents are more than memory can hold");
    mined_documents r(q.size(), k);
    std::vector<idx> scored(std::size_t(q.size()), 0), canonical = scored;
    call_executor const started(o.executor);
    int const parts = o.executor.workers;
    started.get().run(parts, [&](int part) {
      if (part >= q.size() || k == 0) return;
      search s(*this, q);
      for (idx i = part; i < q.size(); i += parts) s.run(i, k, o.exclude, r, scored[std::size_t(i)], canonical[std::size_t(i)]);
    });
    for (idx i = 0; i < q.size(); ++i) r.scored += scored[std::size_t(i)], r.canonical += canonical[std::size_t(i)];
    return r;
  }

 private:
  /// An upper bound of a length that S can hold, whatever rounding did to it.
  S above(double length) const {
    double const share = 4 * double(std::numeric_limits<S>::epsilon()) + double(d_.dim() + 8) * std::numeric_limits<double>::epsilon();
    return (std::max)(S(length * (1 + share)), (std::numeric_limits<S>::min)());
  }

  /// Bounds of a document's tokens with one centroid: c . d along it, and the largest length across it.
  struct centroid_bound {
    idx centroid;
    S low, high, radius;
  };
  struct entry {
    double score;
    idx document;
    bool operator<(entry const& e) const { return score > e.score || (score == e.score && document < e.document); }
  };

  /// One worker's search, query by query, with its memory.
  class search {
   public:
    search(document_index const& index, opened_tokens<S> const& q) : in_(index), q_(q) {}

    void run(idx query, idx k, ragged const& exclude, mined_documents& out, idx& scored, idx& canonical) {
      idx const m = q_.end(query) - q_.begin(query), dim = q_.dim();
      if (m == 0) return;
      open(query, m, dim);
      std::vector<char> gone(std::size_t(in_.d_.size()), 0);
      if (exclude.offsets.size() > 0)
        for (idx p = exclude.begin(query); p < exclude.end(query); ++p) gone[std::size_t(exclude.ids[p])] = 1;
      std::vector<entry> left, best;
      for (idx d = 0; d < in_.d_.size(); ++d)
        if (!gone[std::size_t(d)]) left.push_back({bound(d, m), d});
      double least = minus_infinity<double>();  // the k-th best score
      for (idx chunk = (std::max)(idx(64), k); !left.empty(); chunk *= 2) {
        auto const end = left.begin() + (std::min)(chunk, idx(left.size()));
        if (end != left.end()) std::nth_element(left.begin(), end, left.end());
        std::sort(left.begin(), end);
        for (auto e = left.begin(); e != end; ++e) {
          if (idx(best.size()) == k && e->score < least) return finish(query, best, out);
          ++scored;
          entry const found{score(query, e->document, idx(best.size()) == k, least, canonical), e->document};
          if (idx(best.size()) == k && !(found < best.back())) continue;
          best.insert(std::upper_bound(best.begin(), best.end(), found), found);
          if (idx(best.size()) > k) best.pop_back();
          if (idx(best.size()) == k) least = best.back().score;
        }
        left.erase(left.begin(), end);
        if (idx(best.size()) == k) std::erase_if(left, [&](entry const& e) { return e.score < least; });
      }
      finish(query, best, out);
    }

   private:
    static void finish(idx query, std::vector<entry> const& best, mined_documents& out) {
      for (entry const& e : best) out.append(query, e.document, e.score);
    }
    /// Products with all centroids, [centroids, m], the lengths of the query's tokens and what rounding can do.
    void open(idx query, idx m, idx dim) {
      idx const c = in_.centroids_.rows(), wide = (std::max)(m, in_.d_.longest());
      near_.resize(std::size_t(c * m)), across_.resize(near_.size()), best_.resize(std::size_t(m)), error_.resize(std::size_t(m));
      tile_.resize(std::size_t(m * in_.d_.longest()));
      idx const wanted = (std::max)(simd::product_workspace<S>(c, m, dim), simd::product_workspace<S>(m, wide, dim));
      product_buffer_.resize(std::size_t(wanted));
      simd::product_abt(in_.centroids_.data(), dim, c, q_.row(q_.begin(query)), q_.stride(), m, dim, near_.data(), m,
                        product_buffer_.data());
      slack_ = rounding_ = 0;
      for (idx i = 0; i < m; ++i) {
        double const length = double(in_.above(q_.length(q_.begin(query) + i))), size = 2 * length * double(in_.above(in_.largest_norm_));
        // How far a product in S, the canonical one, and sums over the query's tokens may be from the true ones.
        double const canonical = mining::product_error<double>(dim, size, double(m) + 8);
        error_[std::size_t(i)] = mining::product_error<S>(dim, size, 8) + canonical, rounding_ += error_[std::size_t(i)];
        slack_ += mining::product_error<S>(dim, size, 32) + canonical;
        double const off = mining::product_error<S>(dim, 2 * length, 8);
        double const unit = std::ldexp(1.0, scaling_exponent(length)), whole = length * unit;  // near 1, whose square does not vanish
        for (idx j = i; j < c * m; j += m) {
          double const along = (std::max)(0.0, std::abs(double(near_[std::size_t(j)])) - off) * unit;
          across_[std::size_t(j)] = in_.above(std::sqrt((std::max)(0.0, (whole - along) * (whole + along))) / unit);
        }
      }
    }
    double bound(idx d, idx m) {
      std::fill(best_.begin(), best_.end(), (std::numeric_limits<S>::lowest)());
      for (idx b = in_.first_[std::size_t(d)]; b < in_.first_[std::size_t(d) + 1]; ++b) {
        centroid_bound const& x = in_.bounds_[std::size_t(b)];
        S const *const along = near_.data() + x.centroid * m, *const across = across_.data() + x.centroid * m;
        simd::raise(best_.data(), along, x.high, across, x.radius, m);
        if (x.low < x.high) simd::raise(best_.data(), along, x.low, across, x.radius, m);
      }
      double sum = slack_;
      for (S x : best_) sum += double(x);
      return sum;
    }
    /// The canonical score, or minus infinity where it is below `least` for sure.
    double score(idx query, idx d, bool full, double least, idx& canonical) {
      idx const q0 = q_.begin(query), m = q_.end(query) - q0, first = in_.d_.begin(d), n = in_.d_.end(d) - first, dim = q_.dim();
      simd::product_abt(q_.row(q0), q_.stride(), m, in_.d_.row(first), in_.d_.stride(), n, dim, tile_.data(), n, product_buffer_.data());
      double fast = 0;
      for (idx i = 0; i < m; ++i)
        fast += double(best_[std::size_t(i)] = simd::max_of_sum(tile_.data() + i * n, static_cast<S const*>(nullptr), n));
      if (full && fast + rounding_ < least) return minus_infinity<double>();
      ++canonical;
      double sum = 0;
      for (idx i = 0; i < m; ++i) {
        double const from = double(best_[std::size_t(i)]) - 2 * error_[std::size_t(i)];
        double top = (std::numeric_limits<double>::lowest)();
        for (idx j = 0; j < n; ++j)
          if (double(tile_[std::size_t(i * n + j)]) >= from)
            top = (std::max)(top, simd::canonical_dot(q_.row(q0 + i), in_.d_.row(first + j), dim));
        sum += top;
      }
      return sum;
    }

    document_index const& in_;
    opened_tokens<S> const& q_;
    std::vector<S> near_, across_;  // [centroids, query tokens] q . c, and the length |q'| across it
    std::vector<S> best_;           // [query tokens] the largest bound, or product, so far
    std::vector<S> tile_, product_buffer_;
    std::vector<double> error_;        // of a product with each token of the query
    double slack_ = 0, rounding_ = 0;  // what rounding can take from the bound; from a score in S
  };

  bool unit_;
  opened_tokens<S> d_;
  matrix<S> centroids_;
  std::vector<idx> first_;  // [documents + 1] where a document's bounds begin
  std::vector<centroid_bound> bounds_;
  double largest_norm_ = 0;  // of a token
};

template <class T>
document_index(token_lists<T> const&, index_options const&) -> document_index<arithmetic<T>>;
template <class T>
document_index(token_lists<T> const&) -> document_index<arithmetic<T>>;

}}  // namespace foil::late
