// SPDX-License-Identifier: BSD-3-Clause
// Ways to train that are compared: in the batch alone, with random negatives, with mined ones; and what a study varies.
#pragma once

#include <functional>

#include "mining.hpp"

namespace wordnet {

struct variant {
  std::string name;
  recipe how{};
  /// The lists of negatives under a model; empty: there are none.
  std::function<mined(model const&, recipe const&, progress&)> find{};
};

/// The variants of a task, which they refer to.
class variants {
 public:
  explicit variants(task const& t) : task_(t) {}

  std::string const in_batch = "in-batch", as_long = "in-batch, 17 epochs";

  /// What an ordinary run compares. 17 epochs in the batch take as many CPU seconds as 6 with one mining (measured; see the table).
  std::vector<variant> usual() const {
    return {{in_batch}, {as_long, {.epochs = 17}}, random(), mining("mined"), mining("mined, relative_margin 0.05", {}, {}, relative_)};
  }

  /// Filters, windows, samplers, depth and mixtures, one thing changed at a time.
  std::vector<variant> study() const {
    std::vector<variant> all{{in_batch}, mining("mined")};
    auto const add = [&](std::string const& name, recipe r, foil::mine_options how, auto... filters) {
      all.push_back(mining("mined, " + name, r, how, filters...));
    };
    add("max_score 0.7", {}, {}, foil::bias::max_score{.score = 0.7});
    add("unrelated in WordNet's graph", {}, {}, unrelated(task_));
    add("ranks 10 to 59", {}, {.range_min = 10, .range_max = 60});
    add("softmax 0.1 out of 200", {}, {.range_max = 200, .sampling = foil::sampling::softmax{.temperature = 0.1}});
    add("20 kept", {.mined = 20}, {});
    add("200 kept", {.mined = 200}, {});
    add("4 drawn", {.sampled = 4}, {});
    add("not shared", {.share = false}, {});
    add("200 kept, 16 drawn, not shared", {.mined = 200, .sampled = 16, .share = false}, {});
    all.push_back(mixture());
    return all;
  }

  /// What the numbers of the recipe were chosen from, changed one at a time around 30 kept.
  std::vector<variant> choice() const {
    std::vector<variant> all{
        {in_batch}, {"in-batch, temperature 0.1", {.temperature = 0.1}}, {"in-batch, temperature 0.15", {.temperature = 0.15}}};
    for (idx const kept : {20, 30, 50, 200}) all.push_back(mining("mined, " + std::to_string(kept) + " kept", {.mined = kept}));
    auto const add = [&](std::string const& name, recipe const& r) { all.push_back(mining("mined, 30 kept, " + name, r)); };
    add("temperature 0.1", {.temperature = 0.1, .mined = 30});
    add("1 drawn", {.mined = 30, .sampled = 1});
    add("4 drawn", {.mined = 30, .sampled = 4});
    add("every second epoch", {.mined_every = 2, .mined = 30});
    add("not shared", {.mined = 30, .share = false});
    return all;
  }

  /// Mining as in `how`, whose number of negatives is the recipe's, behind the filters.
  template <class... Filter>
  variant mining(std::string name, recipe r = {}, foil::mine_options how = {}, Filter... filters) const {
    return {std::move(name), r, [this, how, filters...](model const& m, recipe const& now, progress& bar) mutable {
              how.negatives = now.mined, how.seed = now.seed;
              return mine(task_, m, how, bar, filters...);
            }};
  }

 private:
  variant random() const {
    return {"random negatives", {}, [this](model const&, recipe const& r, progress&) { return random_lists(task_, r); }};
  }
  variant mixture() const {
    variant const hard = mining("mined and random, 4 drawn", {.sampled = 4});
    return {hard.name, hard.how, [this, find = hard.find](model const& m, recipe const& r, progress& bar) {
              return joined(find(m, r, bar), random_lists(task_, r));
            }};
  }

  task const& task_;
  foil::bias::relative_margin relative_{.margin = 0.05};
};

}  // namespace wordnet
