// SPDX-License-Identifier: BSD-3-Clause
// Meta-node proxies against all pairs, on WordNet's graph of nouns: everything that is a "whole" (31,543 synsets: animals,
// people, plants, artifacts, ...), joined within two steps of the hypernym relation.
//
// Every node has an embedding of its own, which begins as a bag of the words of its synset. It is trained to resemble its
// neighbours and nobody else: by PamC, against 256 meta-nodes, and by InfoNCE, against all the other nodes. Then k-means
// on the embeddings is compared with the lexicographer's files that the synsets come from, which training never sees.
//
//   graph [folder of WordNet's data files] [threads]
#include <exception>

#include "graph/agreement.hpp"
#include "graph/memory.hpp"
#include "graph/training.hpp"
#include "wordnet/argument.hpp"
#include "wordnet/encoder.hpp"
#include "wordnet/progress.hpp"
#include "wordnet/report.hpp"

namespace {

using namespace network;

class experiment {
 public:
  experiment(std::string const& folder, int threads)
      : how_{foil::threads(threads)}, graph_(watch_.time("reading", [&] { return below("whole", wordnet::read_nouns(folder)); })) {
    std::printf("WordNet: %td nouns, %td pairs of neighbours, %td lexicographer's files\n\n", graph_.size(), graph_.edges(),
                graph_.classes);
    start_ = watch_.time("reading", [&] { return words(threads); });
  }

  void run() {
    table_.rows.push_back(measured({"before training", "-", "-", "-"}, start_));
    for (idx const epochs : {recipe_.proxy_epochs, 4 * recipe_.proxy_epochs})  // the second takes about as long as all pairs
      train("proxies", epochs, [&](matrix& z, idx epoch, wordnet::progress& bar) {
        with_proxies(z, graph_, recipe_, std::uint32_t(epoch), how_);
        bar(epoch + 1, epochs);
      });
    train("all pairs", recipe_.epochs, [&](matrix& z, idx epoch, wordnet::progress& bar) {
      with_all_pairs(z, graph_, recipe_, how_, [&](idx done) { bar(epoch * graph_.size() + done, recipe_.epochs * graph_.size()); });
    });
    table_.print();
    watch_.print();
  }

 private:
  /// Random vectors of words and their 4-grams, summed over lemmas and definition.
  matrix words(int threads) const {
    wordnet::features texts;
    for (wordnet::synset const& s : graph_.synsets) {
      texts.add(s.lemmas, recipe_.lemma_weight);
      texts.add(s.definition, 1);
      texts.close();
    }
    texts.scale(wordnet::rarity(texts));
    matrix z = wordnet::encoder(recipe_.dim, recipe_.seed, threads).forward(texts);
    z.rowwise().normalize();
    return z;
  }

  template <class Epoch>
  void train(std::string const& name, idx epochs, Epoch const& epoch) {
    matrix z = start_;
    peak_memory const memory;
    double const before = watch_.seconds(name);
    {
      wordnet::progress bar(name);
      for (idx e = 0; e < epochs; ++e) watch_.time(name, [&] { epoch(z, e, bar); });
    }
    double const seconds = (watch_.seconds(name) - before) / double(epochs);
    table_.rows.push_back(measured({name, std::to_string(epochs), wordnet::fixed(seconds, 2), wordnet::fixed(memory.megabytes(), 0)}, z));
  }

  /// Clusters the embeddings, into as many clusters as there are files and into 100.
  std::vector<std::string> measured(std::vector<std::string> row, matrix const& z) {
    watch_.time("measuring", [&] {
      for (idx const clusters : {graph_.classes, idx(100)}) {
        auto const found = foil::mining::k_means(z, {.clusters = clusters, .restarts = 3, .seed = 7}, how_);
        agreement const a = compare(found.labels, graph_.labels);
        row.push_back(wordnet::fixed(a.nmi, 3)), row.push_back(wordnet::fixed(a.purity, 3));
      }
    });
    return row;
  }

  recipe recipe_;
  foil::execution how_;
  wordnet::stopwatch watch_;
  nodes graph_;
  matrix start_;
  wordnet::table table_{{{"", "epochs", "s/epoch", "MB", "NMI, 19", "purity, 19", "NMI, 100", "purity, 100"}}};
};

}  // namespace

int main(int count, char** arguments) try {
  foil::require(count <= 3, "graph: takes at most two arguments, [folder] [threads], got ", count - 1);
  experiment(count > 1 ? arguments[1] : "/usr/share/wordnet", count > 2 ? wordnet::whole_number<int>(arguments[2], "threads", 1) : 2).run();
} catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
