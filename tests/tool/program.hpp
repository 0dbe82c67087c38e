// SPDX-License-Identifier: BSD-3-Clause
// The tool examples/mine as a program that is run in a folder of its own. It is named by the environment variable FOIL_TOOL.
#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "../catch.hpp"
#include "foil/bridge/npy.hpp"
#include "foil/mine/mined.hpp"

using foil::idx;
namespace fs = std::filesystem;

inline std::string content(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A new folder for the files of a test, removed at its end.
struct folder {
  fs::path place = fs::temp_directory_path() / ("foil_tool_" + std::to_string(::getpid()));
  folder() {
    fs::remove_all(place);
    fs::create_directories(place);
  }
  folder(folder const&) = delete;
  ~folder() { fs::remove_all(place); }
  std::string path(std::string const& name) const { return (place / name).string(); }
};

struct ended {
  int code = 0;  ///< 128 + the signal that ended it
  std::string out, err;
};

/// Runs the tool in a folder. A signal is sent after so many seconds or, with `file`, once it is there, if the tool still runs.
/// `limit`: of file sizes.
inline ended run(folder const& at, std::string const& arguments, double seconds = -1, int signal = SIGKILL, std::string const& limit = "",
                 std::string const& file = "") {
  char const* const tool = std::getenv("FOIL_TOOL");
  REQUIRE(tool != nullptr);
  std::string const command = (limit.empty() ? "" : "ulimit -f " + limit + "; ") + "exec " + tool + " " + arguments + " >stdout 2>stderr";
  pid_t const child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::chdir(at.place.c_str()) == 0) ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  auto const start = std::chrono::steady_clock::now();
  auto const due = [&] {
    return file.empty() ? std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() >= seconds
                        : fs::exists(at.path(file));
  };
  while ((seconds >= 0 || !file.empty()) && ::waitpid(child, &status, WNOHANG) == 0) {
    if (due()) {
      ::kill(child, signal);
      break;
    }
    ::usleep(200);
  }
  ::waitpid(child, &status, 0);  // if it has not been waited for
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), content(at.path("stdout")), content(at.path("stderr"))};
}

/// "  label    12" in a report.
inline idx counted(std::string const& report, std::string const& label) {
  std::size_t const line = report.find("\n  " + label + " ");
  return line == report.npos ? -1 : std::stol(report.substr(line + 3 + label.size()));
}

/// Runs with --format npy and compares with what was mined in memory; and again, the corpus cut into blocks of so many documents.
template <class S>
ended same_as(folder const& at, foil::mined<S> const& m, std::string const& arguments, idx corpus_rows = 213) {
  ended const e = run(at, arguments + " -f npy --overwrite --block 64 -o found");
  INFO(arguments << "\n" << e.err);
  REQUIRE(e.code == 0);
  foil::bridge::npy_file const ids(at.path("found.ids.npy")), scores(at.path("found.scores.npy")), ranks(at.path("found.ranks.npy"));
  auto const same = [](auto const& a, auto const& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
  CHECK(ids.header().shape == std::vector<idx>{m.rows, m.per_row});
  CHECK((same(ids.values<idx>(), m.ids) && same(ranks.values<idx>(), m.ranks) && same(scores.values<S>(), m.scores)));
  CHECK((counted(e.out, "short rows") == m.short_rows && counted(e.out, "filled up") == m.filled));
  CHECK((counted(e.out, "positive") == m.dropped[0].dropped && counted(e.out, "without a positive") == m.without_positive));
  auto const report = [](std::string const& out) { return out.substr(0, out.find("\nphase")); };  // without times
  std::string const bytes[] = {content(at.path("found.ids.npy")), content(at.path("found.scores.npy")),
                               content(at.path("found.ranks.npy"))};
  ended const few = run(at, arguments + " -f npy --overwrite --block 150 --corpus-rows " + std::to_string(corpus_rows) + " -o found");
  INFO(few.err);
  CHECK((few.code == 0 && report(few.out) == report(e.out)));
  CHECK((content(at.path("found.ids.npy")) == bytes[0] && content(at.path("found.scores.npy")) == bytes[1] &&
         content(at.path("found.ranks.npy")) == bytes[2]));
  return e;
}
