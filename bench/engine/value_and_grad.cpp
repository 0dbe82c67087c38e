// Losses against the machine's limit: value and gradient of every loss of the table over the time of the three matrix
// products that it cannot do without, by the same kernel, in the same interleaved rounds. Thread CPU time, medians and
// spread; two threads against one by the wall clock.
//   value_and_grad [B=2048] [D=128] [rounds=11] [part of a name]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <time.h>
#include <vector>

#include "foil/core/random.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/threads.hpp"
#include "foil/loss/table.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/self.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/similarity/similarity.hpp"
#include "foil/stat/vocabulary.hpp"

namespace {

using namespace foil;

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}
double wall_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct contender {
  std::string name, limit;  ///< the contender it is a ratio of
  double target;            ///< 0: none
  double (*clock)();
  std::function<void()> run;
  std::vector<double> seconds;
};
double at(std::vector<double> x, double part) {
  std::sort(x.begin(), x.end());
  return x[std::size_t(part * double(x.size() - 1) + 0.5)];
}

matrix<float> noise(idx n, idx d, std::uint64_t seed) {
  random_stream draw(seed, purpose::user);
  matrix<float> x(n, d);
  for (idx k = 0; k < x.size(); ++k) x.data()[k] = float(draw.normal());
  return x;
}

/// Scores, gradient of the anchors, gradient of the candidates, by panels of 256 anchors; `four`: scores twice.
struct products {
  matrix<float> const &q, &k;
  matrix<float> dq, dk;
  std::vector<float> panel, work;
  products(matrix<float> const& a, matrix<float> const& b)
      : q(a), k(b), dq(matrix<float>::Zero(a.rows(), a.cols())), dk(dq), panel(std::size_t(256 * b.rows())),
        work(std::size_t(simd::product_workspace<float>(256, (std::max)(b.rows(), b.cols()), b.cols()))) {}
  void run(bool four) {
    idx const n = k.rows(), d = k.cols();
    for (idx r = 0; r < q.rows(); r += 256) {
      idx const m = (std::min)(idx(256), q.rows() - r);
      for (int i = 0; i < (four ? 2 : 1); ++i)
        simd::product_abt(q.data() + r * d, d, m, k.data(), d, n, d, panel.data(), n, work.data());
      simd::add_product_ab(panel.data(), n, m, k.data(), d, d, n, dq.data() + r * d, d, work.data());
      simd::add_product_atb(panel.data(), n, n, q.data() + r * d, d, d, m, dk.data(), d, work.data());
    }
  }
};

volatile double sink = 0;

}  // namespace

