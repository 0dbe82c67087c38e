// SPDX-License-Identifier: BSD-3-Clause
// A file that appears under its name when it is complete and on the disk, or not at all.
#pragma once

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <foil/foil.hpp>
#include <fstream>
#include <unistd.h>

namespace miner {

/// Written as NAME.part, then renamed.
class new_file {
 public:
  explicit new_file(std::string name) : name_(std::move(name)), part_(part_of(name_)), out_(part_, std::ios::binary | std::ios::trunc) {
    foil::require(out_.is_open(), part_, ": cannot be written: ", std::strerror(errno));
  }
  new_file(new_file const&) = delete;
  ~new_file() {
    if (published_) return;
    out_.close();
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
  }
  static std::string part_of(std::string const& name) { return name + ".part"; }
  std::ofstream& stream() { return out_; }
  std::string const& part() const { return part_; }

  void publish() {
    out_.close();
    foil::require(bool(out_), part_, ": could not be written to its end (a full disk?)");
    sync(part_);
    foil::require(std::rename(part_.c_str(), name_.c_str()) == 0, part_, ": cannot be renamed to ", name_, ": ", std::strerror(errno));
    published_ = true;
    std::string const folder = std::filesystem::path(name_).parent_path().string();
    sync(folder.empty() ? "." : folder);
  }

 private:
  static void sync(std::string const& path) {
    int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    bool const done = file >= 0 && (::fsync(file) == 0 || errno == EINVAL);  // some file systems know no fsync of folders
    int const reason = errno;
    if (file >= 0) ::close(file);
    foil::require(done, path, ": cannot be brought to the disk: ", std::strerror(reason));
  }

  std::string name_, part_;
  std::ofstream out_;
  bool published_ = false;
};

}  // namespace miner
