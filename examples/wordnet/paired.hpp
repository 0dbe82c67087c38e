// SPDX-License-Identifier: BSD-3-Clause
// Whether one run is better than another on the same sentences: the mean difference with its 95 % interval.
#pragma once

#include <cmath>
#include <span>

#include "corpus.hpp"

namespace wordnet {

/// The 95 % interval is mean - half .. mean + half.
struct paired {
  double mean = 0, half = 0;

  /// d[i] is the difference on sentence i, group[i] its synset; equal ones stand together. Sentences of one synset are not
  /// independent, so a synset is what counts as drawn: with n sentences of C synsets and e_c = sum of d_i - mean over synset c,
  ///   half = 1.96 sqrt(C / (C - 1) sum_c e_c^2) / n.
  /// The normal approximation; n is 12,000 here. It speaks of other sentences, for the models that were measured.
  paired(std::span<double const> d, std::span<idx const> group) {
    double const n = double(d.size());
    for (double const x : d) mean += x / n;
    double squares = 0, sum = 0, groups = 0;
    for (std::size_t i = 0; i < d.size(); ++i) {
      sum += d[i] - mean;
      if (i + 1 < d.size() && group[i + 1] == group[i]) continue;
      squares += sum * sum, ++groups, sum = 0;
    }
    half = 1.96 * std::sqrt(groups / (groups - 1) * squares) / n;
  }
};

}  // namespace wordnet
