// SPDX-License-Identifier: BSD-3-Clause
// What many cores would make of a call, by what its parts take one after the other on this one: the share that stays on the calling
// thread, how often it waits for all parts, and the speed-up that both allow. What cores do to each other's caches is not in it.
#include <ctime>

#include "../contest.hpp"
#include "foil/batch.hpp"
#include "foil/cluster/k_means.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/similarity/cosine.hpp"
#include "foil/similarity/euclidean.hpp"
#include "foil/similarity/normalized.hpp"

namespace {

using namespace foil;
using numbers = matrix<float>;

/// CPU seconds of this thread.
double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// Runs parts in turn and adds up what they would take on `cores`: each goes to the core that is free first. Work that the parts of a
/// phase take by turns falls to the first one here: what that takes beyond all others is counted as even.
class ledger {
 public:
  explicit ledger(int cores) : cores_(cores) {}
  int workers() const { return cores_; }
  template <class F>
  void run(int n, F const& part) {
    std::vector<double> took(std::size_t(n), 0), busy(std::size_t(cores_), 0);
    for (int i = 0; i < n; ++i) {
      double const from = now();
      part(i);
      in_parts += took[std::size_t(i)] = now() - from;
    }
    double const most = n > 1 ? *std::max_element(took.begin() + 1, took.end()) : took[0], by_turns = (std::max)(0., took[0] - most);
    took[0] -= by_turns;
    for (double const t : took) *std::min_element(busy.begin(), busy.end()) += t;
    waited += *std::max_element(busy.begin(), busy.end()) + by_turns / (std::min)(n, cores_), ++phases;
  }

  double in_parts = 0, waited = 0;  ///< seconds of all parts, and of the longest core in each phase
  int phases = 0;

 private:
  int cores_;
};

/// call(executor) on 8, 32 and 64 cores, against the same call on one.
template <class Call>
void scaling(bench::table& t, std::string const& row, std::string const& cell, Call const& call, double target = 0) {
  t.cell(cell);
  int const rounds = t.full ? 9 : 3;
  for (int const cores : {8, 32, 64}) {
    std::vector<double> gains, alone, whole;
    int phases = 0;
    for (int i = 0; i <= rounds; ++i) {  // the first warms up
      double from = now();
      call(executor{});
      double const one = now() - from;
      ledger seen(cores);
      from = now();
      call(executor_of(seen));
      double const rest = now() - from - seen.in_parts;
      if (i > 0) gains.push_back(one / (rest + seen.waited)), alone.push_back(rest / one), whole.push_back(seen.in_parts / one);
      phases = seen.phases;
    }
    bench::timing const gain(gains), share(alone), parts(whole);
    std::printf("%-30s %2d cores: %d phases, all parts %.2f of one, %.2f %% on the calling thread\n", cell.c_str(), cores, phases,
                parts.median, 100 * share.median);
    t.note(cores == 32 ? row : "", std::to_string(cores) + " cores", "one", ">=", cores == 32 ? target : 0, gain.median, gain.low,
           gain.high);
  }
}

}  // namespace

int main(int, char** argv) {
  bench::table t("cores", argv);
  for (idx const rows : {1024, 8192}) {
    numbers const q = bench::noise(rows, 128, 1), k = bench::noise(rows, 128, 2);
    outcome<float> r;
    auto const with = [](executor e) {
      return objective(loss::info_nce{}, similarity::cosine{}, reduce::mean{}, {.executor = std::move(e)});
    };
    std::string const size = "B=" + std::to_string(rows) + " D=128";
    double const target = rows == 8192 ? 24 : 0;
    scaling(
        t, "32 cores, InfoNCE", size, [&](executor e) { with(std::move(e)).value_and_grad_into(r, q, pool::in_batch(k)); }, target);
    scaling(
        t, "32 cores, symmetric", size + " symmetric", [&](executor e) { with(std::move(e)).symmetric_into(r, q, pool::in_batch(k)); },
        target);
  }
  {
    numbers const q = bench::noise(10000, 128, 1), c = bench::noise(100000, 128, 2);
    for (idx const k : {10, 100})
      scaling(
          t, "32 cores, mining", "1e4 x 1e5 x 128, k=" + std::to_string(k),
          [&](executor e) { benchmark::DoNotOptimize(mine(q, pool::bank(c), {.negatives = k, .executor = std::move(e)}).ids.data()); }, 24);
  }
  {
    numbers const z = bench::noise(4096, 128, 1);
    std::vector<idx> labels;
    for (idx i = 0; i < z.rows(); ++i) labels.push_back(i % (z.rows() / 4));
    auto const batch = [&](executor e) { return mining::batch(z, labels, similarity::normalized<similarity::neg_l2>{}, std::move(e)); };
    scaling(t, "", "batch_hard, B=4096",
            [&](executor e) { benchmark::DoNotOptimize(mining::batch_hard(batch(std::move(e))).anchors.data()); });
    scaling(t, "", "distance_weighted, B=4096",
            [&](executor e) { benchmark::DoNotOptimize(mining::distance_weighted_miner(batch(std::move(e))).anchors.data()); });
  }
  {
    numbers const x = bench::noise(100000, 64, 1);
    scaling(t, "", "k_means, 1e5 x 64, 1000 centres", [&](executor e) {
      benchmark::DoNotOptimize(
          mining::k_means(x, {.clusters = 1000, .batch = x.rows(), .passes = 10}, {.executor = std::move(e)}).objective);
    });
  }
}
