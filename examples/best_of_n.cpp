// SPDX-License-Identifier: BSD-3-Clause
// Best-of-N on a cloze: a word is taken out of a WordNet definition, a letter model draws N words for the gap, and a scorer
// picks one of them. Right or wrong is known, so that the scorers can be compared.
//
// The model sees two words on either side and writes letter by letter (model.hpp). Nothing about the questions that are
// asked was used to choose anything; its six weights were fitted to other definitions. Every number is the same in every run.
//
//   best_of_n [folder of WordNet's data files] [where to write the plot]
#include <exception>

#include "best_of_n/plot.hpp"
#include "wordnet/progress.hpp"
#include "wordnet/report.hpp"

namespace {

using namespace cloze;

constexpr std::uint64_t seed = 20;
constexpr idx most = 64;
constexpr std::size_t tuned_on = 1000, asked = 3000;

void run(std::string const& folder, std::string const& picture) {
  wordnet::stopwatch watch;
  questions const q = watch.time("reading", [&] { return ask(wordnet::read_corpus(folder), tuned_on, asked, seed); });
  std::printf("%zu words of definitions to train on; %zu questions\n", q.train.size(), q.test.size());

  model m = watch.time("counting", [&] { return model(q); });
  double const loss = watch.time("fitting", [&] {
    wordnet::progress bar("fitting the model");
    return m.tune(q.tune, [&](int done, int all) { bar(done, all); });
  });
  std::printf("the model needs %.3f bits a letter on other definitions; weights", loss / std::log(2.0));
  for (double w : m.weights()) std::printf(" %.2f", w);
  std::printf("\n\n");

  tally right(most);
  watch.time("drawing, picking", [&] {
    wordnet::progress bar("drawing answers");
    sampler draw(m, seed);
    for (std::size_t i = 0; i < q.test.size(); ++i) {
      foil::random_stream random(seed, foil::purpose::user, 0, i);
      right.add(draw.draw(q.test[i], i, most), random);
      bar(idx(i) + 1, idx(q.test.size()));
    }
  });

  wordnet::table t{{{"% right of N ="}}};
  for (idx n : right.sizes()) t.rows[0].push_back(std::to_string(n));
  for (std::size_t line = 0; line < right.lines(); ++line) {
    t.rows.push_back({right.name(line)});
    for (std::size_t s = 0; s < right.sizes().size(); ++s) t.rows.back().push_back(wordnet::fixed(100 * right.share(line, s), 1));
  }
  t.print();
  double const p = right.share(0, 0);
  std::printf("the standard error of a share of %.1f %% is %.1f\n", 100 * p, 100 * std::sqrt(p * (1 - p) / double(q.test.size())));

  plot(right, "Right words of " + std::to_string(q.test.size()) + " gaps in WordNet's definitions").write(picture);
  std::printf("plot: %s\n\n", picture.c_str());
  watch.print();
}

}  // namespace

int main(int count, char** arguments) try {
  foil::require(count <= 3, "best_of_n: takes at most two arguments, [folder] [picture], got ", count - 1);
  run(count > 1 ? arguments[1] : "/usr/share/wordnet", count > 2 ? arguments[2] : "best_of_n.svg");
} catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
