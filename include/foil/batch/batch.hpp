// SPDX-License-Identifier: BSD-3-Clause
// A labelled batch as the in-batch miners see it: one row of scores at a time, cut into positives and negatives. One file
// because the miners' checks, scores and cuts have one source.
#pragma once

#include <vector>

#include "foil/batch/batch_row.hpp"
#include "foil/batch/embedded_scores.hpp"
#include "foil/core/executor.hpp"
#include "foil/core/id_set.hpp"
#include "foil/core/ids.hpp"
#include "foil/engine/source_of.hpp"
#include "foil/engine/work_range.hpp"
#include "foil/pool/candidates.hpp"
#include "foil/similarity/euclidean.hpp"
#include "foil/similarity/normalized.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What given numbers mean: foil never guesses.
enum class measure { similarity /** higher is closer */, distance /** lower is closer */ };

/// Rows against columns, and a label for each. Miners read the nearness of pairs: similarities, or distances with their sign changed,
/// so that higher is always closer and ranks, ties and margins are those of the caller's numbers, exactly.
template <Scalar S>
struct labelled_batch {
  id_list labels, column_labels;  ///< class of each row; of each column
  bool same = false;              ///< columns are the rows: a row is no pair with itself
  bool distance = false;          ///< the caller's numbers are distances
  idx dim = 0;                    ///< of the embeddings, 0 where scores were given
  foil::executor executor{};      ///< whose threads the miners use; results do not depend on it

  virtual ~labelled_batch() = default;
  idx rows() const { return labels.size(); }
  idx columns() const { return column_labels.size(); }
  /// Nearness of all pairs, with an error bound or exactly. The batch must outlive it.
  virtual std::unique_ptr<approximate_scores<S>> scores(bool exact) const = 0;
  /// A bound in the caller's unit, as a bound on nearness.
  S near_of(double bound) const { return distance ? S(-bound) : S(bound); }
};

/// What the miners below need of the scores of a row.
enum class scoring {
  approximate,  ///< values with an error bound; canonical scores where those leave two answers
  exact         ///< every one
};

/// What a miner returns that writes elsewhere.
struct no_tuples {
  void append(no_tuples const&) {}
};

/// make(out) -> f, once for each worker; then f(row) for the worker's rows in order. What they wrote is joined in the order of rows: the
/// same for any number of workers. NaN and minus infinity (an infinite distance) are neither positive nor negative. Time: one
/// product of rows and columns (exact: in double) and a canonical score for each pair in doubt; pairs whose lengths leave the range
/// of S, and all of doubles asked for exactly, are scored one by one. Memory, of each worker: the columns, and 512 kB or, where they are
/// more, eight rows of numbers. Fewer than 2^16 pairs are one worker's.
template <class Out, Scalar S, class Make>
Out each_row(labelled_batch<S> const& b, scoring how, Make const& make) {
  id_places const columns(b.column_labels);
  int const workers = b.rows() * b.columns() < 1 << 16 ? 1 : (std::max)(1, b.executor.workers);
  std::vector<Out> parts(static_cast<std::size_t>(workers));
  call_executor const started(b.executor);
  started.get().run(workers, [&](int w) {
    engine::range const own = engine::part(0, b.rows(), w, workers, 8);
    if (own.from >= own.to) return;
    auto const scores = b.scores(how == scoring::exact);
    auto f = make(parts[std::size_t(w)]);
    batch_row<S> r;
    r.first_row = own.from, r.rows = w == 0 ? b.rows() : own.to - own.from;  // the first list is to hold all of them
    for (idx first = own.from; first < own.to; first += scores->max_rows) {
      idx const count = (std::min)(scores->max_rows, own.to - first);
      scores->open(first, count);
      for (idx i = 0; i < count; ++i) {
        r.set(*scores, i, first + i, columns.of(b.labels[first + i]), b.same);
        f(static_cast<batch_row<S> const&>(r));
      }
    }
  });
  for (std::size_t w = 1; w < parts.size(); ++w) parts[0].append(parts[w]), parts[w] = {};
  return std::move(parts[0]);
}

/// Numbers of the caller.
template <Scalar S, Storage T>
class given_scores final : public approximate_scores<S> {
 public:
  given_scores(view<T> scores, bool distance) : given_(scores), distance_(distance) {
    this->stride = (given_.cols() + simd::word - 1) / simd::word * simd::word;
    std::fill_n(this->values.fit((std::max)(this->stride, idx(1))), this->stride, minus_infinity<S>()), this->error_bound.resize(1),
        this->shift.resize(1);
  }
  void open(idx first, idx) override {
    for (idx j = 0; j < given_.cols(); ++j) this->values.data()[j] = score(first, j);
  }
  S score(idx row, idx column) override {
    S const x = distance_ ? -S(given_(row, column)) : S(given_(row, column));
    return ineligible_bits(x) ? minus_infinity<S>() : x;
  }

