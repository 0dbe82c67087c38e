// SPDX-License-Identifier: BSD-3-Clause
// A file as memory: pages are read when they are touched, and given up again when memory is short. POSIX.
#pragma once

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "foil/core/types.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Read only. A file that another program makes shorter meanwhile ends this program (SIGBUS): replace files by renaming.
class mapped_file {
 public:
  mapped_file() = default;
  explicit mapped_file(std::string path) : path_(std::move(path)) {
    int const file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe without a writer must not block
    require(file >= 0, path_, ": cannot be opened: ", std::strerror(errno));
    struct stat s {};
    bool const known = ::fstat(file, &s) == 0, regular = known && S_ISREG(s.st_mode);
    void* start = nullptr;
    int reason = 0;
    if (regular && s.st_size > 0) {
      start = ::mmap(nullptr, std::size_t(s.st_size), PROT_READ, MAP_PRIVATE, file, 0);
      if (start == MAP_FAILED) reason = errno;
    }
    ::close(file);
    require(regular, path_, ": is no regular file");
    require(reason == 0, path_, ": cannot be mapped into memory: ", std::strerror(reason));
    bytes_ = {static_cast<char const*>(start), std::size_t(s.st_size)};
  }
  mapped_file(mapped_file&& other) noexcept : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}
  mapped_file& operator=(mapped_file&& other) noexcept {
    std::swap(path_, other.path_), std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~mapped_file() {
    if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  }

  std::string_view bytes() const { return bytes_; }
  std::string const& path() const { return path_; }

 private:
  std::string path_;
  std::string_view bytes_;
};

}}  // namespace foil::bridge
