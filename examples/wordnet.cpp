// SPDX-License-Identifier: BSD-3-Clause
// Hard-negative mining on WordNet 3.0: find the sense that a sentence was written for.
//
// Every synset is a document (lemmas and definition), every sentence quoted in a gloss a query; 4,000 sentences are
// held out. One encoder is trained three ways for the same number of epochs: with the negatives of the batch alone,
// with mined ones, and with mined ones behind a false-negative filter. Nothing about the held-out sentences was used
// to choose anything (task.hpp says what was chosen, and how).
//
//   wordnet [folder of WordNet's data files] [where to write triplets] [threads]
#include <cstdlib>
#include <exception>

#include "wordnet/mining.hpp"
#include "wordnet/quality.hpp"
#include "wordnet/report.hpp"
#include "wordnet/triplets.hpp"

namespace {

using namespace wordnet;

constexpr std::uint32_t in_batch_epochs = 2, epochs = 6;

/// The whole run: what its steps share.
class experiment {
 public:
  experiment(std::string const& folder, int threads)
      : threads_(threads),
        task_(watch_.time("reading", [&] { return task(read_corpus(folder), recipe_); })),
        trainer_(task_, recipe_, threads) {
    std::printf("WordNet: %td synsets; sentences: %td to train on, %td held out\n\n", task_.wordnet.synsets.size(), task_.train.all.size(),
                task_.held.all.size());
  }

  void run(std::string const& triplets) {
    model m(recipe_, threads_);
    score("before training", m);
    for (std::uint32_t e = 0; e < in_batch_epochs; ++e) train(m, e, nullptr);
    score("in-batch, 2 epochs", m);
    compare_filters(m);

    model plain = m;  // all three start here
    for (std::uint32_t e = in_batch_epochs; e < epochs; ++e) train(plain, e, nullptr);
    score("in-batch, 6 epochs", plain);
    model unfiltered = m;
    for (std::uint32_t e = in_batch_epochs; e < epochs; ++e) {
      mined const hard = find(unfiltered);
      train(unfiltered, e, &hard);
    }
    score("mined, unfiltered", unfiltered);
    mined last;
    for (std::uint32_t e = in_batch_epochs; e < epochs; ++e) {
      last = find(m, margin_);
      train(m, e, &last);
    }
    score("mined, filtered", m);
    watch_.time("triplets", [&] { write(triplets, last); });
    quality_.print();
    verdicts_.print();
    watch_.print();
  }

 private:
  template <class... Filter>
  mined find(model const& m, Filter... filters) {
    progress bar("mining");
    return watch_.time("mining", [&] { return mine(task_, recipe_, m, bar, filters...); });
  }

  void train(model& m, std::uint32_t number, mined const* hard) {
    progress bar("epoch " + std::to_string(number + 1));
    watch_.time("training", [&] { trainer_.epoch(m, number, hard, bar); });
  }

  void score(std::string const& name, model const& m) {
    quality const q = watch_.time("measuring", [&] {
      return measure(m.texts.forward(task_.held.texts), m.texts.forward(task_.documents), task_.held.all, threads_);
    });
    quality_.rows.push_back({name, fixed(q.recall_1, 4), fixed(q.recall_10, 4), fixed(q.recall_100, 4), fixed(q.reciprocal_rank, 4)});
  }

  /// What WordNet's graph says of the negatives that each filter leaves.
  void compare_filters(model const& m) {
    auto add = [&](std::string const& name, mined const& hard) {
      verdict const v = judge(task_, hard);
      verdicts_.rows.push_back({name, fixed(100 * v.related, 2), fixed(100 * v.both, 2), fixed(100 * v.same_lemma, 2)});
    };
    add("no filter", find(m));
    add("relative_margin 0.05", find(m, margin_));
    add("max_score 0.7", find(m, foil::bias::max_score{.score = 0.7}));
  }

  void write(std::string const& path, mined const& hard) {
    triplet_file out(path);
    for (idx i = 0; i < hard.rows; ++i)
      for (idx k = 0; k < (std::min)(hard.counts[std::size_t(i)], recipe_.sampled); ++k)
        out.write(task_.train.all[std::size_t(i)].text, task_.wordnet.at(task_.train.truth[std::size_t(i)]).text(),
                  task_.wordnet.at(hard.ids[std::size_t(i * hard.per_row + k)]).text());
    out.close();
  }

  int threads_;
  recipe recipe_;
  stopwatch watch_;
  task task_;
  trainer trainer_;
  foil::bias::relative_margin margin_{.margin = 0.05};
  table quality_{{{"4,000 held-out sentences", "R@1", "R@10", "R@100", "MRR"}}};
  table verdicts_{{{"% of mined negatives", "related", "related, same lemma", "same lemma"}}};
};

}  // namespace

int main(int count, char** arguments) try {
  experiment e(count > 1 ? arguments[1] : "/usr/share/wordnet", count > 3 ? std::atoi(arguments[3]) : 2);
  e.run(count > 2 ? arguments[2] : "triplets.jsonl");
} catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
