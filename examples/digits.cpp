// SPDX-License-Identifier: BSD-3-Clause
// Supervised contrast on handwritten digits: what a loss, and what a miner before it, does to nearest neighbours.
//
// A small encoder is trained on 600 labelled images and judged on the 1,197 others, by the labels of the five nearest
// training images. Three splits, the same for every method; means, and the lowest and highest of the three. Every method
// has the same encoder, batches, rate and number of epochs; none was tuned on its own. Nearest neighbours on
// the 64 raw pixels stay ahead (97.4 % against 96.1 to 96.9 %) of these embeddings of 16 numbers.
//
//   digits [digits.csv] [where to write the picture]
#include <chrono>
#include <exception>
#include <foil/engine/objective.hpp>
#include <foil/foil.hpp>
#include <foil/loss/multi_similarity.hpp>
#include <foil/loss/sup_con.hpp>
#include <foil/loss/triplet.hpp>
#include <foil/pool/self.hpp>
#include <foil/roles/by_label.hpp>
#include <functional>

#include "digits/neighbours.hpp"
#include "digits/network.hpp"
#include "digits/picture.hpp"

namespace {

using namespace digits;
namespace mining = foil::mining;
namespace pool = foil::pool;

constexpr idx train_size = 600, batch_size = 100, hidden = 64, dim = 16;
constexpr std::uint32_t epochs = 40, splits = 3;
constexpr float rate = 0.003f;

using on_sphere = foil::similarity::normalized<foil::similarity::neg_l2>;
foil::objective const contrast{foil::loss::sup_con{.temperature = 0.1}, foil::similarity::cosine{}};
foil::objective const multi{foil::loss::multi_similarity{}, foil::similarity::cosine{}};
foil::objective const triplets{foil::loss::triplet{.margin = 0.2}, on_sphere{}};

/// d value / d embeddings of one batch. `number` counts batches: the seed of what is random.
using slope = std::function<matrix(matrix const& z, std::vector<idx> const& labels, std::uint64_t number)>;
struct method {
  char const* name;
  slope gradient;
};

/// A miner of triplets before the triplet loss.
template <class Miner>
slope mined(Miner miner) {
  return [miner](matrix const& z, std::vector<idx> const& labels, std::uint64_t number) -> matrix {
    return mining::on_triplets(triplets, z, miner(z, labels, number)).anchors;
  };
}

std::vector<method> const methods{
    {"sup_con", [](auto const& z, auto const& labels,
                   auto) { return contrast.value_and_grad(z, pool::self(z, foil::roles::by_label(labels))).anchors; }},
    {"multi_similarity, all pairs",
     [](auto const& z, auto const& labels, auto) { return multi.value_and_grad(z, pool::self(z, foil::roles::by_label(labels))).anchors; }},
    {"multi_similarity, mined pairs",
     [](auto const& z, auto const& labels, auto) {
       auto const found = mining::multi_similarity_miner(mining::batch(z, labels, foil::similarity::cosine{}));
       auto const masks = mining::pair_masks(found, z.rows(), z.rows());
       return multi.value_and_grad(z, pool::self(z, masks.relation())).anchors;
     }},
    {"triplet, all", [](auto const& z, auto const& labels,
                        auto) { return triplets.value_and_grad(z, pool::self(z, foil::roles::by_label(labels))).anchors; }},
    {"triplet, batch_hard", mined([](auto const& z, auto const& labels, auto) { return mining::batch_hard(mining::batch(z, labels)); })},
    {"triplet, batch_easy_hard",
     mined([](auto const& z, auto const& labels, auto) { return mining::batch_easy_hard(mining::batch(z, labels)); })},
    {"triplet, semi-hard", mined([](auto const& z, auto const& labels, auto) {
       return mining::triplet_margin_miner(mining::batch(z, labels), {.kind = mining::triplet_kind::semihard});
     })},
    {"triplet, distance_weighted", mined([](auto const& z, auto const& labels, auto number) {
       return mining::distance_weighted_miner(mining::batch(z, labels), {.seed = number});
     })},
    {"triplet, angular",
     mined([](auto const& z, auto const& labels, auto) { return mining::angular_miner(z, labels, {.normalize = true}).triplets; })},
};

struct split {
  data train, held;
  split(data const& all, std::uint64_t seed) {
    auto const order = shuffled(idx(all.labels.size()), seed, 0);
    train = all.pick(std::span(order).first(std::size_t(train_size)));
    held = all.pick(std::span(order).subspan(std::size_t(train_size)));
  }
  double judge(network const& n) const {
    return accuracy(n.forward(train.pixels), train.labels, n.forward(held.pixels), held.labels, foil::similarity::cosine{});
  }
};

void train(network& n, split const& s, slope const& gradient, std::uint64_t seed) {
  std::uint64_t number = 0;
  for (std::uint32_t e = 1; e <= epochs; ++e) {
    auto const order = shuffled(train_size, seed, e);
    for (idx at = 0; at < train_size; at += batch_size) {
      data const batch = s.train.pick(std::span(order).subspan(std::size_t(at), std::size_t(batch_size)));
      n.step(batch.pixels, rate, [&](matrix const& z) { return gradient(z, batch.labels, seed << 32 | ++number); });
    }
  }
}

void report(char const* name, std::vector<double> const& x, double seconds) {
  double sum = 0;
  for (double v : x) sum += v;
  std::printf("%-32s %7.2f %%   %6.2f .. %.2f %9.1f\n", name, 100 * sum / double(x.size()), 100 * *std::min_element(x.begin(), x.end()),
              100 * *std::max_element(x.begin(), x.end()), seconds);
}

void run(std::string const& path, std::string const& picture) {
  data const all = read(path);
  if (idx(all.labels.size()) <= train_size + batch_size) throw std::runtime_error(path + " holds too few images");
  std::printf("%td handwritten digits of 8 x 8 pixels: %td to train on, %td held out, %u splits\n\n", idx(all.labels.size()), train_size,
              idx(all.labels.size()) - train_size, splits);
  std::vector<split> parts;
  for (std::uint32_t k = 0; k < splits; ++k) parts.emplace_back(all, 1 + k);
  std::printf("%-32s %9s   %-16s %7s\n", "5 nearest neighbours", "mean", "lowest, highest", "seconds");

  using clock = std::chrono::steady_clock;
  auto const each = [&](char const* name, auto const& figure) {
    auto const start = clock::now();
    std::vector<double> x;
    for (std::uint32_t k = 0; k < splits; ++k) x.push_back(figure(parts[k], 1 + k));
    report(name, x, std::chrono::duration<double>(clock::now() - start).count());
  };
  each("raw pixels", [](split const& s, std::uint32_t) {
    return accuracy(s.train.pixels, s.train.labels, s.held.pixels, s.held.labels, foil::similarity::neg_sq_l2{});
  });
  each("before training", [](split const& s, std::uint32_t seed) { return s.judge(network(hidden, dim, seed)); });
  std::vector<panel> panels{{"raw pixels, held-out images", principal(parts[0].held.pixels), parts[0].held.labels}};
  for (method const& m : methods)
    each(m.name, [&](split const& s, std::uint32_t seed) {
      network n(hidden, dim, seed);
      train(n, s, m.gradient, seed);
      if (&m == &methods.front() && &s == &parts.front()) {
        matrix z = n.forward(s.held.pixels);
        z.rowwise().normalize();
        panels.push_back({"after sup_con, the same images", principal(z), s.held.labels});
      }
      return s.judge(n);
    });
  draw(picture, panels);
  std::printf("\nPrincipal components before and after: %s\n", picture.c_str());
}

}  // namespace

int main(int count, char** arguments) try {
  foil::require(count <= 3, "digits: takes at most two arguments, [data] [picture], got ", count - 1);
  run(count > 1 ? arguments[1] : "digits.csv", count > 2 ? arguments[2] : "digits.svg");
} catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
