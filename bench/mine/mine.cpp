// SPDX-License-Identifier: BSD-3-Clause
// Mining against the float product alone, by its own kernel in the same blocks; the integer kernels against their instructions; filters
// against none, and a margin over the whole corpus, wherever the positives rank; input in double, and rows that whole numbers tell apart
// badly; two threads against one.
#include "foil/mine/mine.hpp"

#include "../contest.hpp"
#include "../limits.hpp"
#include "../peers/peers.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/bias/listed.hpp"
#include "foil/bias/margin.hpp"
#include "foil/engine/threads.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/listed.hpp"
#include "foil/roles/target.hpp"

namespace {

using namespace foil;
using numbers = matrix<float>;

/// The scores by mining's own kernel, every tile written over the last one.
template <class S>
void product_alone(matrix<S> const& q, matrix<S> const& c) {
  constexpr idx rows = simd::threshold_rows<S>, columns = simd::threshold_columns<S>, most = 1024;
  idx const dim = q.cols(), block = simd::threshold_block<S>(dim);
  std::vector<S> a(std::size_t((most + rows) * dim)), b(std::size_t(block * dim)), start(std::size_t(block), S(0));
  alignas(64) S tile[std::size_t(rows * columns)];
  for (idx i0 = 0; i0 < q.rows(); i0 += most) {
    idx const m = (std::min)(most, q.rows() - i0);
    simd::pack_threshold_rows(q.data() + i0 * dim, dim, m, dim, a.data());
    for (idx j0 = 0; j0 < c.rows(); j0 += block) {
      idx const n = (std::min)(block, c.rows() - j0);
      simd::pack_threshold_columns(c.data() + j0 * dim, dim, n, dim, b.data());
      for (idx i = 0; i < m; i += rows)
        for (idx j = 0; j < n; j += columns) {
          simd::detail::threshold_tile<S, xsimd::default_arch, simd::detail::thresholded_product::all>(
              a.data() + i * dim, b.data() + j * dim, dim, start.data() + j, nullptr, tile, columns);
          benchmark::DoNotOptimize(tile[0]);
        }
    }
  }
}

/// Positives and banned columns of every anchor: filters that act, as they would in training.
struct relations {
  std::vector<idx> positive_ends{0}, positives, ban_ends{0}, bans;
  relations(idx rows, idx n) {
    random_stream r(13, purpose::user);
    for (idx i = 0; i < rows; ++i) {
      for (idx p : {i % n, (i * 7 + 3) % n}) positives.push_back(p);
      for (int b = 0; b < 16; ++b) bans.push_back(r.below(n));
      positive_ends.push_back(idx(positives.size())), ban_ends.push_back(idx(bans.size()));
    }
  }
};

/// Ratios to the product alone at k = 10 and 100, and of FAISS to foil; 0: none.
struct goal {
  idx n, dim;
  double ten, hundred, faiss;
};

/// The search of the integer pass where no pair reaches a threshold. In tile registers it is compared with vpdpbusd, which it leaves behind.
template <int Bits>
void integer_kernel_alone(bench::table& t, idx dim) {
  if constexpr (simd::integer_kernel<Bits>::exists) {
    idx const rows = 1024, columns = (std::max)(idx(64), (idx(96) << 10) / dim / 32 * 32);
    numbers q = bench::noise(rows, dim, 1), x = bench::noise(columns, dim, 2);
    mining::integer_panel<Bits> panel;
    std::vector<float> const start(std::size_t(columns), 0.0f), threshold(std::size_t(rows + simd::integer_rows_beyond), 1e30f);
    std::vector<simd::integer_hit> hits(std::size_t(simd::integer_max_hits<Bits>(columns)));
    panel.pack_rows(q.data(), rows, dim), panel.pack_columns(x.data(), dim, columns, dim, start.data());
    std::string const bits = std::to_string(Bits) + " bits";
    t.cell(bits + (simd::integer_in_tiles<Bits>() ? " in tiles D=" : " D=") + std::to_string(dim));
    t.add("instruction", [&] { bench::integer_products<Bits>(double(rows * columns * dim)); });
    t.add("kernel", [&] {
      simd::integer_hits<Bits, false>(
          panel.rows, 0, rows, panel.columns, threshold.data(), hits.data(), [](idx) {}, [](simd::integer_hit const*, idx) {},
          [] { return true; });
    });
    t.race();
    t.at_least("integer kernel " + bits + ", its instruction", "kernel", "instruction", 0.7);
  }
}

void contests(bench::table& t, goal const& g, idx rows) {
  std::string const size = "N=1e" + std::to_string(std::to_string(g.n).size() - 1) + " D=" + std::to_string(g.dim);
  numbers q = bench::noise(rows, g.dim, 1), x = bench::noise(g.n, g.dim, 2);
  q.rowwise().normalize(), x.rowwise().normalize();  // so that inner products, all that peers have, are cosines
  auto const mining = [&](auto const& pool, mine_options options) {
    return [&q, pool, options] { benchmark::DoNotOptimize(mine(q, pool, options).ids.data()); };
  };
  auto const plain = pool::bank(x);
  int const rounds = t.full || g.dim < 768 ? 11 : 7;
  for (idx k : {10, 100}) {
    t.cell(size + " k=" + std::to_string(k));
    t.add("FMA peak", [&] { bench::fused_products(2.0 * double(rows * g.n * g.dim)); });
    t.add("product alone", [&] { product_alone(q, x); });
    t.add("foil", mining(plain, {.negatives = k}));
    if (k == 10)
      for (auto const& p : peers::search)
        if (g.dim < 768 || p.name == "FAISS IndexFlatIP" || t.full) t.peer(p.name, p.make(q.data(), rows, x.data(), g.n, g.dim, k));
    t.race(rounds);
    std::string const row = "mining " + std::string(g.n < 100000 ? "N=1e4" : g.dim < 128 ? "D=64" : "D>=128") + " k=" + std::to_string(k);
    t.at_most(row + ", product alone", "foil", "product alone", k == 10 ? g.ten : g.hundred);
    if (k == 100) continue;
    bool const checked = g.dim >= 128 && g.n >= 100000;
    t.at_least(checked ? "mining's product, FMA peak" : "", "product alone", "FMA peak", checked ? 0.85 : 0);
    t.at_least(g.faiss > 0 ? "mining D=" + std::to_string(g.dim) + ", FAISS" : "", "foil", "FAISS IndexFlatIP", g.faiss);
    t.beats_peers("", "foil", 0);
  }
  if (g.dim != 128 || g.n < 100000) return;

  relations const of(rows, g.n);
  auto const filtered = pool::bank(x, roles::listed(of.positive_ends, of.positives), bias::listed(of.ban_ends, of.bans),
                                   bias::absolute_margin{-0.9}, bias::bounds{-0.9, 0.95});
  t.cell(size + " filters");  // two positives widen the window of the filtered call to 102 as well
  t.add("without", mining(plain, {.negatives = 10, .range_max = 102}));
  t.add("foil", mining(filtered, {.negatives = 10, .range_max = 100}));
  t.race();
  t.at_most("mining with all filters, without", "foil", "without", 1.05);

  t.cell(size + " threads");
  for (int n : {1, 2}) t.add(n == 1 ? "one" : "two", mining(plain, {.negatives = 10, .executor = threads(n)}), bench::clock::wall);
  t.race();
  t.at_least("two threads, mining", "two", "one", 1.85);
}

/// Input in double against its own product, which its float pass could not undercut.
void in_double(bench::table& t, idx rows, double goal) {
  idx const n = 100000, dim = 128;
  matrix<double> const q = bench::noise(rows, dim, 1).cast<double>(), x = bench::noise(n, dim, 2).cast<double>();
  t.cell("N=1e5 D=128 k=10, double");
  t.add("product in double alone", [&] { product_alone(q, x); });
  t.add("foil", [&] { benchmark::DoNotOptimize(mine(q, pool::bank(x), {.negatives = 10}).ids.data()); });
  t.race(7);
  t.at_most("mining in double, product in double alone", "foil", "product in double alone", goal);
}

/// Rows that whole numbers tell apart badly: at most 1.05 of a float pass that takes up to 1.05 of its product. Where floats do no better,
/// canonical scores decide every pair, for which there is no target.
void adversarial(bench::table& t, idx rows) {
  idx const n = 100000, dim = 128;
  auto const race = [&](char const* name, double goal, auto const& change) {
    numbers q = bench::noise(rows, dim, 1), x = bench::noise(n, dim, 2);
    change(q), change(x);
    t.cell(std::string("N=1e5 D=128 k=10, ") + name);
    t.add("product alone", [&] { product_alone(q, x); });
    t.add("foil", [&] { benchmark::DoNotOptimize(mine(q, pool::bank(x), {.negatives = 10}).ids.data()); });
    t.race(7);
    t.at_most(goal > 0 ? "mining adversarial rows, product alone" : "", "foil", "product alone", goal);
  };
  race("equal rows", 0, [](numbers& m) { m = m.row(0).replicate(m.rows(), 1).eval(); });
  race("two clusters", 0, [](numbers& m) {
    for (idx i = 2; i < m.rows(); ++i) m.row(i) = m.row(i % 2) + 1e-4f * m.row(i);
  });
  race("one huge number a row", 1.1, [](numbers& m) {
    for (idx i = 0; i < m.rows(); ++i) m(i, i * 7 % m.cols()) *= 1000;
  });
}

/// One positive per row that ranks at about `part` of the corpus; as seen in a sample of it.
std::vector<idx> ranked_at(double part, numbers const& q, numbers const& x) {
  std::vector<idx> ids;
  constexpr idx sample = 2000;
  for (idx i = 0; i < q.rows(); ++i) {
    std::vector<std::pair<float, idx>> some;
    for (idx k = 0; k < sample; ++k) some.push_back({-q.row(i).dot(x.row(k * 7919 % x.rows())), k * 7919 % x.rows()});
    auto const at = some.begin() + idx(part * double(sample));
    std::nth_element(some.begin(), at, some.end());
    ids.push_back(at->second);
  }
  return ids;
}

/// relative_margin over the whole corpus against mining without it.
void margins(bench::table& t, idx rows) {
  for (idx dim : {64, 384}) {
    idx const n = dim == 64 ? 100000 : 20000;
    numbers q = bench::noise(rows, dim, 1), x = bench::noise(n, dim, 2);
    q.rowwise().normalize(), x.rowwise().normalize();
    for (double part : {0.0, 0.01, 0.5, 0.95}) {
      auto const own = ranked_at(part, q, x);
      mine_options const options{.negatives = 10, .range_max = whole_corpus};
      char name[60];
      std::snprintf(name, sizeof name, "margin D=%d, positives at %g", int(dim), part);
      t.cell(name);
      t.add("without", [&] { benchmark::DoNotOptimize(mine(q, pool::bank(x, roles::target(own)), options).ids.data()); });
      t.add("foil",
            [&] { benchmark::DoNotOptimize(mine(q, pool::bank(x, roles::target(own), bias::relative_margin{0.05}), options).ids.data()); });
      t.race(7);
      t.at_most("mining with a margin over all, without", "foil", "without", 1.1);
    }
  }
}

}  // namespace

