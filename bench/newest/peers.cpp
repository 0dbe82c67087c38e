// SPDX-License-Identifier: BSD-3-Clause
// The same work by the newest FAISS, torch and numpy of a Python, which FOIL_PEERS_PYTHON names: exact mining, k-means, in-batch InfoNCE and
// its symmetric form with gradients, top-k, and statistics of logits. foil and every peer take turns, call by call, on one thread, each in
// its own process on the same numbers; compared are the CPU seconds of a call. What they compute is compared, too.
#include <csignal>
#include <filesystem>
#include <sstream>

#include "../contest.hpp"
#include "foil/cluster/k_means.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/simd/top_k.hpp"
#include "foil/similarity.hpp"
#include "foil/stat/vocabulary.hpp"
#include "worker.hpp"

namespace {

using namespace foil;
using numbers = matrix<float>;
using sums = std::vector<double>;  ///< what a call computed, in a few numbers

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

class contest {
 public:
  contest(bench::table& t, bench::worker& python) : table_(t), python_(python) {
    std::istringstream told(python.ask("packages"));
    for (std::string name, version; told >> name >> version;) {
      if (version == "-") std::printf("The Python of FOIL_PEERS_PYTHON has no %s: its rows are left out.\n", name.c_str());
      full_names_[name] = name + " " + version;
    }
  }

  double tolerance = 1e-4;  ///< relative, of what peers compute

  /// Hands a matrix over, by a file that is gone afterwards.
  void load(std::string const& name, numbers const& x) {
    auto const path = std::filesystem::temp_directory_path() / ("foil_bench_" + std::to_string(getpid()) + ".f32");
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<char const*>(x.data()), std::streamsize(sizeof(float)) * x.size());
    python_.ask("load " + name + " " + std::to_string(x.rows()) + " " + std::to_string(x.cols()) + " " + path.string());
    std::filesystem::remove(path);
  }

  /// Races foil's call against the task of every package. goal(package): what is to be reached at least, 0 for none.
  template <class Call, class Goal>
  void race(std::string const& task, idx k, std::string const& cell, std::string const& row, int rounds, Call const& call,
            Goal const& goal) {
    table_.cell(cell);
    std::vector<std::string> names;
    std::istringstream told(python_.ask("task " + task + " " + std::to_string(k)));
    for (std::string name; told >> name;) names.push_back(name);
    std::vector<std::vector<double>> ratios(names.size());
    std::vector<double> own;
    int repeats = 1;                                 // of a call in its turn, for short ones: the first is slow after the others' turns
    for (int round = -1; round < rounds; ++round) {  // the first to warm up, and to compare what is computed
      sums expected;
      double const start = cpu_seconds();
      for (int i = 0; i < repeats; ++i) expected = call();
      double const seconds = (cpu_seconds() - start) / repeats;
      if (round >= 0) own.push_back(seconds);
      for (std::size_t i = 0; i < names.size(); ++i) {
        std::istringstream answer(python_.ask("run " + std::to_string(i) + " " + std::to_string(repeats)));
        double theirs = 0;
        answer >> theirs;
        for (double const e : expected) {
          double x = 0;
          require(bool(answer >> x) && std::abs(x - e) <= tolerance * std::abs(e) + 1e-6, "contest: ", cell, ": ", names[i], " computed ",
                  x, ", foil ", e);
        }
        if (round >= 0) ratios[i].push_back(theirs / seconds);
      }
      if (round < 0) repeats = std::clamp(int(0.005 / seconds), 1, 100);
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      bench::timing const r(ratios[i]);
      double const target = goal(names[i]);
      table_.note(target > 0 ? row + ", " + names[i] + " of Python" : "", "foil", full_names_[names[i]], ">=", target, r.median, r.low,
                  r.high, bench::timing(own).median);
    }
  }

 private:
  bench::table& table_;
  bench::worker& python_;
  std::map<std::string, std::string> full_names_;
};

std::string power(idx n) { return "1e" + std::to_string(std::to_string(n).size() - 1); }

void search(contest& c, bool full) {
  for (idx dim : {128, 384, 768}) {
    idx const rows = 1024, n = 100000;
    numbers q = bench::noise(rows, dim, 1), x = bench::noise(n, dim, 2);
    q.rowwise().normalize(), x.rowwise().normalize();
    c.load("q", q), c.load("x", x);
    auto const documents = pool::bank(x);
    for (idx k : {10, 100})
      c.race(
          "mine", k, "N=" + power(n) + " D=" + std::to_string(dim) + " k=" + std::to_string(k), "mining k=" + std::to_string(k),
          full ? 11 : 5,
          [&] {
            auto const r = mine(q, documents, {.negatives = k});
            return sums{numbers::Map(r.scores.data(), r.rows, r.per_row).cast<double>().sum()};
          },
          [](std::string const& package) { return package == "faiss" ? 1.5 : 2.0; });
  }
}

