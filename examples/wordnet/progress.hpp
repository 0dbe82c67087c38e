// SPDX-License-Identifier: BSD-3-Clause
// A progress bar on stderr, while stderr is a terminal; silent otherwise.
#pragma once

#include <chrono>
#include <cstdio>
#include <foil/foil.hpp>
#include <string>
#include <unistd.h>

namespace wordnet {

/// Draws at most ten times a second, and wipes itself out when it ends.
class progress {
 public:
  explicit progress(std::string what) : what_(std::move(what)), shown_(isatty(STDERR_FILENO) == 1) {}
  progress(progress const&) = delete;
  progress& operator=(progress const&) = delete;
  ~progress() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }

  /// foil tells its progress through this, too; the answer says: go on.
  bool operator()(foil::idx done, foil::idx total, char const* = "") {
    draw(done, total);
    return true;
  }

 private:
  void draw(foil::idx done, foil::idx total) {
    auto const now = std::chrono::steady_clock::now();
    if (!shown_ || total <= 0 || now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    int const full = int(done * width / total);
    std::string const bar = std::string(std::size_t(full), '#') + std::string(std::size_t(width - full), '.');
    std::fprintf(stderr, "\r%-28s [%s] %3d %%", what_.c_str(), bar.c_str(), int(done * 100 / total));
  }

  static constexpr int width = 40;
  std::string what_;
  bool shown_;
  std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace wordnet
