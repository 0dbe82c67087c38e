// SPDX-License-Identifier: BSD-3-Clause
// How far the job is: a bar with rate and remaining time on a terminal, plain lines elsewhere; and the wish to stop.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdio>
#include <foil/foil.hpp>
#include <string>
#include <unistd.h>

namespace miner {

using foil::idx;

/// Set by SIGINT and SIGTERM.
inline volatile std::sig_atomic_t stop_wanted = 0;
inline void stop_on_signals() {
  for (int s : {SIGINT, SIGTERM}) std::signal(s, [](int) { stop_wanted = 1; });
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error that a write returns
}

/// Thrown where work stops at that wish.
struct interrupted {};
inline void stop_if_wanted() {
  if (stop_wanted != 0) throw interrupted();
}

class progress {
 public:
  progress(idx rows, idx already) : rows_(rows), already_(already), terminal_(isatty(STDERR_FILENO) == 1) {}
  progress(progress const&) = delete;
  ~progress() {
    if (terminal_ && drawn_) std::fputs("\r\x1b[K", stderr);
  }

  /// Rows done, of all; `last`: say it in any case.
  void tell(idx done, bool last = false) {
    auto const now = clock::now();
    if (!last && now - told_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10))) return;
    told_ = now;
    double const seconds = std::chrono::duration<double>(now - start_).count(), rate = double(done - already_) / (std::max)(seconds, 1e-9);
    std::string text = std::to_string(done) + " of " + std::to_string(rows_) + " queries";
    if (done > already_) text += ", " + short_number(rate) + "/s";
    if (done > already_ && done < rows_) text += ", " + time(double(rows_ - done) / rate) + " left";
    if (!terminal_) {
      std::fprintf(stderr, "mine: %s\n", text.c_str());
      return;
    }
    int const full = rows_ > 0 ? int(done * width / rows_) : width;
    std::fprintf(stderr, "\r[%s%s] %3d %%  %s\x1b[K", std::string(std::size_t(full), '#').c_str(),
                 std::string(std::size_t(width - full), '.').c_str(), rows_ > 0 ? int(done * 100 / rows_) : 100, text.c_str());
    std::fflush(stderr);
    drawn_ = true;
  }

 private:
  using clock = std::chrono::steady_clock;
  static std::string short_number(double x) {
    char text[32];
    std::snprintf(text, sizeof text, x < 10 ? "%.1f" : "%.0f", x);
    return text;
  }
  static std::string time(double seconds) {
    auto const s = static_cast<long long>((std::min)(seconds, 1e12));
    char text[64];
    if (s < 60)
      std::snprintf(text, sizeof text, "%lld s", s);
    else if (s < 3600)
      std::snprintf(text, sizeof text, "%lld:%02lld min", s / 60, s % 60);
    else
      std::snprintf(text, sizeof text, "%lld:%02lld h", s / 3600, s % 3600 / 60);
    return text;
  }

  static constexpr int width = 30;
  idx rows_, already_;
  bool terminal_, drawn_ = false;
  clock::time_point start_ = clock::now(), told_ = start_;
};

}  // namespace miner
