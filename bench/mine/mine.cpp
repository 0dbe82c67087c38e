<<<<<<< HEAD
// Mining against its limit: the product of anchors and candidates by the same kernel, and that product against FMA on
// registers alone. Thread CPU time, contenders shuffled every round, medians and spread.
//   bench_mine_mine [rounds] [anchors] [candidates dim]...   (default: the grid of the targets)
#include "foil/mine/mine.hpp"

#include <time.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "foil/bias/bounds.hpp"
#include "foil/bias/listed.hpp"
#include "foil/bias/margin.hpp"
#include "foil/engine/threads.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/listed.hpp"

namespace {

using namespace foil;

double seconds(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// Flops a second of fused products that touch no memory.
[[gnu::noinline]] double registers_only() {
  using batch = simd::lanes<float, xsimd::default_arch>;
  constexpr int chains = 12;
  constexpr idx rounds = 1'000'000;
  batch sum[chains], const_a(1.0000001f), const_b(1e-9f);
  for (int i = 0; i < chains; ++i) sum[i] = batch(float(i));
  double const start = seconds(CLOCK_THREAD_CPUTIME_ID);
#pragma GCC unroll 8
  for (idx r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) sum[i] = simd::fma<float, xsimd::default_arch>(sum[i], const_a, const_b);
  }
  double const time = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  for (int i = 1; i < chains; ++i) sum[0] += sum[i];
  [[maybe_unused]] float volatile const keep = simd::max_of<float, xsimd::default_arch>(sum[0]);
  return 2.0 * chains * double(batch::size) * double(rounds) / time;
}

matrix<float> noise(idx rows, idx dim, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  matrix<float> x(rows, dim);
  for (idx i = 0; i < x.size(); ++i) {  // about normal: four uniform numbers
    double sum = -2;
    for (int u = 0; u < 4; ++u) sum += r.uniform();
    x.data()[i] = float(sum);
  }
  return x;
}

/// The scores by mining's own kernel, every tile written over the last one.
float product_alone(matrix<float> const& q, matrix<float> const& c) {
  constexpr idx rows = simd::sieve_rows<float>, columns = simd::sieve_columns<float>;
  idx const dim = q.cols(), block = simd::sieve_block<float>(dim), most = 1024;
  std::vector<float> a(std::size_t((most + rows) * dim)), b(std::size_t(block * dim)), start(std::size_t(block), 0.0f);
  alignas(64) float tile[std::size_t(rows * columns)];
  float sum = 0;
  for (idx i0 = 0; i0 < q.rows(); i0 += most) {
    idx const m = (std::min)(most, q.rows() - i0);
    simd::pack_sieve_rows(q.data() + i0 * dim, dim, m, dim, a.data());
    for (idx j0 = 0; j0 < c.rows(); j0 += block) {
      idx const n = (std::min)(block, c.rows() - j0);
      simd::pack_sieve_columns(c.data() + j0 * dim, dim, n, dim, b.data());
      for (idx i = 0; i < m; i += rows)
        for (idx j = 0; j < n; j += columns) {
          simd::detail::sieve_tile<float, xsimd::default_arch, simd::detail::sieve::all>(
              a.data() + i * dim, b.data() + j * dim, dim, start.data() + j, nullptr, tile, columns);
          sum += tile[0];
        }
    }
  }
  return sum;
}

struct contender {
  char const* name;
  double target;  ///< of the time of the contender `against`
  int against;
  std::vector<double> times{};
};

double quantile(std::vector<double> x, double p) {
  std::sort(x.begin(), x.end());
  return x[std::size_t(p * double(x.size() - 1) + 0.5)];
}

void measure(idx rows, idx n, idx dim, int rounds) {
  matrix<float> const q = noise(rows, dim, 11), c = noise(n, dim, 12);
  // Every anchor has two positives, both a good deal better than chance, and sixteen banned columns.
  std::vector<idx> positive_ends{0}, positives, ban_ends{0}, bans;
  random_stream r(13, purpose::user);
  for (idx i = 0; i < rows; ++i) {
    positives.push_back(i % n), positives.push_back((i * 7 + 3) % n);
    positive_ends.push_back(idx(positives.size()));
    for (int b = 0; b < 16; ++b) bans.push_back(r.below(n));
    ban_ends.push_back(idx(bans.size()));
  }
  auto const plain = pool::bank(c);
  auto const filtered = pool::bank(c, roles::listed(positive_ends, positives), bias::listed(ban_ends, bans),
                                   bias::absolute_margin{-0.9}, bias::bounds{-0.9, 0.95});
  bool const large = n >= 100'000;
  double const ten = !large ? 1.15 : dim < 128 ? 1.08 : 1.05, hundred = !large ? 1.3 : dim < 128 ? 1.15 : 1.10;
  std::vector<contender> all{{"product", 0, 0},    {"k=10", ten, 0},         {"k=100", hundred, 0}, {"window 102", 0, 0},
                             {"filters", 1.05, 3}, {"k=10, 2 threads", 0, 1}};
  double checksum = 0, peak = 0;
  std::vector<double> peaks, two;
  auto const run = [&](std::size_t what) {
    mine_options o{.negatives = 10};
    if (what == 0) checksum += double(product_alone(q, c));
    if (what == 1) checksum += double(mine(q, plain, o).ids[0]);
    o.negatives = what == 2 ? 100 : 10;
    if (what == 2) checksum += double(mine(q, plain, o).ids[0]);
    o.range_max = 100;
    if (what == 3) o.range_max = 102, checksum += double(mine(q, plain, o).ids[0]);
    if (what == 4) checksum += double(mine(q, filtered, o).ids[0]);  // two positives make its window 102 as well
  };
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::size_t> order{0, 1, 2, 3, 4};
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[std::size_t(r.below(idx(i)))]);
    for (std::size_t what : order) {
      double const start = seconds(CLOCK_THREAD_CPUTIME_ID);
      run(what);
      if (round > 0) all[what].times.push_back(seconds(CLOCK_THREAD_CPUTIME_ID) - start);  // the first one warms up
    }
    peaks.push_back(registers_only());
  }
  peak = quantile(peaks, 0.5);
  double const flops = 2.0 * double(rows) * double(n) * double(dim);
  for (std::size_t w = 0; w < 5; ++w) {
    double const t = quantile(all[w].times, 0.5), base = quantile(all[std::size_t(all[w].against)].times, 0.5);
    std::printf("N=%-8ld D=%-5ld %-12s %9.2f ms  %6.1f GF  spread %4.2f", long(n), long(dim), all[w].name, 1e3 * t, flops / t / 1e9,
                quantile(all[w].times, 0.9) / quantile(all[w].times, 0.1));
    if (w == 0)
      std::printf("  %.3f of the peak of %.1f GF, target 0.85: %s\n", flops / t / peak, peak / 1e9, flops / t > 0.85 * peak ? "held" : "MISSED");
    else if (all[w].target > 0)
      std::printf("  %.3f of %s, target %.2f: %s\n", t / base, all[std::size_t(all[w].against)].name, all[w].target,
                  t <= all[w].target * base ? "held" : "MISSED");
    else
      std::printf("  %.3f of product\n", t / base);
  }
  if (checksum < -1e30) std::printf("%f\n", checksum);
}

}  // namespace

int main(int argc, char** argv) {
  auto const number = [&](int i, idx otherwise) { return i < argc ? idx(std::atoll(argv[i])) : otherwise; };
  int const rounds = int(number(1, 11)) + 1;
  idx const rows = number(2, 1024);
  if (argc > 4) {
    for (int i = 3; i + 1 < argc; i += 2) measure(rows, number(i, 0), number(i + 1, 0), rounds);
    return 0;
  }
  for (idx n : {10'000, 100'000})
    for (idx dim : {64, 128, 384, 768}) measure(rows, n, dim, rounds);
=======
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
>>>>>>> 4d6c86e (Race contenders in one harness beside limits and peers, and print every target's verdict)
}
