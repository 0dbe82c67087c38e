// SPDX-License-Identifier: BSD-3-Clause
// A process that answers one line for every line it is asked: the peers of a Python.
#pragma once

#include <cstdio>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "foil/core/error.hpp"

namespace bench {

/// Runs `program script` and talks to it over its standard input and output; its errors go to ours.
class worker {
 public:
  worker(std::string const& program, std::string const& script) {
    int in[2], out[2];
    foil::require(pipe(in) == 0 && pipe(out) == 0, "worker: no pipe");
    child_ = fork();
    foil::require(child_ >= 0, "worker: no process");
    if (child_ == 0) {
      dup2(in[0], 0), dup2(out[1], 1);
      for (int const end : {in[0], in[1], out[0], out[1]}) close(end);
      execlp(program.c_str(), program.c_str(), script.c_str(), nullptr);
      std::perror(program.c_str());
      _exit(1);
    }
    close(in[0]), close(out[1]);
    questions_ = fdopen(in[1], "w"), answers_ = fdopen(out[0], "r");
  }
  worker(worker const&) = delete;
  worker& operator=(worker const&) = delete;
  ~worker() {
    std::fclose(questions_), std::fclose(answers_);  // the end of its input ends it
    waitpid(child_, nullptr, 0);
  }

  std::string ask(std::string const& question) {
    std::fputs((question + "\n").c_str(), questions_);
    std::fflush(questions_);
    std::string answer;
    for (int c; (c = std::fgetc(answers_)) != '\n'; answer += char(c))
      foil::require(c != EOF, "worker: ended before it answered '", question, "'");
    return answer;
  }

 private:
  pid_t child_ = -1;
  std::FILE *questions_ = nullptr, *answers_ = nullptr;
};

}  // namespace bench