int main(int, char** argv) {
  bench::table t("mine", argv);
  idx const rows = 1024;
  for (idx dim : {128, 768}) integer_kernel_alone<8>(t, dim), integer_kernel_alone<16>(t, dim);
  // Full bytes on both sides: vpdpbusd or sdot. vpmaddubsw has less of an advantage, and the targets of 16 bits.
  bool const eight = simd::integer_kernel<8>::exists && simd::integer_kernel<8>::row_limit == 127,
             sixteen = simd::integer_kernel<16>::exists;
  std::vector<goal> const goals =
      eight ? std::vector<goal>{{10000, 128, 0.65, 0.95, 0},
                                {100000, 64, 0.5, 0.65, 1.5},
                                {100000, 128, 0.4, 0.5, 2.8},
                                {100000, 768, 0.4, 0.5, 2.8}}
      : sixteen
          ? std::vector<goal>{{10000, 128, 0.9, 1.25, 0},
                              {100000, 64, 0.8, 0.95, 1.5},
                              {100000, 128, 0.7, 0.8, 1.5},
                              {100000, 768, 0.7, 0.8, 1.5}}
          : std::vector<goal>{
                {10000, 128, 1.15, 1.3, 0}, {100000, 64, 1.08, 1.15, 1.5}, {100000, 128, 1.05, 1.1, 1.3}, {100000, 768, 1.05, 1.1, 1.1}};
  for (goal const& g : goals) contests(t, g, rows);
  in_double(t, rows, eight ? 0.3 : sixteen ? 0.5 : 1.1);
  adversarial(t, rows);
  margins(t, rows);
}
