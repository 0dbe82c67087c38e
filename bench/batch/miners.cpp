// SPDX-License-Identifier: BSD-3-Clause
// In-batch miners against the float product of the batch with itself, which none of them can do without; copies and representatives against
// the product that they need.
#include "../contest.hpp"
#include "foil/batch.hpp"
#include "foil/lists/audit.hpp"
#include "foil/simd/product.hpp"
#include "foil/similarity/cosine.hpp"

namespace {

using namespace foil;
using numbers = matrix<float>;

/// Rows around the directions of their classes, four of a class: what a trained model gives.
numbers classes(idx rows, idx dim) {
  numbers const centre = bench::noise(rows / 4, dim, 1);
  numbers z = bench::noise(rows, dim, 2);
  for (idx i = 0; i < rows; ++i) z.row(i) = 0.7f * z.row(i) + centre.row(i % (rows / 4));
  return z;
}

void miners(bench::table& t, idx rows, idx dim) {
  numbers const z = classes(rows, dim);
  std::vector<idx> labels;
  for (idx i = 0; i < rows; ++i) labels.push_back(i % (rows / 4));
  numbers scores(rows, rows);
  std::vector<float> space(std::size_t(simd::product_workspace<float>(rows, rows, dim)));
  auto const miner = [&](auto const& mined, auto similarity) {
    return [&, mined, similarity] {
      auto const found = mined(mining::batch(z, labels, similarity));
      benchmark::DoNotOptimize(&found);
    };
  };
  similarity::normalized<similarity::neg_l2> const sphere;
  t.cell("B=" + std::to_string(rows) + " D=" + std::to_string(dim));
  t.add("product alone", [&] {
    simd::product_abt(z.data(), dim, rows, z.data(), dim, rows, dim, scores.data(), rows, space.data());
    benchmark::DoNotOptimize(scores.data());
  });
  t.add("batch_hard", miner([](auto const& b) { return mining::batch_hard(b); }, sphere));
  t.add("batch_easy_hard", miner([](auto const& b) { return mining::batch_easy_hard(b); }, sphere));
  t.add("multi_similarity", miner([](auto const& b) { return mining::multi_similarity_miner(b); }, similarity::cosine{}));
  t.add("pair_margin", miner([](auto const& b) { return mining::pair_margin_miner(b); }, sphere));
  t.add("semi-hard triplets",
        miner([](auto const& b) { return mining::triplet_margin_miner(b, {.margin = 0.1, .kind = mining::triplet_kind::semihard}); },
              sphere));
  t.add("distance_weighted", miner([](auto const& b) { return mining::distance_weighted_miner(b); }, sphere));
  t.add("angular, above 40 degrees", [&] {
    auto const found = mining::angular_miner(z, labels, {.degrees = 40});
    benchmark::DoNotOptimize(&found);
  });
  t.add("representatives", [&] { benchmark::DoNotOptimize(mining::representatives(z).data()); });
  t.race();
  bool const large = rows >= 4096;
  for (char const* name : {"batch_hard", "batch_easy_hard", "multi_similarity", "pair_margin"})
    t.at_most(large ? std::string(name) + ", product alone" : "", name, "product alone", large ? 1.6 : 0);
  t.at_most(large ? "semi-hard triplets, product alone" : "", "semi-hard triplets", "product alone", large ? 2 : 0);
  t.at_most(large ? "distance_weighted, product alone" : "", "distance_weighted", "product alone", large ? 3 : 0);
  t.at_most("", "angular, above 40 degrees", "product alone", 0);  // in double, and every triplet is looked at
  t.at_most(large ? "representatives, product alone" : "", "representatives", "product alone", large ? 1 : 0);
}

}  // namespace

int main(int, char** argv) {
  bench::table t("miners", argv);
  for (idx rows : {256, 1024, 4096}) miners(t, rows, 128);
}
