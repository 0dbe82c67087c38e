// SPDX-License-Identifier: BSD-3-Clause
// Every public function beside its natural limit, one line each (bench/every/<room>.cpp): how its cost grows with n, and how many times
// the limit it takes. A row is a name, the growth that its header says, three sizes, and for a size one call and what no program can do
// without: bytes read, fresh memory written, multiply-adds, exponentials, random numbers, numbers sorted. The limit does just that, in
// turns with the call on one thread; ratios are of neighbouring turns.
#pragma once

#include <cmath>
#include <numeric>
#include <random>
#include <unordered_map>

#include "contest.hpp"
#include "limits.hpp"

#pragma GCC diagnostic ignored "-Wconversion"  // a work is counted in doubles, n in idx
#pragma GCC diagnostic ignored "-Wnarrowing"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace bench {

/// How a cost grows with n: the power, and whether times log n.
struct grows {
  char const* says;
  double power;
  bool with_log = false;
  double at(double n) const { return std::pow(n, power) * (with_log ? std::log2(n) : 1); }
};
inline constexpr grows constant{"1", 0}, linear{"n", 1}, with_log{"n log n", 1, true}, quadratic{"n^2", 2}, cubic{"n^3", 3};

/// What a call cannot do without; the limit is the sum of these alone.
struct work {
  double read = 0;       ///< bytes read once, in order
  double fresh = 0;      ///< bytes of a new result, written once
  double macs = 0;       ///< multiply-adds in float, in registers
  double macs_wide = 0;  ///< the same in double
  double exps = 0;       ///< exponentials, logarithms or powers in double, of the C library
  double sums = 0;       ///< additions in double in a given order: one waits for the other
  double divides = 0;    ///< divisions or square roots in double
  double draws = 0;      ///< numbers of foil::random_stream
  double sorted = 0;     ///< numbers put in order by std::sort, of one list
  double lists = 1;      ///< as many lists of `sorted` numbers each
  double hashed = 0;     ///< numbers looked up in a std::unordered_map of as many
};

/// One call, what it cannot do without, and what a user would otherwise call.
struct job {
  std::function<void()> call;
  work least;
  std::function<void()> peer{};
};

template <class T>
void hold(T const& x) {
  benchmark::DoNotOptimize(&x);
  benchmark::ClobberMemory();
}

inline std::vector<double> uniform(idx n, std::uint64_t seed = 1) {
  foil::random_stream draw(seed, foil::purpose::user);
  std::vector<double> x(static_cast<std::size_t>(n));
  for (double& value : x) value = draw.uniform();
  return x;
}
inline std::vector<double> normal(idx n, std::uint64_t seed = 1) {
  foil::random_stream draw(seed, foil::purpose::user);
  std::vector<double> x(static_cast<std::size_t>(n));
  for (double& value : x) value = draw.normal();
  return x;
}
inline std::vector<idx> ids(idx n, idx below, std::uint64_t seed = 1) {
  foil::random_stream draw(seed, foil::purpose::user);
  std::vector<idx> x(static_cast<std::size_t>(n));
  for (idx& value : x) value = draw.below(below);
  return x;
}
/// 0, 1, ... below, 0, 1, ...: labels, or ids that are all different.
inline std::vector<idx> cycle(idx n, idx below) {
  std::vector<idx> x(static_cast<std::size_t>(n));
  for (idx i = 0; i < n; ++i) x[std::size_t(i)] = i % below;
  return x;
}
/// Offsets of n lists of `each`.
inline std::vector<idx> offsets(idx n, idx each) {
  std::vector<idx> x(static_cast<std::size_t>(n + 1));
  for (idx i = 0; i <= n; ++i) x[std::size_t(i)] = i * each;
  return x;
}

/// Does a work and nothing else.
class limit {
 public:
  explicit limit(work const& w) : w_(w), read_(std::size_t(w.read / sizeof(float)) + 1, 1.5f) {
    auto const n = idx(w.sorted);
    numbers_ = uniform(n, 7);
    if (w.hashed > 0)
      for (idx i = 0; i < idx(w.hashed); ++i) map_.emplace(i * 7919, i);
  }
  void operator()() {
    if (w_.read > 0) benchmark::DoNotOptimize(maximum(read_.data(), idx(read_.size())));
    if (w_.fresh > 0) {
      std::vector<char> memory(static_cast<std::size_t>(w_.fresh));
      hold(memory.data());
    }
    if (w_.macs > 0) fused_products<float>(2 * w_.macs);
    if (w_.macs_wide > 0) fused_products<double>(2 * w_.macs_wide);
    double sum = 0;
    for (double i = 0; i < w_.exps; ++i) sum += std::exp(-i / w_.exps);
    for (double i = 0; i < w_.sums; ++i) sum += i;
    for (double i = 0; i < w_.divides; ++i) benchmark::DoNotOptimize(1.5 / (i + 1));
    for (double i = 0; i < w_.draws; ++i) sum += draw_.uniform();
    for (double i = 0; i < (w_.sorted > 1 ? w_.lists : 0); ++i) {
      copy_ = numbers_;
      std::sort(copy_.begin(), copy_.end());
      hold(copy_.data());
    }
    for (double i = 0; i < w_.hashed; ++i) sum += double(map_.find(idx(i) * 7919)->second);
    benchmark::DoNotOptimize(sum);
  }
  std::string said() const {
    std::string s;
    auto const add = [&](double x, char const* what) {
      if (x > 0) s += (s.empty() ? "" : " + ") + std::string(what);
    };
    add(w_.read, "stream"), add(w_.fresh, "result"), add(w_.macs + w_.macs_wide, w_.macs_wide > 0 ? "product in double" : "product");
    add(w_.exps, "exp"), add(w_.sums, "sum"), add(w_.divides, "divide"), add(w_.draws, "draws"), add(w_.sorted, "sort"),
        add(w_.hashed, "hash");
    return s;
  }

