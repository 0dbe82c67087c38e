// What foil::mine is asked for.
#pragma once

#include <cstdint>
#include <limits>

#include "foil/core/option.hpp"
#include "foil/engine/checks.hpp"
#include "foil/engine/execution.hpp"
#include "foil/mine/shortage.hpp"

namespace foil::inline FOIL_ABI {

/// Which ranks the window [range_min, range_max) counts.
enum class range_stage {
  after_filter,  ///< survivors of the filters, hardest first (sentence-transformers)
  before_filter  ///< all candidates, positives included (FlagEmbedding)
};

/// How negatives are drawn from the survivors.
enum class sampling {
  top,      ///< the hardest
  uniform,  ///< without replacement, all survivors alike
  softmax   ///< without replacement, successively in proportion to e^(score / temperature) (Gumbel top-k)
};

/// Told how far a long job is; returning false cancels it. Views its callable, which must outlive the call.
class progress {
 public:
  progress() = default;
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, progress>)
  progress(F& f)
      : object_(&f), call_([](void* o, idx done, idx total, char const* phase) -> bool {
          return (*static_cast<F*>(o))(done, total, phase);
        }) {}
  bool operator()(idx done, idx total, char const* phase) const {
    return call_ == nullptr || call_(object_, done, total, phase);
  }

 private:
  void* object_ = nullptr;
  bool (*call_)(void*, idx, idx, char const*) = nullptr;
};

inline constexpr idx automatic = -1;
inline constexpr idx whole_corpus = std::numeric_limits<idx>::max();

struct mine_options {
  static constexpr char const* name = "mine";
  idx negatives = 3;  ///< >= 0; wanted per row
  idx range_min = 0;  ///< >= 0; first rank taken
  /// First rank not taken. automatic: range_min + negatives + most positives of a row, with ten times the negatives
  /// where a filter may drop many. whole_corpus: as deep as it takes, the window doubling until the row is full.
  idx range_max = automatic;
  range_stage stage = range_stage::after_filter;
  sampling draw = sampling::top;
  double temperature = 1;        ///< > 0; of sampling::softmax
  mining::shortage when_short = mining::shortage::keep_short;
  bool include_positives = false;  ///< positives stay candidates (to look at the full ranking)
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  executor on{};                 ///< foil::threads(n) for n threads
  bad_rows bad = bad_rows::refuse;
  progress tell{};

  static void options(auto list) {
    using o = mine_options;
    list("negatives", &o::negatives, range::at_least(0)), list("range_min", &o::range_min, range::at_least(0));
    list("range_max", &o::range_max, range::at_least(automatic)), list("stage", &o::stage, range_stage::before_filter);
    list("draw", &o::draw, sampling::softmax), list("temperature", &o::temperature, range::temperature);
    list("when_short", &o::when_short, mining::shortage::error), list("on", &o::on), list("bad", &o::bad, bad_rows::skip);
  }
  void check() const {
    if (range_max != automatic)
      require(range_max > range_min && range_max - range_min >= negatives, "mine: the window [range_min, range_max) = [",
              range_min, ", ", range_max, ") holds fewer ranks than negatives = ", negatives);
  }
};

}  // namespace foil::inline FOIL_ABI
