// SPDX-License-Identifier: BSD-3-Clause
// What foil::mine is asked for.
#pragma once

#include <cstdint>
#include <limits>

#include "foil/core/option.hpp"
#include "foil/engine/checks.hpp"
#include "foil/engine/execution.hpp"
#include "foil/mine/progress.hpp"
#include "foil/mine/shortage.hpp"
#include "foil/sample/sampler.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Which ranks the window [range_min, range_max) counts.
enum class range_stage {
  after_filter,  ///< survivors of the filters, hardest first (sentence-transformers)
  before_filter  ///< all candidates, positives included (FlagEmbedding)
};

inline constexpr idx automatic = -1;
inline constexpr idx whole_corpus = std::numeric_limits<idx>::max();

/// Options of `foil::mine`.
struct mine_options {
  static constexpr char const* name = "mine";
  idx negatives = 3;  ///< >= 0; wanted per row; more than the pool holds is everything
  idx range_min = 0;  ///< >= 0; first rank taken
  /// First rank not taken. automatic: range_min + negatives + the most positives of any row, with ten times the negatives where
  /// a filter may drop many. whole_corpus: as deep as it takes; filters by score cost next to nothing wherever they set in (see
  /// foil::mine), for others the window grows fourfold, from where it ended, until the row is full. What samplers other than
  /// sampling::top draw from ends at the first of the depths d, 4 d, 16 d .. that fills the row, d = range_min + negatives + 16 + the
  /// row's positives. With a number, or automatic, ranks 0 .. range_max + the most positives of any row - 1 are looked at, no others.
  idx range_max = automatic;
  range_stage stage = range_stage::after_filter;  ///< what the window's ranks count
  sampler sampling = sampling::top{};             ///< of the survivors: sampling::top, uniform, softmax, or your own (see Sampler)
  mining::shortage shortage = mining::shortage::keep_short;  ///< what is done about rows with fewer survivors than negatives
  bool include_positives = false;  ///< positives stay candidates, which filters by score may drop (to look at the full ranking)
  std::uint64_t seed = 0;          ///< any; of all draws
  std::uint32_t epoch = 0;         ///< any; another epoch gives other draws of the same seed
  /// Number of the call's first row in a job that is cut into calls (chunks, shards, what is left after a stop): draws are
  /// keyed by it, so that the parts together are, bit for bit, the whole job. automatic: this call is the whole job.
  /// Roles and filters count the rows of the call, from 0.
  idx first_row = automatic;  ///< or >= 0
  /// Most positives of any row of that job, at least: windows depend on it, and the call may not hold that row.
  /// Needed beside first_row where rows have different numbers of positives, unless range_max is whole_corpus; a part cannot notice
  /// that it is missing where its own rows have the same number.
  idx max_positives = 0;                             ///< >= 0; 0: the call's own rows tell
  foil::executor executor{};                         ///< foil::threads(n) for n threads
  foil::bad_rows bad_rows = foil::bad_rows::refuse;  ///< embeddings with a NaN or an infinity: refuse by row, or skip and count
  foil::progress progress{};                         ///< told of rows done; may cancel

  static void options(auto list) {
    using o = mine_options;
    list("negatives", &o::negatives, range::at_least(0)), list("range_min", &o::range_min, range::at_least(0));
    list("range_max", &o::range_max, range::at_least(automatic)), list("stage", &o::stage, range_stage::before_filter);
    list("shortage", &o::shortage, mining::shortage::error), list("first_row", &o::first_row, range::at_least(automatic));
    list("max_positives", &o::max_positives, range::at_least(0)), list("executor", &o::executor),
        list("bad_rows", &o::bad_rows, foil::bad_rows::skip);
  }
  void check(char const* where) const {
    if (range_max != automatic)
      require(range_max > range_min && range_max - range_min >= negatives, where, ": the window [range_min, range_max) = [", range_min,
              ", ", range_max, ") holds fewer ranks than negatives = ", negatives);
    sampling.check(where), progress.check(where);
  }
};

}}  // namespace foil