int main(int argc, char** argv) {
  idx const B = argc > 1 ? std::atol(argv[1]) : 2048, D = argc > 2 ? std::atol(argv[2]) : 128;
  int const rounds = argc > 3 ? std::atoi(argv[3]) : 11;
  std::string const only = argc > 4 ? argv[4] : "";
  auto const q = noise(B, D, 1), k = noise(B, D, 2);
  std::vector<int> labels;
  random_stream draw(3, purpose::user);
  for (idx i = 0; i < B; ++i) labels.push_back(int(draw.below(B / 4 + 1)));

  std::vector<contender> all;
  auto add = [&](std::string name, std::string limit, double target, auto f, double (*clock)() = thread_seconds) {
    bool const wanted = only.empty() || limit.empty() || name == "info_nce" || name.find(only) != name.npos;
    if (wanted) all.push_back({name, limit, target, clock, f, {}});
  };
  products limit(q, k);
  add("3 products", "", 0, [&] { limit.run(false); });
  add("4 products", "", 0, [&] { limit.run(true); });
  auto grad = [&](auto const& loss) { return [&, loss] { sink = double(objective(loss).value_and_grad(q, pool::in_batch(k)).value); }; };
  add("info_nce", "3 products", 1.05, grad(loss::info_nce{}));
  auto clip = [&](execution how) {
    return [&, how] { sink = double(objective(loss::info_nce{}, similarity::cosine{}, reduce::mean{}, how).symmetric(q, pool::in_batch(k)).value); };
  };
  add("clip", B * B <= idx(16) << 20 ? "3 products" : "4 products", 1.1 * (B * B <= idx(16) << 20 ? 4. / 3 : 1), clip({}));
  add("clip, tiled", "4 products", 1.1, clip({.budget = 0}));
#define FOIL_BENCH_LOSS(name, loss) add("table." #name, "info_nce", 1.15, grad(loss));
  FOIL_LOSSES(FOIL_BENCH_LOSS)
#undef FOIL_BENCH_LOSS
  auto labelled = [&](auto const& loss, auto similarity) {
    return [&, loss, similarity] {
      sink = double(objective(loss, similarity).value_and_grad(q, pool::self(q, roles::by_label(labels))).value);
    };
  };
  add("labels.sup_con", "info_nce", 1.15, labelled(loss::sup_con{}, similarity::cosine{}));
  add("labels.multi_similarity", "info_nce", 1.15, labelled(loss::multi_similarity{}, similarity::cosine{}));
  add("labels.triplet", "info_nce", 1.15, labelled(loss::triplet{}, similarity::cosine{}));
  add("labels.hardest_triplet, distance", "info_nce", 1.15, labelled(loss::hardest_triplet{}, similarity::neg_l2{}));
  add("self.uniformity", "info_nce", 1.15, [&] {
    sink = double(objective(loss::uniformity{}, similarity::neg_sq_l2{}).value_and_grad(q, pool::self(q)).value);
  });
  auto wall = [&](int workers) {
    execution const how{.on = threads(workers)};
    return [&, how] {
      sink = double(objective(loss::info_nce{}, similarity::cosine{}, reduce::mean{}, how).value_and_grad(q, pool::in_batch(k)).value);
    };
  };
  add("threads.1", "", 0, wall(1), wall_seconds);
  add("threads.2", "threads.1", 1 / 1.85, wall(2), wall_seconds);
  auto const logits = noise(256, 65536, 4);  // 67 MB: out of cache
  add("stream", "", 0, [&] {
    float m = 0;
    for (idx i = 0; i < logits.rows(); ++i) m = (std::max)(m, simd::largest_of(logits.data() + i * logits.cols(), logits.cols()));
    sink = double(m);
  });
  add("vocabulary", "stream", 1.7, [&] {
    double sum = 0;
    for (idx i = 0; i < logits.rows(); ++i) {
      stat::vocabulary v;
      v.add(logits.data() + i * logits.cols(), logits.cols());
      sum += v.self_certainty(stat::support::full) + v.entropy();
    }
    sink = sum;
  });

  std::vector<std::size_t> order;
  for (std::size_t c = 0; c < all.size(); ++c) order.push_back(c);
  for (int r = 0; r <= rounds; ++r) {
    for (std::size_t c = order.size(); c > 1; --c) std::swap(order[c - 1], order[std::size_t(draw.below(idx(c)))]);
    for (std::size_t c : order) {
      double const start = all[c].clock();
      all[c].run();
      if (r > 0) all[c].seconds.push_back(all[c].clock() - start);  // round 0 warms up
    }
  }
  std::printf("B=%ld D=%ld rounds=%d   (ratio and spread: median, quartiles)\n", long(B), long(D), rounds);
  for (contender const& c : all) {
    std::printf("%-34s %9.3f ms", c.name.c_str(), 1e3 * at(c.seconds, 0.5));
    for (contender const& l : all)
      if (l.name == c.limit) {
        double const base = at(l.seconds, 0.5), ratio = at(c.seconds, 0.5) / base;
        std::printf("   %5.3f [%5.3f %5.3f] of %-10s  target %5.3f%s", ratio, at(c.seconds, 0.25) / base,
                    at(c.seconds, 0.75) / base, l.name.c_str(), c.target, ratio > c.target ? "  MISSED" : "");
      }
    std::printf("\n");
  }
}