/// Spherical k-means over all rows at once, ten passes: other first centres, so objectives agree to a hundredth.
void clusters(contest& c, bool full) {
  for (auto const& [n, dim] : {std::pair<idx, idx>{100000, 64}, {100000, 384}}) {
    if (dim > 64 && !full) continue;
    idx const k = 1000;
    numbers x = bench::noise(n, dim, 1);
    x.rowwise().normalize();
    c.load("x", x);
    c.tolerance = 1e-2;
    c.race(
        "k_means", k, "k-means N=" + power(n) + " D=" + std::to_string(dim) + " k=" + std::to_string(k), "k-means", full ? 5 : 3,
        [&, rows = n] { return sums{mining::k_means(x, {.clusters = k, .batch = rows, .passes = 10}).objective}; },
        [](std::string const&) { return 2.0; });
    c.tolerance = 1e-4;
  }
}

void contrast(contest& c, bool full) {
  objective const info_nce{loss::info_nce{.temperature = 0.05}, similarity::cosine{}};
  outcome<float> r;
  for (auto const& [rows, dim] : {std::pair<idx, idx>{1024, 128}, {1024, 768}, {4096, 128}, {4096, 768}}) {
    numbers const q = bench::noise(rows, dim, 1), k = bench::noise(rows, dim, 2);
    c.load("q", q), c.load("k", k);
    auto const done = [&] { return sums{double(r.value), double(r.anchors.norm()), double(r.pools[0].norm())}; };
    std::string const size = "B=" + std::to_string(rows) + " D=" + std::to_string(dim), wide = " D=" + std::to_string(dim);
    int const rounds = full ? 11 : rows < 4096 ? 9 : 5;
    c.race(
        "info_nce", 0, size + " InfoNCE", "InfoNCE" + wide, rounds,
        [&] { return info_nce.value_and_grad_into(r, q, pool::in_batch(k)), done(); },
        [&, d = dim](std::string const& package) { return package == "numpy" ? 1.0
                                                          : d == 128         ? 2.5
                                                                             : 1.2; });
    c.race(
        "clip", 0, size + " symmetric", "symmetric" + wide, rounds,
        [&] { return info_nce.symmetric_into(r, q, pool::in_batch(k)), done(); },
        [&, d = dim](std::string const& package) { return package == "numpy" ? 1.0
                                                          : d == 128         ? 3.0
                                                                             : 1.3; });
  }
}

void selection(contest& c, bool full) {
  for (idx n : {100000, 1000000}) {
    numbers const x = bench::noise(1, n, 1);
    c.load("x", x);
    for (idx k : {10, 100, 1000}) {
      std::vector<float> values(static_cast<std::size_t>(k));
      std::vector<std::int32_t> ids(static_cast<std::size_t>(k));
      std::vector<std::byte> work(std::size_t(simd::top_k_workspace<float>(n, k)));
      c.race(
          "top_k", k, "n=" + power(n) + " k=" + std::to_string(k), "top-k n=" + power(n), full ? 41 : 21,
          [&] {
            simd::top_k(x.data(), n, {.k = k, .sorted = false}, values.data(), ids.data(), work.data());
            sums s{0, 0};
            for (idx i = 0; i < k; ++i) s[0] += double(values[std::size_t(i)]), s[1] += double(ids[std::size_t(i)]);
            return s;
          },
          [](std::string const&) { return 1.5; });
    }
  }
}

void logits(contest& c, bool full) {
  for (auto const& [rows, width] : {std::pair<idx, idx>{32, 32768}, {256, 131072}}) {
    numbers const z = bench::noise(rows, width, 1);
    c.load("z", z);
    bool const in_cache = rows * width < 1 << 22;
    c.race(
        "vocabulary", 0, "T=" + std::to_string(rows) + " V=" + std::to_string(width),
        std::string("logits ") + (in_cache ? "in" : "out of") + " cache", full ? 21 : 9,
        [&] {
          sums s{0, 0};
          for (idx i = 0; i < z.rows(); ++i) {
            stat::vocabulary v;
            v.add(z.row(i).data(), z.cols());
            s[0] += v.entropy(), s[1] += v.self_certainty(stat::support::full);
          }
          return s;
        },
        [&](std::string const&) { return in_cache ? 3.0 : 5.0; });
  }
}

}  // namespace

/// peers [part]...   the parts: mining, clusters, losses, top_k, logits; all of them where none is named
int main(int count, char** arguments) try {
  char const* const python = std::getenv("FOIL_PEERS_PYTHON");
  if (python == nullptr || *python == '\0') {
    std::puts("Not raced: FOIL_PEERS_PYTHON=/path/to/python names no Python that has faiss-cpu, torch or numpy.");
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  bench::table t("newest", arguments);
  bench::worker worker(python, BENCH_PEERS "/newest.py");
  contest c(t, worker);
  auto const asked = [&](std::string const& part) {
    return count < 2 || std::find(arguments + 1, arguments + count, part) != arguments + count;
  };
  if (asked("mining")) search(c, t.full);
  if (asked("clusters")) clusters(c, t.full);
  if (asked("losses")) contrast(c, t.full);
  if (asked("top_k")) selection(c, t.full);
  if (asked("logits")) logits(c, t.full);
} catch (std::exception const& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
