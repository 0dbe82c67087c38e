// SPDX-License-Identifier: BSD-3-Clause
// A labelled batch as the in-batch miners see it: one row of scores at a time, cut into positives and negatives. One file
// because the miners' checks, scores and cuts have one source.
#pragma once

#include <vector>

#include "foil/core/ids.hpp"
#include "foil/engine/source_of.hpp"
#include "foil/pool/candidates.hpp"
#include "foil/similarity/euclidean.hpp"
#include "foil/similarity/normalized.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What given numbers mean: foil never guesses.
enum class measure { similarity /** higher is closer */, distance /** lower is closer */ };

/// Rows against columns, and a label for each. Miners read `nearness`: similarities, or distances with their sign changed,
/// so that higher is always closer and ranks, ties and margins are those of the caller's numbers, exactly.
template <Scalar S>
struct labelled_batch {
  id_list labels, column_labels;  ///< class of each row; of each column
  bool same = false;              ///< columns are the rows: a row is no pair with itself
  bool distance = false;          ///< the caller's numbers are distances
  idx dim = 0;                    ///< of the embeddings, 0 where scores were given

  virtual ~labelled_batch() = default;
  idx rows() const { return labels.size(); }
  idx columns() const { return column_labels.size(); }
  virtual void nearness(idx row, S* out) const = 0;
  /// A bound in the caller's unit, as a bound on nearness.
  S near_of(double bound) const { return distance ? S(-bound) : S(bound); }
};

/// One row: what it may be paired with. NaN and minus infinity (an infinite distance) are in neither list.
template <Scalar S>
struct batch_row {
  idx anchor = 0;                         ///< number of the row
  std::vector<S> near;                    ///< by column
  std::vector<idx> positives, negatives;  ///< columns, ascending

  /// The column of a list with the highest nearness, or the lowest; ties to the lower column; -1 for an empty list.
  idx nearest(std::vector<idx> const& list) const {
    idx best = -1;
    for (idx j : list)
      if (best < 0 || near[std::size_t(j)] > near[std::size_t(best)]) best = j;
    return best;
  }
  idx farthest(std::vector<idx> const& list) const {
    idx best = -1;
    for (idx j : list)
      if (best < 0 || near[std::size_t(j)] < near[std::size_t(best)]) best = j;
    return best;
  }
  S operator()(idx column) const { return near[std::size_t(column)]; }
};

/// f(row) for every row in order. Time: the scores'; memory: one row.
template <Scalar S, class F>
void each_row(labelled_batch<S> const& b, F f) {
  batch_row<S> r;
  r.near.resize(std::size_t(b.columns()));
  for (r.anchor = 0; r.anchor < b.rows(); ++r.anchor) {
    b.nearness(r.anchor, r.near.data());
    r.positives.clear(), r.negatives.clear();
    idx const mine = b.labels[r.anchor];
    for (idx j = 0; j < b.columns(); ++j) {
      if (ineligible_bits(r(j)) || (b.same && j == r.anchor)) continue;
      (b.column_labels[j] == mine ? r.positives : r.negatives).push_back(j);
    }
    f(static_cast<batch_row<S> const&>(r));
  }
}

template <Scalar S, Storage T>
struct given_batch final : labelled_batch<S> {
  view<T> scores;
  void nearness(idx row, S* out) const override {
    for (idx j = 0; j < this->columns(); ++j) out[j] = this->distance ? -S(scores(row, j)) : S(scores(row, j));
  }
};

template <Scalar S, Storage T, Storage C, Similarity Sim>
struct embedded_batch final : labelled_batch<S> {
  engine::source_of<S, T> x;
  engine::source_of<S, C> c;
  Sim similarity;
  char const* function;  ///< that the user called

