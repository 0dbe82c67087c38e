// SPDX-License-Identifier: BSD-3-Clause
// The report: tables with aligned columns, and the seconds that each phase took.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace wordnet {

/// A number with a fixed count of decimals.
inline std::string fixed(double x, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, x);
  return text;
}

/// Rows of texts; the first row is the heading, the first column is aligned left and the others right.
struct table {
  std::vector<std::vector<std::string>> rows;

  void print() const {
    std::vector<std::size_t> width;
    for (auto const& row : rows)
      for (std::size_t j = 0; j < row.size(); ++j) {
        if (j == width.size()) width.push_back(0);
        width[j] = (std::max)(width[j], row[j].size());
      }
    for (auto const& row : rows) {
      for (std::size_t j = 0; j < row.size(); ++j) std::printf(j == 0 ? "%-*s" : "  %*s", int(width[j]), row[j].c_str());
      std::printf("\n");
    }
    std::printf("\n");
  }
};

/// Seconds per named phase, in the order in which the phases first ran.
class stopwatch {
 public:
  /// Runs the work and books its time under the name.
  template <class Work>
  auto time(std::string const& phase, Work const& work) {
    booking const b{*this, phase};
    return work();
  }

  /// Booked under the name so far.
  double seconds(std::string const& phase) const {
    for (auto const& p : phases_)
      if (p.first == phase) return p.second;
    return 0;
  }

  void print() const {
    table t{{{"phase", "seconds"}}};
    double sum = 0;
    for (auto const& p : phases_) t.rows.push_back({p.first, fixed(p.second, 1)}), sum += p.second;
    t.rows.push_back({"all", fixed(sum, 1)});
    t.print();
  }

 private:
  using clock = std::chrono::steady_clock;
  struct booking {
    stopwatch& watch;
    std::string const& phase;
    clock::time_point start = clock::now();
    ~booking() { watch.book(phase, std::chrono::duration<double>(clock::now() - start).count()); }
  };
  void book(std::string const& phase, double seconds) {
    auto const same = [&](auto const& p) { return p.first == phase; };
    auto const at = std::find_if(phases_.begin(), phases_.end(), same);
    if (at == phases_.end())
      phases_.emplace_back(phase, seconds);
    else
      at->second += seconds;
  }
  std::vector<std::pair<std::string, double>> phases_;
};

}  // namespace wordnet
