// SPDX-License-Identifier: BSD-3-Clause
// Value and gradients of the losses against the matrix products that they cannot do without, by the same kernel;
// against autograd; products in bfloat16 against float; two threads against one; and the memory that a large batch takes beside its inputs and gradients.
#include <sys/wait.h>

#include "../contest.hpp"
#include "../peers/peers.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/threads.hpp"
#include "foil/loss/table.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/self.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/similarity.hpp"

namespace {

using namespace foil;
using numbers = matrix<float>;

/// Scores, gradient of the anchors, gradient of the candidates, by panels of 256 anchors; `twice`: the scores again.
class products {
 public:
  products(numbers const& q, numbers const& k)
      : q_(q),
        k_(k),
        dq_(numbers::Zero(q.rows(), q.cols())),
        dk_(dq_),
        ld_((k.rows() / 16 | 1) * 16 + 32),
        panel_(std::size_t(256 * ld_)),
        work_(std::size_t(simd::product_workspace<float>(256, (std::max)(k.rows(), k.cols()), k.cols()))) {}
  void run(bool twice) {
    idx const n = k_.rows(), d = k_.cols();
    for (idx r = 0; r < q_.rows(); r += 256) {
      idx const m = (std::min)(idx(256), q_.rows() - r);
      float const* const q = q_.data() + r * d;
      for (int i = 0; i < (twice ? 2 : 1); ++i) simd::product_abt(q, d, m, k_.data(), d, n, d, panel_.data(), ld_, work_.data());
      simd::add_product_ab(panel_.data(), ld_, m, k_.data(), d, d, n, dq_.data() + r * d, d, work_.data());
      simd::add_product_atb(panel_.data(), ld_, n, q, d, d, m, dk_.data(), d, work_.data());
    }
  }