 private:
  view<T> given_;
  bool distance_;
};

/// The batch of `given`: scores or distances that the caller computed.
template <Scalar S, Storage T>
struct given_batch final : labelled_batch<S> {
  view<T> given;
  std::unique_ptr<approximate_scores<S>> scores(bool) const override { return std::make_unique<given_scores<S, T>>(given, this->distance); }
};

/// The batch of `batch` and `against`: embeddings, whose scores are computed row by row.
template <Scalar S, Storage T, Storage C, Similarity Sim>
struct embedded_batch final : labelled_batch<S> {
  engine::source_of<S, T> x;
  engine::source_of<S, C> c;
  Sim similarity;
  char const* function;  ///< that the user called

  embedded_batch(char const* f, view<T> rows, id_list row_labels, view<C> columns, id_list reference_labels, Sim s, foil::executor on)
      : x(checked(f, rows, row_labels, columns, reference_labels, on), Sim::kind, false, f, "embeddings", execution{}.budget),
        c(columns, Sim::kind, false, f, "reference", execution{}.budget),
        similarity(s),
        function(f) {
    this->labels = row_labels, this->column_labels = reference_labels, this->dim = rows.cols(), this->distance = Sim::kind.distance;
    this->executor = on;
  }
  std::unique_ptr<approximate_scores<S>> scores(bool exact) const override {
    return std::make_unique<embedded_scores<S, Sim>>(x, c, similarity, function, exact);
  }

 private:
  static view<T> checked(char const* f, view<T> rows, id_list row_labels, view<C> columns, id_list reference_labels,
                         foil::executor const& on) {
    check_options(f, on);
    require(rows.rows() == row_labels.size() && columns.rows() == reference_labels.size(), f, ": ", rows.rows(), " rows and ",
            columns.rows(), " reference rows, but ", row_labels.size(), " and ", reference_labels.size(), " labels");
    require(rows.cols() == columns.cols(), f, ": rows are of dim ", rows.cols(), ", reference rows of dim ", columns.cols());
    return rows;
  }
};

/// Scores that the caller computed, [n, n]: a batch against itself. NaN entries are ignored. `on`: threads for the miners. The time
/// goes to a copy of each row, with its sign and NaN set.
template <class M>
auto given(M&& scores, measure what, id_list labels, executor on = {}) {
  return given(std::forward<M>(scores), what, labels, labels, true, on);
}
/// The same against a reference set: [n, m], labels of rows and of columns.
template <class M>
auto given(M&& scores, measure what, id_list labels, id_list column_labels, bool same = false, executor on = {}) {
  static_assert(pool::borrowed<M>());
  check_options("mining::given", on);
  auto const v = as_view(scores);
  using T = typename decltype(v)::Scalar;
  require(v.rows() == labels.size() && v.cols() == column_labels.size(), "mining::given: scores are [", v.rows(), ", ", v.cols(),
          "], but there are ", labels.size(), " row labels and ", column_labels.size(), " column labels");
  require(!same || v.rows() == v.cols(), "mining::given: scores of a batch against itself must be square, got [", v.rows(), ", ", v.cols(),
          "]");
  given_batch<arithmetic<T>, T> b;
  b.labels = labels, b.column_labels = column_labels, b.same = same, b.given = v;
  b.distance = what == measure::distance, b.executor = on;
  return b;
}

/// Embeddings [n, d] against a reference set [m, d]. Under a distance (similarity::neg_l2 and its kin) the bounds and
/// margins of the miners are distances, else similarities. Matrices and labels must outlive the batch, and so must an executor of
/// yours: `on`, the threads that the miners use; foil::threads(n) for n.
template <class M, class R, Similarity Sim = similarity::normalized<similarity::neg_l2>>
auto against(M&& embeddings, id_list labels, R&& reference, id_list reference_labels, Sim similarity = {}, executor on = {}) {
  static_assert(pool::borrowed<M>() && pool::borrowed<R>());
  auto const x = as_view(embeddings);
  auto const c = as_view(reference);
  using T = typename decltype(x)::Scalar;
  using C = typename decltype(c)::Scalar;
  static_assert(std::same_as<arithmetic<T>, arithmetic<C>>, "foil: both sides must compute in one scalar type");
  return embedded_batch<arithmetic<T>, T, C, Sim>("mining::against", x, labels, c, reference_labels, similarity, on);
}

/// A batch against itself; by default through the distance of the rows scaled to unit length.
template <class M, Similarity Sim = similarity::normalized<similarity::neg_l2>>
auto batch(M&& embeddings, id_list labels, Sim similarity = {}, executor on = {}) {
  static_assert(pool::borrowed<M>());
  auto const x = as_view(embeddings);
  using T = typename decltype(x)::Scalar;
  embedded_batch<arithmetic<T>, T, T, Sim> b("mining::batch", x, labels, x, labels, similarity, on);
  b.same = true;
  return b;
}

}}  // namespace foil::mining
