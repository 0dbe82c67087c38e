// SPDX-License-Identifier: BSD-3-Clause
// Triplets as JSON lines that sentence-transformers and datasets read: anchor, positive, negative.
#pragma once

#include <foil/bridge/jsonl.hpp>
#include <foil/foil.hpp>
#include <fstream>
#include <string>
#include <string_view>

namespace wordnet {

/// A JSON string.
inline std::string quoted(std::string_view text) {
  std::string out;
  foil::bridge::append_json_string(out, text, foil::bridge::invalid_utf8::replace);
  return out;
}

class triplet_file {
 public:
  explicit triplet_file(std::string const& path) : path_(path), file_(path) { check(); }

  void write(std::string_view anchor, std::string_view positive, std::string_view negative) {
    file_ << "{\"anchor\": " << quoted(anchor) << ", \"positive\": " << quoted(positive) << ", \"negative\": " << quoted(negative) << "}\n";
  }
  void close() {
    file_.close();
    check();
  }

 private:
  void check() const { foil::require(bool(file_), "wordnet: cannot write ", path_); }
  std::string path_;
  std::ofstream file_;
};

}  // namespace wordnet