 private:
  work w_;
  std::vector<float> read_;
  std::vector<double> numbers_, copy_;
  std::unordered_map<idx, idx> map_;
  foil::random_stream draw_{9, foil::purpose::user};
};

/// The table of a room. Rows go to <name>.rows, curves to <name>.curves (plot.gp), both in the folder BENCH_OUT.
class every {
 public:
  every(std::string const& name, int count, char** argv) : part_(count > 1 ? argv[1] : "") {
    auto const set = [](char const* variable) {
      return std::getenv(variable) != nullptr ? std::string(std::getenv(variable)) : std::string();
    };
    full_ = set("BENCH_LENGTH") == "full";
    std::string const path = (set("BENCH_OUT").empty() ? "." : set("BENCH_OUT")) + "/every_" + name;
    rows_.open(path + ".rows"), curves_.open(path + ".curves");
    room_ = name;
    std::printf("%-36s %-8s %9s %27s %6s  %-22s %-28s %s\n", ("every: " + name).c_str(), "grows", "largest n", "us at three sizes", "power",
                "times the limit", "limit", "verdict");
  }
  /// FAR: more than 3 times the limit. every.awk leaves out those whose header says where the time goes to.
  template <class Make>
  void row(char const* name, grows const& g, std::vector<double> const& sizes, Make const& make) {
    if (std::string(name).find(part_) == std::string::npos) return;
    std::vector<double> taken, least;
    timing ratio, peer;
    std::string said;
    for (double n : sizes) {
      job const j = make(idx(n));
      limit best(j.least);
      said = best.said();
      auto const [own, bound, over, other] = race(j, best);
      taken.push_back(own), least.push_back(bound), ratio = timing(over), peer = timing(other);
    }
    double const span = std::log(sizes.back() / sizes.front()), power = std::log(taken.back() / taken.front()) / span;
    double const wanted =
        std::max(std::log(g.at(sizes.back()) / g.at(sizes.front())) / span, std::log(least.back() / least.front()) / span);
    bool const steep = power > wanted + 0.2, far = ratio.median > 3, behind = peer.median > 0 && peer.median < 1;
    std::string verdict = std::string(steep ? "STEEP " : "") + (far ? "FAR " : "") + (behind ? "BEHIND " : "");
    if (verdict.empty()) verdict = "good";
    if (peer.median > 0) verdict += " (peer " + number(peer.median, "%.2g") + ")";
    char line[400];
    std::snprintf(line, sizeof line, "%-36s %-8s %9.0f %9.4g %8.4g %8.4g %6.2f  %6.2f [%5.2f %6.2f] %-28s %s", name, g.says, sizes.back(),
                  1e6 * taken.front(), 1e6 * taken[taken.size() / 2], 1e6 * taken.back(), power, ratio.median, ratio.low, ratio.high,
                  said.c_str(), verdict.c_str());
    std::puts(line), std::fflush(stdout);
    rows_ << line << std::endl;
    curves_ << '"' << name << " (" << g.says << ")\"\n";
    for (std::size_t i = 0; i < sizes.size(); ++i)
      curves_ << sizes[i] << ' ' << taken[i] << ' ' << least[i] << ' ' << g.at(sizes[i]) << '\n';
    curves_ << "\n\n" << std::flush;
  }

 private:
  struct result {
    double own, least;
    std::vector<double> over, peer;
  };
  static double now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
  }
  template <class F>
  static double seconds(F& f, double times) {
    double const from = now();
    for (double i = 0; i < times; ++i) f();
    return (now() - from) / times;
  }
  result race(job const& j, limit& best) const {
    double const once = seconds(j.call, 1), bound = seconds(best, 1), each = full_ ? 4e-3 : 1e-3;
    auto const calls = [&](double s) { return std::clamp(std::ceil(each / std::max(s, 1e-9)), 1.0, 1e5); };
    double const own_calls = calls(once), best_calls = calls(bound), peer_calls = j.peer ? calls(seconds(j.peer, 1)) : 0;
    int const rounds = std::clamp(int((full_ ? 3 : 0.6) / (once * own_calls + bound * best_calls)), 3, full_ ? 31 : 9);
    std::vector<double> own, least;
    result r{0, 0, {}, {}};
    for (int i = 0; i < rounds; ++i) {
      own.push_back(seconds(j.call, own_calls)), least.push_back(seconds(best, best_calls));
      r.over.push_back(own.back() / least.back());
      if (j.peer) r.peer.push_back(seconds(j.peer, peer_calls) / own.back());
    }
    r.own = timing(own).median, r.least = timing(least).median;
    return r;
  }
  static std::string number(double x, char const* form) {
    char s[40];
    std::snprintf(s, sizeof s, form, x);
    return s;
  }
  std::string room_, part_;
  bool full_;
  std::ofstream rows_, curves_;
};

inline std::vector<double> const many{1e3, 1e4, 1e5}, more{1e4, 1e5, 1e6}, some{100, 1000, 10000}, few{64, 256, 1024};

}  // namespace bench
