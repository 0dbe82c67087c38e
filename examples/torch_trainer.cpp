// SPDX-License-Identifier: BSD-3-Clause
// Two towers trained in LibTorch, with foil's loss inside its autograd: find the WordNet synset that a sentence was written for.
//
// One tower embeds sentences, the other documents (lemmas and definitions); both begin with one random table of hashed words and
// 4-grams. CLIP's loss goes both ways through the batch, the last 4,096 documents of earlier steps are further negatives of the
// sentences, two sentences of one synset are no negatives of each other, and the temperature is learned. 12,000 sentences are held out.
//
//   torch_trainer [epochs] [folder of WordNet's data files]
#include <foil/bridge/torch.hpp>
#include <foil/foil.hpp>
#include <numeric>

#include "torch_trainer/tower.hpp"
#include "wordnet/argument.hpp"
#include "wordnet/progress.hpp"
#include "wordnet/task.hpp"

namespace {

using namespace towers;
namespace bridge = foil::bridge;
namespace pool = foil::pool;

constexpr idx dim = 64, batch_size = 512, memory_size = 4096;
constexpr double table_rate = 0.03;  // tried on the sentences for choosing: [0.02 0.03 0.05 0.1]

class trainer {
 public:
  explicit trainer(wordnet::task const& t) : task_(t) {
    torch::manual_seed(1);
    torch::Tensor const table = torch::rand({wordnet::table_rows, dim}) - 0.5;
    sentences_ = tower(table), documents_ = tower(table);
    log_temperature_ = torch::tensor(std::log(0.1f), torch::requires_grad());
    tables_ = std::make_unique<torch::optim::Adagrad>(std::vector{sentences_->bag->weight, documents_->bag->weight},
                                                      torch::optim::AdagradOptions(table_rate));
    rest_ = std::make_unique<torch::optim::Adam>(std::vector{sentences_->turn->weight, documents_->turn->weight, log_temperature_},
                                                 torch::optim::AdamOptions(1e-3));
  }

  /// Mean loss of an epoch's steps.
  double epoch(int number) {
    wordnet::progress bar("epoch " + std::to_string(number));
    auto const n = idx(task_.train.all.size());
    torch::Tensor const order = torch::randperm(n);
    foil::id_list const shuffled = bridge::ids(order);
    double sum = 0;
    idx steps = 0;
    for (idx first = 0; first + batch_size <= n; first += batch_size, ++steps) {
      std::vector<idx> batch, truth;
      for (idx i = first; i < first + batch_size; ++i) {
        batch.push_back(shuffled[i]);
        truth.push_back(task_.train.truth[std::size_t(shuffled[i])]);
      }
      sum += step(batch, truth);
      bar(first + batch_size, n);
    }
    return sum / double(steps);
  }

  /// The share of held-out sentences whose synset is the nearest of all documents, or among the ten nearest.
  std::pair<double, double> recall() {
    torch::Tensor const q = sentences_->all(task_.held.texts), d = documents_->all(task_.documents);
    auto const found =
        foil::mine(bridge::rows<float>(q), pool::bank(bridge::rows<float>(d)), {.negatives = 10, .executor = foil::executor_of(threads_)});
    torch::Tensor const ids = bridge::tensor(std::vector(found.ids), {found.rows, found.per_row});
    torch::Tensor const hits = ids.eq(torch::tensor(task_.held.truth).unsqueeze(1)).to(torch::kDouble);
    return {hits.select(1, 0).mean().item<double>(), hits.sum(1).mean().item<double>()};
  }

  double temperature() const { return std::exp(log_temperature_.item<double>()); }

 private:
  double step(std::vector<idx> const& batch, std::vector<idx> const& truth) {
    torch::Tensor const q = sentences_->forward(bags(task_.train.texts, batch));
    torch::Tensor const d = documents_->forward(bags(task_.documents, truth));
    auto const in_batch = bridge::in_batch(d, foil::roles::diagonal{}, foil::bias::same_id{truth, truth});
    auto const earlier = pool::bank(memory_.rows(), foil::roles::all_negative{}, foil::bias::same_id{truth, memory_.ids()});
    torch::Tensor const loss = bridge::symmetric_loss(clip_, q, in_batch, earlier, log_temperature_);
    tables_->zero_grad(), rest_->zero_grad();
    loss.backward();
    tables_->step(), rest_->step();
    memory_.push(bridge::rows<float>(d), truth);
    return loss.item<double>();
  }

  wordnet::task const& task_;
  tower sentences_{nullptr}, documents_{nullptr};
  torch::Tensor log_temperature_;
  std::unique_ptr<torch::optim::Optimizer> tables_, rest_;
  pool::queue<float> memory_{memory_size, dim};
  bridge::torch_threads threads_;
  foil::objective<foil::loss::info_nce> clip_{foil::loss::info_nce{}, {}, {}, {.executor = foil::executor_of(threads_)}};
};

}  // namespace

int main(int count, char** arguments) try {
  foil::require(count <= 3, "torch_trainer: takes at most two arguments, [epochs] [folder], got ", count - 1);
  int const epochs = count > 1 ? wordnet::whole_number<int>(arguments[1], "epochs", 1) : 3;
  wordnet::task const task(wordnet::read_corpus(count > 2 ? arguments[2] : "/usr/share/wordnet"), wordnet::part::reporting);
  std::printf("WordNet: %td synsets; sentences: %zu to train on, %zu held out\n\n", task.documents.rows(), task.train.all.size(),
              task.held.all.size());
  trainer t(task);
  auto const tell = [&](char const* when) {
    auto const [first, ten] = t.recall();
    std::printf("%-15s  temperature %.4f  R@1 %.4f  R@10 %.4f\n", when, t.temperature(), first, ten);
  };
  tell("before training");
  for (int e = 1; e <= epochs; ++e) {
    double const loss = t.epoch(e);  // of this epoch's steps, before each
    std::printf("epoch %d          temperature %.4f  loss %.4f\n", e, t.temperature(), loss);
    std::fflush(stdout);
  }
  tell("after training");
} catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