  embedded_batch(char const* f, view<T> rows, id_list row_labels, view<C> columns, id_list reference_labels, Sim s)
      : x(checked(f, rows, row_labels, columns, reference_labels), Sim::kind, false, f, "embeddings"),
        c(columns, Sim::kind, false, f, "reference"),
        similarity(s),
        function(f) {
    this->labels = row_labels, this->column_labels = reference_labels, this->dim = rows.cols(), this->distance = Sim::kind.distance;
  }
  /// By the canonical products, so that a batch is mined alike on every machine, and (i, j) ties with (j, i).
  void nearness(idx row, S* out) const override {
    std::vector<S> own(static_cast<std::size_t>(this->dim)), other = own;
    S const* const a = x.open(row, 1, own.data()).data;
    for (idx j = 0; j < this->columns(); ++j) {
      S const* const b = c.open(j, 1, other.data()).data;
      require(engine::score_pair(similarity, a, b, this->dim, out[j]), function, ": row ", row, " of length ",
              S(engine::length_of(a, this->dim)), " and reference row ", j, " of length ", S(engine::length_of(b, this->dim)),
              " have a similarity that ", sizeof(S) == 4 ? "float" : "double", " cannot hold; scale the embeddings");
    }
  }

 private:
  static view<T> checked(char const* f, view<T> rows, id_list row_labels, view<C> columns, id_list reference_labels) {
    require(rows.rows() == row_labels.size() && columns.rows() == reference_labels.size(), f, ": ", rows.rows(), " rows and ",
            columns.rows(), " reference rows, but ", row_labels.size(), " and ", reference_labels.size(), " labels");
    require(rows.cols() == columns.cols(), f, ": rows are of dim ", rows.cols(), ", reference rows of dim ", columns.cols());
    return rows;
  }
};

/// Scores that the caller computed, [n, n]: a batch against itself. NaN entries are ignored.
template <class M>
auto given(M&& scores, measure what, id_list labels) {
  return given(std::forward<M>(scores), what, labels, labels, true);
}
/// The same against a reference set: [n, m], labels of rows and of columns.
template <class M>
auto given(M&& scores, measure what, id_list labels, id_list column_labels, bool same = false) {
  static_assert(pool::borrowed<M>());
  auto const v = as_view(scores);
  using T = typename decltype(v)::Scalar;
  require(v.rows() == labels.size() && v.cols() == column_labels.size(), "mining::given: scores are [", v.rows(), ", ", v.cols(),
          "], but there are ", labels.size(), " row labels and ", column_labels.size(), " column labels");
  given_batch<arithmetic<T>, T> b;
  b.labels = labels, b.column_labels = column_labels, b.same = same, b.scores = v;
  b.distance = what == measure::distance;
  return b;
}

/// Embeddings [n, d] against a reference set [m, d]. Under a distance (similarity::neg_l2 and its kin) the bounds and
/// margins of the miners are distances, else similarities. Matrices and labels must outlive the batch.
template <class M, class R, Similarity Sim = similarity::normalized<similarity::neg_l2>>
auto against(M&& embeddings, id_list labels, R&& reference, id_list reference_labels, Sim similarity = {}) {
  static_assert(pool::borrowed<M>() && pool::borrowed<R>());
  auto const x = as_view(embeddings);
  auto const c = as_view(reference);
  using T = typename decltype(x)::Scalar;
  using C = typename decltype(c)::Scalar;
  static_assert(std::same_as<arithmetic<T>, arithmetic<C>>, "foil: both sides must compute in one scalar type");
  return embedded_batch<arithmetic<T>, T, C, Sim>("mining::against", x, labels, c, reference_labels, similarity);
}

/// A batch against itself; by default through the distance of the rows scaled to unit length.
template <class M, Similarity Sim = similarity::normalized<similarity::neg_l2>>
auto batch(M&& embeddings, id_list labels, Sim similarity = {}) {
  static_assert(pool::borrowed<M>());
  auto const x = as_view(embeddings);
  using T = typename decltype(x)::Scalar;
  embedded_batch<arithmetic<T>, T, T, Sim> b("mining::batch", x, labels, x, labels, similarity);
  b.same = true;
  return b;
}

}}  // namespace foil::mining