 private:
  numbers const &q_, &k_;
  numbers dq_, dk_;
  idx ld_;
  std::vector<float> panel_, work_;
};

/// A line of /proc/self/status, in bytes.
double status(char const* field) {
  double kilobytes = 0;
  std::ifstream lines("/proc/self/status");
  for (std::string word; lines >> word;)
    if (word == field) lines >> kilobytes;
  return 1024 * kilobytes;
}
/// Bytes that a step takes beside two inputs and two gradients of rows x dim, measured in a process of its own.
template <class Step>
double extra_memory(idx rows, idx dim, Step const& step) {
  int ends[2];
  require(pipe(ends) == 0, "extra_memory: no pipe");
  if (pid_t const child = fork(); child != 0) {
    double bytes = 0;
    bool const told = read(ends[0], &bytes, sizeof bytes) == sizeof bytes;
    waitpid(child, nullptr, 0);
    return told ? bytes : 0;
  }
  auto const q = bench::noise(rows, dim, 1), k = bench::noise(rows, dim, 2);
  double const before = status("VmRSS:");
  step(q, k);
  double const bytes = status("VmHWM:") - before - 2.0 * double(sizeof(float)) * double(rows * dim);
  bool const told = write(ends[1], &bytes, sizeof bytes) == sizeof bytes;
  _exit(told ? 0 : 1);
}

auto contrast(execution how = {}) { return objective(loss::info_nce{}, similarity::cosine{}, reduce::mean{}, how); }

void memory(bench::table& t) {
  double const budget = double(execution{}.budget);
  auto const ours = [](numbers const& q, numbers const& k) { contrast({.executor = threads(2)}).value_and_grad(q, pool::in_batch(k)); };
  for (idx rows : {8192, 65536}) {
    double const bytes = extra_memory(rows, 128, ours);
    t.cell("B=" + std::to_string(rows) + " D=128, MB");
    t.note(rows == 65536 ? "extra memory at B=65536 D=128, MB" : "", "foil", "100 MB", "<=", rows == 65536 ? 100 : 0, bytes / 1e6,
           bytes / 1e6, bytes / 1e6);
    t.note("extra memory, budget + 10 MB", "foil", "budget + 10 MB", "<=", 1, bytes / (budget + 10e6), bytes / (budget + 10e6),
           bytes / (budget + 10e6));
    if (rows > 8192) continue;
    for (auto const& p : peers::info_nce) {
      double const theirs =
          extra_memory(2 * rows, 128, [&](numbers const& q, numbers const& k) { p.make(q.data(), k.data(), q.rows(), q.cols(), false)(); });
      double const own = extra_memory(2 * rows, 128, ours);
      t.cell("B=" + std::to_string(2 * rows) + " D=128, memory");
      t.note("extra memory, torch", "foil", p.name, ">=", 30, theirs / own, theirs / own, theirs / own);
    }
  }
}

void contests(bench::table& t, idx rows, idx dim) {
  auto const q = bench::noise(rows, dim, 1), k = bench::noise(rows, dim, 2);
  std::string const size = "B=" + std::to_string(rows) + " D=" + std::to_string(dim);
  int const rounds = t.full || rows * dim < 1 << 20 ? 11 : 7;
  products limit(q, k);
  bool const large = rows >= 4096 || dim >= 768;  // where a target against autograd is set
  t.cell(size);
  t.add("three products", [&] { limit.run(false); });
  outcome<float> r;  // as a training loop keeps it
  t.add("foil", [&] { contrast().value_and_grad_into(r, q, pool::in_batch(k)); });
  for (auto const& p : peers::info_nce) t.peer(p.name, p.make(q.data(), k.data(), rows, dim, false));
  t.race(rounds);
  t.at_most("InfoNCE, three products", "foil", "three products", 1.05);
  t.beats_peers(large ? "InfoNCE D=" + std::to_string(dim) + ", torch" : "", "foil", large ? dim == 128 ? 2.5 : 1.2 : 0);
  t.cell(size + " symmetric");
  t.add("four products", [&] { limit.run(true); });
  t.add("foil", [&] { contrast().symmetric_into(r, q, pool::in_batch(k)); });
  // As with a batch whose scores exceed the budget, which the unit rows do not.
  auto const small = (std::min)(std::size_t(rows * rows) * sizeof(float) - 1, std::size_t(rows * dim) * 4 * sizeof(float));
  t.add("foil, nothing kept", [&, small] { contrast({.budget = small}).symmetric_into(r, q, pool::in_batch(k)); });
  for (auto const& p : peers::info_nce) t.peer(p.name, p.make(q.data(), k.data(), rows, dim, true));
  t.race(rounds);
  t.at_most("symmetric, four products", "foil", "four products", 1.1);
  t.at_most("symmetric, four products", "foil, nothing kept", "four products", 1.1);
  t.beats_peers(large ? "symmetric D=" + std::to_string(dim) + ", torch" : "", "foil", large ? dim == 128 ? 3 : 1.3 : 0);
}

/// Targets are those of a processor with AMX.
void in_bfloat16(bench::table& t, idx rows, idx dim) {
  auto const q = bench::noise(rows, dim, 1), k = bench::noise(rows, dim, 2);
  execution const rounded{.products = precision::bf16};
  outcome<float> r;
  t.cell("B=" + std::to_string(rows) + " D=" + std::to_string(dim) + " bfloat16");
  t.add("float", [&] { contrast().value_and_grad_into(r, q, pool::in_batch(k)); });
  t.add("bfloat16", [&] { contrast(rounded).value_and_grad_into(r, q, pool::in_batch(k)); });
  t.add("float, symmetric", [&] { contrast().symmetric_into(r, q, pool::in_batch(k)); });
  t.add("bfloat16, symmetric", [&] { contrast(rounded).symmetric_into(r, q, pool::in_batch(k)); });
  t.race(rows * dim < 1 << 20 ? 11 : 7);
  std::string const row = "D=" + std::to_string(dim) + " in bfloat16, in float";
  t.at_most("InfoNCE " + row, "bfloat16", "float", dim == 128 ? 0.75 : 0.6);
  t.at_most("symmetric " + row, "bfloat16, symmetric", "float, symmetric", dim == 128 ? 0.75 : 0.6);
}

void every_loss(bench::table& t, idx rows, idx dim) {
  auto const q = bench::noise(rows, dim, 1), k = bench::noise(rows, dim, 2);
  random_stream draw(3, purpose::user);
  std::vector<int> labels;
  for (idx i = 0; i < rows; ++i) labels.push_back(int(draw.below(rows / 4)));
  t.cell("B=" + std::to_string(rows) + " D=" + std::to_string(dim) + " losses");
  outcome<float> r;
  t.add("InfoNCE", [&] { contrast().value_and_grad_into(r, q, pool::in_batch(k)); });
  std::vector<std::string> names;
  auto const add = [&](std::string name, auto run) { names.push_back(name), t.add(name, run); };
#define FOIL_BENCH_LOSS(name, loss) add(#name, [&, f = objective(loss)] { f.value_and_grad_into(r, q, pool::in_batch(k)); });
  FOIL_LOSSES(FOIL_BENCH_LOSS)
#undef FOIL_BENCH_LOSS
  auto const labelled = [&](std::string name, auto f) {
    add(name, [&, f] { f.value_and_grad_into(r, q, pool::self(q, roles::by_label(labels))); });
  };
  labelled("sup_con, labels", objective(loss::sup_con{}));
  labelled("multi_similarity, labels", objective(loss::multi_similarity{}));
  labelled("hardest_triplet, labels", objective(loss::hardest_triplet{}, similarity::neg_l2{}));
  t.race();
  for (std::string const& name : names) t.at_most("other losses, InfoNCE", name, "InfoNCE", 1.15);
}

/// Two threads that one call starts, and two that a pool keeps, against one.
void two_threads(bench::table& t, idx rows, idx dim) {
  auto const q = bench::noise(rows, dim, 1), k = bench::noise(rows, dim, 2);
  thread_pool team(2);
  t.cell("B=" + std::to_string(rows) + " D=" + std::to_string(dim) + " threads");
  outcome<float> r;
  auto const add = [&](char const* name, executor how) {
    t.add(
        name, [&, f = contrast({.executor = std::move(how)})] { f.value_and_grad_into(r, q, pool::in_batch(k)); }, bench::clock::wall);
  };
  add("one", threads(1)), add("two", threads(2)), add("two, kept", executor_of(team));
  t.race();
  double const asked = rows >= 2048 ? 1.85 : rows >= 1024 ? 1.7 : 1.4;
  t.at_least("two threads, InfoNCE", "two", "one", rows >= 1024 ? asked : 1);
  t.at_least("two threads of a pool, InfoNCE", "two, kept", "one", asked);
}

}  // namespace

int main(int, char** argv) {
  bench::table t("value_and_grad", argv);
  memory(t);  // first: children should inherit little
  contests(t, 1024, 128);
  contests(t, 1024, 768);
  contests(t, 4096, 128);
  if (t.full) contests(t, 8192, 128), contests(t, 4096, 768);
  in_bfloat16(t, 1024, 128), in_bfloat16(t, 1024, 768), in_bfloat16(t, 4096, 128), in_bfloat16(t, 4096, 768);
  every_loss(t, 1024, 128);
  for (idx rows : {256, 512, 1024, 2048, 4096}) two_threads(t, rows, 128);
}
