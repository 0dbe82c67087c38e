// SPDX-License-Identifier: BSD-3-Clause
// The files that a job ends with, made from its blocks in their order.
#pragma once

#include <foil/bridge/npy.hpp>
#include <foil/bridge/training_lines.hpp>

#include "inputs.hpp"
#include "parts.hpp"
#include "progress.hpp"

namespace miner {

/// What the report says of all blocks.
struct totals {
  idx rows = 0, negatives = 0, short_rows = 0, filled = 0, without_positive = 0, lines = 0, left_out = 0, unscored = 0;
  idx bad_rows = 0;          ///< queries, and documents once a block
  std::vector<idx> dropped;  ///< by positives, then by each filter
};

template <foil::Scalar S>
class outputs {
 public:
  outputs(inputs const& in, parts<S> const& blocks) : in_(in), o_(in.o), blocks_(blocks) {}

  static std::vector<std::string> names(options const& o) {
    if (o.dialect) return {o.out};
    std::vector<std::string> all{o.out + ".ids.npy", o.out + ".scores.npy", o.out + ".ranks.npy"};
    if (o.margin_of == foil::reference::each) all.push_back(o.out + ".queries.npy");
    return all;
  }

  totals write() {
    o_.dialect ? write_lines(*o_.dialect) : write_arrays();
    return sum_;
  }

 private:
  idx blocks() const { return o_.blocks(in_.queries.n()); }

  void write_lines(foil::bridge::dialect how) {
    new_file file(o_.out);
    foil::bridge::training_lines<S> writer(file.stream(), how, o_.scores,
                                           o_.replace_invalid ? foil::bridge::invalid_utf8::replace : foil::bridge::invalid_utf8::refuse,
                                           o_.out);
    auto const document = [&](idx j) { return in_.corpus_ids.text(j); };
    for (idx b = 0; b < blocks(); ++b)
      writer.write(
          load(b), [&](idx i) { return in_.query_ids.text(b * o_.block + i); }, document);
    writer.finish();
    file.publish();
    sum_.lines = writer.lines(), sum_.left_out = writer.left_out(), sum_.unscored = writer.unscored();
  }
  void write_arrays() {
    auto const all = names(o_);
    auto const [rows, per_row] = blocks_.shape(o_.mining.negatives);
    array<idx> ids(all[0], {rows, per_row}), ranks(all[2], {rows, per_row});
    array<S> scores(all[1], {rows, per_row});
    std::optional<array<idx>> queries;
    if (all.size() > 3) queries.emplace(all[3], std::vector<idx>{rows});
    for (idx b = 0; b < blocks(); ++b) {
      foil::mined<S> m = load(b);
      ids.writer.append(m.ids), scores.writer.append(m.scores), ranks.writer.append(m.ranks);
      for (idx& a : m.anchor) a += b * o_.block;
      if (queries) queries->writer.append(m.anchor);
    }
    ids.publish(), scores.publish(), ranks.publish();
    if (queries) queries->publish();
  }
  template <class T>
  struct array {
    new_file file;
    foil::bridge::npy_writer<T> writer;
    array(std::string const& name, std::vector<idx> const& shape) : file(name), writer(file.stream(), shape, name) {}
    void publish() { writer.finish(), file.publish(); }
  };
  /// A block, added to the sums.
  foil::mined<S> load(idx b) {
    stop_if_wanted();
    std::vector<idx> dropped;
    foil::mined<S> m = blocks_.load(b, dropped);
    sum_.rows += m.rows, sum_.short_rows += m.short_rows, sum_.filled += m.filled, sum_.without_positive += m.without_positive;
    sum_.bad_rows += m.bad_rows;
    for (idx n : m.counts) sum_.negatives += n;
    sum_.dropped.resize(dropped.size());
    for (std::size_t k = 0; k < dropped.size(); ++k) sum_.dropped[k] += dropped[k];
    return m;
  }

  inputs const& in_;
  options const& o_;
  parts<S> const& blocks_;
  totals sum_;
};

}  // namespace miner
