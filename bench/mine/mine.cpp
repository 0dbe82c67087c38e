// Mining against its product alone, by the same kernel in the same tiles; filters against none; two threads against one.
#include "foil/mine/mine.hpp"

#include "../contest.hpp"
#include "../limits.hpp"
#include "../peers/peers.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/bias/margin.hpp"
#include "foil/bias/same_id.hpp"
#include "foil/engine/threads.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/target.hpp"
#include "foil/similarity/similarity.hpp"

int main(int argc, char** argv) {
  using namespace foil;
  bench::table t("mine", argc, argv);
  struct goal {
    idx n, dim;
    double ten, hundred, faiss;
  };
  idx const rows = t.full ? 1024 : 256;
  for (goal const& g : {goal{10000, 128, 1.15, 1.3, 1.3}, {100000, 64, 1.08, 1.15, 1.5}, {100000, 128, 1.05, 1.1, 1.3}, {100000, 768, 1.05, 1.1, 1.1}}) {
    std::string const size = "N=1e" + std::to_string(std::to_string(g.n).size() - 1) + " D=" + std::to_string(g.dim);
    auto const q = bench::noise(rows, g.dim, 1), x = bench::noise(g.n, g.dim, 2);
    std::vector<idx> own, ids;
    for (idx i = 0; i < g.n; ++i) ids.push_back(i / 2);
    for (idx i = 0; i < rows; ++i) own.push_back(i);
    std::vector<float> tile(256 * 512), work(std::size_t(simd::product_workspace<float>(256, 512, g.dim)));
    auto const product = [&] {
      for (idx i = 0; i < rows; i += 256)
        for (idx j = 0; j < g.n; j += 512) {
          idx const width = (std::min)(idx(512), g.n - j);
          simd::product_abt(q.data() + i * g.dim, g.dim, 256, x.data() + j * g.dim, g.dim, width, g.dim, tile.data(), width, work.data());
        }
    };
    auto const mining = [&](auto const& pool, mine_options options) {
      return [&q, pool, options] { benchmark::DoNotOptimize(mine(q, pool, options, similarity::dot{}).ids.data()); };
    };
    auto const plain = pool::bank(x);
    for (idx k : {10, 100}) {
      t.cell(size + " k=" + std::to_string(k));
      t.add("FMA peak", [&] { bench::fused_products(2.0 * double(rows * g.n * g.dim)); });
      t.add("product alone", product);
      t.add("foil", mining(plain, {.negatives = k}));
      if (k == 10)
        for (auto const& p : peers::search)
          if (g.dim < 768 || p.name == "FAISS IndexFlatIP" || t.full) t.peer(p.name, p.make(q.data(), rows, x.data(), g.n, g.dim, k));
      t.race(t.full || g.dim < 768 ? 11 : 7);
      std::string const name = "mining " + size + " k=" + std::to_string(k);
      t.at_most(name + ", product alone", "foil", "product alone", k == 10 ? g.ten : g.hundred);
      if (k == 10 && g.dim >= 128 && g.n >= 100000) t.at_least("mining's product, FMA peak", "product alone", "FMA peak", 0.85);
      t.at_least(name + ", FAISS", "foil", "FAISS IndexFlatIP", g.faiss);
      t.beats_peers("", "foil", 0);
    }
    if (g.dim != 128) continue;
    t.cell(size + " filters");
    auto const filtered = pool::bank(x, roles::target(own), bias::same_id(id_list(own), id_list(ids)), bias::absolute_margin{0.05}, bias::bounds{-1e3, 1e3});
    idx const depth = 101;  // the same window for both: the margin asks for a wider one of its own
    t.add("without", mining(plain, {.negatives = 10, .range_max = depth}));
    t.add("foil", mining(filtered, {.negatives = 10, .range_max = depth}));
    t.race();
    t.at_most("mining, all filters on", "foil", "without", 1.05);
    t.cell(size + " threads");
    t.add("one", mining(plain, {.negatives = 10, .on = threads(1)}), bench::clock::wall);
    t.add("two", mining(plain, {.negatives = 10, .on = threads(2)}), bench::clock::wall);
    t.race();
    t.at_least("two threads, mining", "two", "one", g.n >= 100000 ? 1.85 : 0);
  }
}
