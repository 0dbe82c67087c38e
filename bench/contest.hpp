// SPDX-License-Identifier: BSD-3-Clause
// A table of races: contenders run interleaved in shuffled order, each result stands beside its limit of the same race.
// Google Benchmark repeats, shuffles, times (thread CPU time, or wall where asked) and writes the JSON; this adds the
// ratios, their targets and the verdicts, as a printed table and as <table>.tsv for plots and the summary.
#pragma once

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

#include "foil/core/random.hpp"
#include "foil/core/types.hpp"

namespace bench {

using foil::idx;

/// Normal noise, another one for every seed.
inline foil::matrix<float> noise(idx rows, idx dim, std::uint64_t seed) {
  foil::random_stream draw(seed, foil::purpose::user);
  foil::matrix<float> x(rows, dim);
  for (idx k = 0; k < x.size(); ++k) x.data()[k] = float(draw.normal());
  return x;
}

/// Seconds of one call: median and quartiles over the rounds of a race.
struct timing {
  double median = 0, low = 0, high = 0;
  explicit timing(std::vector<double> x = {}) {
    if (x.empty()) return;
    std::sort(x.begin(), x.end());
    auto const at = [&](double part) { return x[std::size_t(part * double(x.size() - 1) + 0.5)]; };
    median = at(0.5), low = at(0.25), high = at(0.75);
  }
};

enum class clock { thread, wall };

class table {
 public:
  /// Of the environment: BENCH_LENGTH=full for longer races, BENCH_OUT for the folder that the files go to.
  table(std::string name, char** argv) : full(setting("BENCH_LENGTH", "quick") == "full"), name_(std::move(name)) {
    if (std::getenv("OMP_NUM_THREADS") == nullptr) {  // peers run on one thread, as we do; they read this when loaded
      setenv("OMP_NUM_THREADS", "1", 1), setenv("OPENBLAS_NUM_THREADS", "1", 1);
      execv("/proc/self/exe", argv);
    }
    char interleaved[] = "--benchmark_enable_random_interleaving=true", *arguments[] = {argv[0], interleaved, nullptr};
    int count = 2;
    benchmark::Initialize(&count, arguments);
    std::string const path = setting("BENCH_OUT", ".") + "/" + name_;
    json_.open(path + ".json"), checks_.open(path + ".tsv");
    collected_.json.SetOutputStream(&json_);
    std::printf("%-30s %-22s %12s  %7s %15s %-20s %8s\n", name_.c_str(), "contender", "us", "ratio", "quartiles", "of", "target");
  }
  ~table() { collected_.json.Finalize(); }
  table(table const&) = delete;

  bool const full;

  /// Begins a race; what was added before is gone.
  void cell(std::string name) { cell_ = std::move(name), contenders_.clear(), collected_.seconds.clear(); }
  void add(std::string name, std::function<void()> run, clock by = clock::thread) {
    contenders_.push_back({std::move(name), std::move(run), by, false});
  }
  void peer(std::string name, std::function<void()> run) { contenders_.push_back({std::move(name), std::move(run), clock::thread, true}); }

  /// Runs every contender `rounds` times or more, each time for `seconds` at least; a slow peer fewer times.
  void race(int rounds = 11, double seconds = 0.002) {
    benchmark::ClearRegisteredBenchmarks();
    for (entrant const& c : contenders_) {
      timespec from{}, to{};
      clock_gettime(CLOCK_MONOTONIC, &from);
      c.run();
      clock_gettime(CLOCK_MONOTONIC, &to);
      double const once = double(to.tv_sec - from.tv_sec) + 1e-9 * double(to.tv_nsec - from.tv_nsec);
      bool const warm = once < 0.005;
      auto* const b = benchmark::RegisterBenchmark((name_ + "/" + cell_ + "/" + c.name).c_str(), [&c, warm](benchmark::State& s) {
        if (warm) c.run();
        for (auto _ : s) c.run();
      });
      b->Repetitions(c.peer ? std::clamp(int(0.3 / once), 2, rounds) : rounds)->MinTime(seconds)->Unit(benchmark::kMicrosecond);
      if (c.by == clock::wall) b->UseRealTime();
    }
    benchmark::RunSpecifiedBenchmarks(&collected_);
  }
  timing of(std::string const& contender) const {
    auto const found = collected_.seconds.find(name_ + "/" + cell_ + "/" + contender);
    return timing(found == collected_.seconds.end() ? std::vector<double>{} : found->second);
  }

  /// Checks that a contender takes at most `target` times as long as its limit.
  void at_most(std::string const& row, std::string const& contender, std::string const& limit, double target) {
    timing const t = of(contender);
    double const base = of(limit).median;
    note(row, contender, limit, "<=", target, t.median / base, t.low / base, t.high / base, t.median);
  }
  /// Checks that `other` takes at least `target` times as long as the contender.
  void at_least(std::string const& row, std::string const& contender, std::string const& other, double target) {
    timing const t = of(contender);
    double const base = of(other).median;
    if (base > 0) note(row, contender, other, ">=", target, base / t.median, base / t.high, base / t.low, t.median);
  }
  /// The same with the fastest peer that ran.
  void beats_peers(std::string const& row, std::string const& contender, double target) {
    std::string best;
    for (entrant const& c : contenders_)
      if (c.peer && (best.empty() || of(c.name).median < of(best).median)) best = c.name;
    if (!best.empty()) at_least(row, contender, best, target);
  }
  /// One line of the table. A target of 0 is none: the ratio is shown all the same.
  void note(std::string const& row, std::string const& contender, std::string const& against, std::string const& sense, double target,
            double ratio, double low, double high, double seconds = 0) {
    bool const met = target <= 0 || (sense == "<=" ? ratio <= target : ratio >= target);
    std::printf("%-30s %-22s %12.2f  %7.3f [%6.3f %6.3f] %-20s %s %5.3g%s\n", cell_.c_str(), contender.c_str(), 1e6 * seconds, ratio, low,
                high, against.c_str(), sense.c_str(), target, met ? "" : "  MISSED");
    std::fflush(stdout);
    char numbers[160];
    std::snprintf(numbers, sizeof numbers, "%g\t%.4g\t%.4g\t%.4g\t%.6g", target, ratio, low, high, seconds);
    checks_ << row << '\t' << cell_ << '\t' << contender << '\t' << against << '\t' << sense << '\t' << numbers << std::endl;
  }

 private:
  static std::string setting(char const* variable, char const* otherwise) {
    char const* const given = std::getenv(variable);
    return given != nullptr ? given : otherwise;
  }
  struct entrant {
    std::string name;
    std::function<void()> run;
    clock by;
    bool peer;
  };
  struct reporter : benchmark::BenchmarkReporter {
    benchmark::JSONReporter json;
    std::map<std::string, std::vector<double>> seconds;
    bool begun = false;
    bool ReportContext(Context const& context) override {
      if (!begun) json.ReportContext(context);
      return begun = true;
    }
    void ReportRuns(std::vector<Run> const& runs) override {
      json.ReportRuns(runs);
      for (Run const& r : runs) {
        bool const wall = r.run_name.time_type == "real_time";
        if (r.run_type == Run::RT_Iteration)
          seconds[r.run_name.function_name].push_back((wall ? r.real_accumulated_time : r.cpu_accumulated_time) / double(r.iterations));
      }
    }
  };

  std::string name_, cell_;
  std::ofstream json_, checks_;
  reporter collected_;
  std::vector<entrant> contenders_;
};

}  // namespace bench
