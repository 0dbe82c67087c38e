// SPDX-License-Identifier: BSD-3-Clause
// Hard-negative mining on WordNet 3.0: find the sense that a sentence was written for.
//
// Every synset is a document (lemmas and definition), every sentence quoted in a gloss a query; 12,000 sentences are
// held out. One encoder is trained with the negatives of the batch alone, for as many epochs and for as many seconds as with mined
// ones; with random ones; and with mined ones behind a false-negative filter. Nothing about the held-out sentences was used
// to choose anything (task.hpp says what was chosen, and how).
//
//   wordnet [study|choose] [folder of WordNet's data files] [where to write triplets] [threads]
//   wordnet files FOLDER [folder of WordNet's data files]
// study: further filters, windows, samplers and depths; choose: what the recipe was chosen from, on the sentences for that; files: the
// task, embedded after the epochs in the batch, as files for the tool mine.
#include <ctime>
#include <exception>
#include <filesystem>
#include <foil/bridge/training_lines.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "wordnet/argument.hpp"
#include "wordnet/comparison.hpp"
#include "wordnet/files.hpp"
#include "wordnet/variant.hpp"
#include "wordnet/verdict.hpp"

namespace {

using namespace wordnet;

/// The whole run: what its steps share.
class experiment {
 public:
  experiment(part measured, std::string const& folder, int threads)
      : threads_(threads), task_(watch_.time("reading", [&] { return task(read_corpus(folder), measured); })) {
    std::printf("WordNet: %td synsets; sentences: %td to train on, %td held out\n\n", task_.wordnet.synsets.size(), task_.train.all.size(),
                task_.held.all.size());
  }

  /// runs: of every variant, each with a first table, an order and draws of its own.
  void compare(std::vector<variant> const& all, std::uint64_t runs) {
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
      score("before training", model({.seed = seed}, threads_), 0);
      for (variant const& v : all) train(v, seed);
    }
    compared_.print_means();
    for (std::string const& reference : {variants_.in_batch, variants_.as_long}) compared_.print_differences(reference);
  }

  /// What WordNet's graph says of the negatives that each filter leaves, after the epochs in the batch; some are written as triplets.
  void judge_filters(std::ostream& triplets, std::string const& path) {
    recipe const r;
    model m(r, threads_);
    trainer teacher(task_, r, threads_);
    for (std::uint32_t e = 0; e < r.first_mined; ++e) epoch(teacher, m, e, nullptr);
    table t{{{"% of mined negatives", "related", "related, same lemma", "same lemma"}}};
    mined hard;
    auto const add = [&](std::string const& name, auto... filters) {
      hard = find(variants_.mining(name, r, {}, filters...), m, r);
      verdict const v = judge(task_, hard);
      t.rows.push_back({name, fixed(100 * v.related, 2), fixed(100 * v.both, 2), fixed(100 * v.same_lemma, 2)});
    };
    add("no filter");
    add("max_score 0.7", foil::bias::max_score{.score = 0.7});
    add("relative_margin 0.05", foil::bias::relative_margin{.margin = 0.05});
    t.print();
    for (idx& n : hard.counts) n = (std::min)(n, r.sampled);
    watch_.time("triplets", [&] { write(triplets, path, hard); });
  }

  /// The task, embedded after the epochs in the batch.
  void write_task(std::string const& folder) {
    recipe const r;
    model m(r, threads_);
    trainer teacher(task_, r, threads_);
    for (std::uint32_t e = 0; e < r.first_mined; ++e) epoch(teacher, m, e, nullptr);
    watch_.time("files", [&] { write_files(task_, m, folder); });
  }

  void print_times() const { watch_.print(); }
  variants const& choices() const { return variants_; }

 private:
  void train(variant const& v, std::uint64_t seed) {
    recipe r = v.how;
    r.seed = seed;
    model m(r, threads_);
    trainer teacher(task_, r, threads_);
    mined lists;
    std::clock_t const start = std::clock();  // CPU time of all threads: a busy machine changes it little
    for (std::uint32_t e = 0; e < r.epochs; ++e) {
      bool const with_lists = v.find && e >= r.first_mined;
      if (with_lists && (e - r.first_mined) % r.mined_every == 0) lists = find(v, m, r);
      epoch(teacher, m, e, with_lists ? &lists : nullptr);
    }
    score(v.name, m, double(std::clock() - start) / CLOCKS_PER_SEC);
  }

  void epoch(trainer& teacher, model& m, std::uint32_t number, mined const* lists) {
    progress bar("epoch " + std::to_string(number + 1));
    watch_.time("training", [&] { teacher.epoch(m, number, lists, bar); });
  }

  mined find(variant const& v, model const& m, recipe const& r) {
    progress bar("mining");
    return watch_.time("mining", [&] { return v.find(m, r, bar); });
  }

  void score(std::string const& name, model const& m, double cpu_seconds) {
    watch_.time("measuring", [&] {
      quality const q = measure(m.texts.forward(task_.held.texts), m.texts.forward(task_.documents), task_.held.truth, threads_);
      compared_.add(name, q, cpu_seconds);
    });
  }

  void write(std::ostream& out, std::string const& path, mined const& hard) {
    namespace bridge = foil::bridge;
    bridge::training_lines<float> lines(out, bridge::dialect::triplet, false, bridge::invalid_utf8::replace, path);
    lines.write(
        hard,
        [&](idx i) {
          return bridge::passage{"", "", task_.train.all[std::size_t(i)].text};
        },
        [&](idx j) {
          return bridge::passage{"", "", task_.wordnet.at(j).text()};
        });
    lines.finish();
  }

  int threads_;
  stopwatch watch_;
  task task_;
  variants variants_{task_};
  comparison compared_{task_.held.truth};
};

}  // namespace

int main(int count, char** arguments) try {
  std::vector<std::string> rest(arguments + 1, arguments + count);
  std::string task_name;
  if (!rest.empty() && (rest[0] == "study" || rest[0] == "choose" || rest[0] == "files")) {
    task_name = rest[0];
    rest.erase(rest.begin());
  }
  bool const study = task_name == "study", choose = task_name == "choose", files = task_name == "files";
  std::size_t const most = files ? 2 : 3;
  foil::require(rest.size() <= most, "wordnet: takes no further argument from ", rest.size() > most ? rest[most] : "", " on");
  std::string const target = files ? (rest.empty() ? "wordnet-files" : rest[0]) : rest.size() > 1 ? rest[1] : "triplets.jsonl";
  std::size_t const place = files ? 1 : 0;
  std::string const folder = rest.size() > place ? rest[place] : "/usr/share/wordnet";
  int const threads = !files && rest.size() > 2 ? whole_number<int>(rest[2], "wordnet: threads", 1) : 2;
  foil::require(std::filesystem::is_directory(folder), "wordnet: ", folder, " is no folder of WordNet's data files",
                files ? "" : ", nor study, choose or files");
  if (files) {
    std::filesystem::create_directories(target);
    experiment e(part::reporting, folder, threads);
    e.write_task(target);
    return 0;
  }
  std::ofstream triplets(target);
  foil::require(triplets.is_open(), "wordnet: cannot write ", target);
  experiment e(choose ? part::choosing : part::reporting, folder, threads);
  e.compare(study ? e.choices().study() : choose ? e.choices().choice() : e.choices().usual(), study ? 1 : 2);
  e.judge_filters(triplets, target);
  e.print_times();
} catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
