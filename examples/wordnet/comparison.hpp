// SPDX-License-Identifier: BSD-3-Clause
// Several ways to train beside each other: their measures, and their differences with intervals.
#pragma once

#include "paired.hpp"
#include "quality.hpp"
#include "report.hpp"

namespace wordnet {

class comparison {
 public:
  /// truth: the synset of every measured sentence.
  explicit comparison(std::span<idx const> truth) : truth_(truth) {}

  /// A further run of this name; what is printed is the mean over the runs, sentence by sentence.
  void add(std::string const& name, quality const& q, double cpu_seconds) {
    auto at = std::find_if(ways_.begin(), ways_.end(), [&](way const& w) { return w.name == name; });
    if (at == ways_.end()) at = ways_.insert(at, {name, quality::Zero(q.rows(), 4), 0, 0});
    at->sum += q, at->cpu_seconds += cpu_seconds, ++at->runs;
  }

  void print_means() const {
    table t{{{std::to_string(truth_.size()) + " sentences", "CPU s"}}};
    t.rows[0].insert(t.rows[0].end(), std::begin(quality_names), std::end(quality_names));
    for (way const& w : ways_) {
      t.rows.push_back({w.name, fixed(w.cpu_seconds / w.runs, 1)});
      for (int j = 0; j < 4; ++j) t.rows.back().push_back(fixed(w.sum.col(j).mean() / w.runs, 4));
    }
    t.print();
  }

  /// Every way against the one of that name, where there is one.
  void print_differences(std::string const& reference) const {
    auto const base = std::find_if(ways_.begin(), ways_.end(), [&](way const& w) { return w.name == reference; });
    if (base == ways_.end()) return;
    table t{{{"against " + reference}}};
    t.rows[0].insert(t.rows[0].end(), std::begin(quality_names), std::end(quality_names));
    for (way const& w : ways_) {
      if (&w == &*base || w.cpu_seconds <= 0) continue;
      t.rows.push_back({w.name});
      for (int j = 0; j < 4; ++j) {
        std::vector<double> d;
        for (idx i = 0; i < w.sum.rows(); ++i) d.push_back(w.sum(i, j) / w.runs - base->sum(i, j) / base->runs);
        paired const p(d, truth_);
        t.rows.back().push_back((p.mean < 0 ? "" : "+") + fixed(p.mean, 4) + " +-" + fixed(p.half, 4));
      }
    }
    t.print();
  }

 private:
  struct way {
    std::string name;
    quality sum;
    double cpu_seconds;
    int runs;
  };

  std::span<idx const> truth_;
  std::vector<way> ways_;
};

}  // namespace wordnet
