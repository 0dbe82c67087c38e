// SPDX-License-Identifier: BSD-3-Clause
// The folder of an unfinished job: a manifest of what was asked for and a file for each finished block.
#pragma once

#include <foil/bridge/mapped_file.hpp>
#include <nlohmann/json.hpp>
#include <sys/file.h>

#include "block_file.hpp"
#include "new_file.hpp"

namespace miner {

/// One program at a time works in it.
template <foil::Scalar S>
class parts {
 public:
  /// `manifest`: a flat object of all that decides the result.
  parts(std::string folder, nlohmann::ordered_json const& manifest, bool restart) : folder_(std::move(folder)) {
    std::error_code fault;
    std::filesystem::create_directories(folder_, fault);
    foil::require(!fault, folder_, ": cannot be made: ", fault.message());
    lock();
    if (restart) clear();
    std::string const path = folder_ + "/manifest.json";
    if (std::filesystem::exists(path)) {
      compare(path, manifest);
    } else {
      clear();  // blocks of nobody knows what
      new_file file(path);
      file.stream() << manifest.dump(1) << "\n";
      file.publish();
    }
  }
  /// A job that kept nothing leaves no folder.
  ~parts() {
    if (!kept()) remove();
    if (lock_ >= 0) ::close(lock_);
  }
  parts(parts const&) = delete;

  /// File names, without folders, that the unfinished job of a folder writes; none where there is no such job.
  static std::vector<std::string> outputs(std::string const& folder) {
    std::vector<std::string> names;
    if (!std::filesystem::exists(folder + "/manifest.json")) return names;
    std::ifstream in(folder + "/outputs");
    for (std::string name; std::getline(in, name);) names.push_back(name);
    return names;
  }
  /// Adds to them.
  void will_write(std::vector<std::string> const& paths) {
    std::vector<std::string> names = outputs(folder_);
    for (std::string const& path : paths) names.push_back(std::filesystem::path(path).filename().string());
    new_file file(folder_ + "/outputs");
    for (std::string const& name : names) file.stream() << name << "\n";
    file.publish();
  }

  /// Whether block b is there, whole. Asked of every block before any is saved.
  bool has(idx b) {
    foil::mined<S> m;
    std::vector<idx> dropped;
    return std::filesystem::exists(path_of(b)) && read(b, m, dropped) && (count(m), true);
  }
  /// Rows of all blocks and their length, `per_row` where there is no block.
  std::pair<idx, idx> shape(idx per_row) const { return {rows_, any_ ? per_row_ : per_row}; }
  void save(idx b, foil::mined<S> const& m) {
    count(m);
    new_file file(path_of(b));
    std::string const bytes = to_bytes(m);
    file.stream().write(bytes.data(), std::streamsize(bytes.size()));
    file.publish();
  }
  foil::mined<S> load(idx b, std::vector<idx>& dropped) const {
    foil::mined<S> m;
    foil::require(read(b, m, dropped), path_of(b), ": was changed since it was written");
    return m;
  }
  /// The job is done.
  void remove() {
    std::error_code ignored;
    std::filesystem::remove(folder_ + "/manifest.json", ignored);  // first: blocks without it are nobody's
    std::filesystem::remove_all(folder_, ignored);
  }

 private:
  void count(foil::mined<S> const& m) { rows_ += m.rows, per_row_ = m.per_row, any_ = true; }
  std::string path_of(idx b) const { return folder_ + "/block_" + std::to_string(b); }
  bool read(idx b, foil::mined<S>& m, std::vector<idx>& dropped) const {
    foil::bridge::mapped_file const file(path_of(b));
    return from_bytes(file.bytes(), m, dropped);
  }
  bool kept() const {
    std::error_code ignored;
    for (auto const& entry : std::filesystem::directory_iterator(folder_, ignored))
      if (entry.path().filename().string().starts_with("block_")) return true;
    return false;
  }
  void lock() {
    std::string const path = folder_ + "/lock";
    lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    foil::require(lock_ >= 0, path, ": cannot be written: ", std::strerror(errno));
    foil::require(::flock(lock_, LOCK_EX | LOCK_NB) == 0, folder_, ": another program works on this job");
  }
  /// Everything but the lock; the manifest first, so that what is left behind an interruption is nobody's.
  void clear() {
    std::filesystem::remove(folder_ + "/manifest.json");
    std::filesystem::remove(folder_ + "/outputs");
    for (auto const& entry : std::filesystem::directory_iterator(folder_))
      if (entry.path().filename().string().starts_with("block_") || entry.path().extension() == ".part")
        std::filesystem::remove(entry.path());
  }
  void compare(std::string const& path, nlohmann::ordered_json const& asked) const {
    std::ifstream in(path);
    nlohmann::ordered_json const was = nlohmann::ordered_json::parse(in, nullptr, false);
    foil::require(was.is_object(), path, ": is damaged; --restart begins anew");
    for (auto const& item : asked.items()) {
      bool const known = was.contains(item.key());
      foil::require(known && was[item.key()] == item.value(), folder_, ": holds an unfinished job with another ", item.key(), " (",
                    known ? was[item.key()].dump() : "none", ", now ", item.value().dump(),
                    "); give the same command, or --restart to forget it");
    }
    foil::require(was.size() == asked.size(), folder_, ": holds an unfinished job of another kind; --restart forgets it");
  }

  std::string folder_;
  int lock_ = -1;
  bool any_ = false;
  idx rows_ = 0, per_row_ = 0;
};

}  // namespace miner
