// SPDX-License-Identifier: BSD-3-Clause
// A score that grows while the answer is generated: a token statistic and a sequence aggregate.
#pragma once

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/score/aggregate.hpp"
#include "foil/score/self_certainty.hpp"

namespace foil::score { inline namespace FOIL_ABI {

///   meter m{self_certainty{}};   for each token: m.add(logits, vocabulary);   m.value()
/// O(V) a token; nothing is allocated after the first. Copy it to branch a search.
template <TokenStatistic T = self_certainty, Aggregate A = mean>
class meter {
 public:
  explicit meter(T statistic = {}, A aggregate = A())
      : statistic_((check_options("meter", statistic), statistic)),
        scale_(inverse_temperature(statistic.temperature, "meter")),
        empty_(statistic_.start()),
        row_(empty_),
        aggregate_(aggregate) {}

  /// The row of logits that the next token was drawn from.
  template <Storage Z>
  void add(Z const* row, idx vocabulary) {
    row_ = empty_;
    detail::add_row(row_, row, vocabulary, scale_);
    add(row_);
  }
  /// The same from the merged state of vocabulary shards.
  void add(typename T::state const& row) { add_value(statistic_.value(row)); }
  /// A token whose value is already known.
  void add_value(double token) { aggregate_.add(token), ++tokens_, undefined_ += nan_bits(token); }
  /// Continues with the later part of the same answer, for aggregates that merge.
  void merge(meter const& later) {
    aggregate_.merge(later.aggregate_);
    tokens_ += later.tokens_, undefined_ += later.undefined_;
  }
  /// An empty state for a shard of the vocabulary, and the factor its logits are added with.
  typename T::state start() const { return empty_; }
  double scale() const { return scale_; }

  double value() const { return aggregate_.value(); }
  idx tokens() const { return tokens_; }
  idx undefined() const { return undefined_; }

 private:
  T statistic_;
  double scale_;
  typename T::state empty_, row_;
  A aggregate_;
  idx tokens_ = 0, undefined_ = 0;
};

/// What `score_sequences` returns.
struct sequence_scores {
  std::vector<double> value;  ///< one score a sequence; quiet NaN = undefined
  std::vector<idx> tokens;    ///< unmasked tokens of each
  idx undefined = 0;          ///< sequences without a score
};

/// Scores of N sequences laid one after the other in logits [T, V]: sequence i owns the rows from offsets[i] up to but not
/// including offsets[i+1]. offsets has N + 1 entries, from 0 to T, not decreasing; an empty sequence is allowed, and
/// undefined for most aggregates. For padded sequences [N, T, V] let offsets be multiples of T and mask the padding: `on`
/// has one byte a row. Tokens are added in order, in double: the same bits every time. O(T V) time.
template <TokenStatistic T, Aggregate A = mean, class M>
sequence_scores score_sequences(M const& logits, id_argument offsets, T const& statistic, A const& aggregate = A(), byte_mask on = {}) {
  auto const z = as_view(logits);
  require(!offsets.empty() && offsets[0] == 0 && offsets[offsets.size() - 1] == z.rows(),
          "score_sequences: offsets must run from 0 to the ", z.rows(), " rows of logits");
  for (idx i = 1; i < offsets.size(); ++i)
    require(offsets[i - 1] <= offsets[i], "score_sequences: offsets must not decrease, got ", offsets[i - 1], " before ", offsets[i]);
  require_length(idx(on.size()), z.rows(), "score_sequences", "mask");
  check_options("score_sequences", statistic), inverse_temperature(statistic.temperature, "score_sequences");
  sequence_scores r;
  for (idx i = 1; i < offsets.size(); ++i) {
    meter<T, A> m(statistic, aggregate);
    for (idx t = offsets[i - 1]; t < offsets[i]; ++t)
      if (is_on(on, t)) m.add(z.row(t), z.cols());
    r.value.push_back(m.value());
    r.tokens.push_back(m.tokens());
    r.undefined += nan_bits(m.value());
  }
  return r;
}

}}  // namespace foil::score
