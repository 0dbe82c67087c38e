// SPDX-License-Identifier: BSD-3-Clause
// Ranks that are threads of this process, with mailboxes for messages.
#pragma once

#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "foil/core/error.hpp"

class thread_ranks {
 public:
  class communicator {
   public:
    communicator(thread_ranks& all, int rank) : all_(all), rank_(rank) {}
    int rank() const { return rank_; }
    int size() const { return all_.size_; }
    std::size_t sent() const { return sent_; }  ///< bytes, to other ranks

    void all_gather(void const* mine, std::size_t n, void* all) {
      for (int r = 0; r < size(); ++r) send(r, mine, n);
      for (int r = 0; r < size(); ++r) receive(r, static_cast<char*>(all) + std::size_t(r) * n, n);
    }
    void exchange(int to, void const* out, std::size_t n_out, int from, void* in, std::size_t n_in) {
      if (n_out > 0) send(to, out, n_out);
      if (n_in > 0) receive(from, in, n_in);
    }

   private:
    void send(int to, void const* out, std::size_t n) {
      auto const* bytes = static_cast<char const*>(out);
      if (to != rank_) sent_ += n;
      std::lock_guard lock(all_.door_);
      all_.boxes_[{rank_, to}].emplace_back(bytes, bytes + n);
      all_.news_.notify_all();
    }
    void receive(int from, void* in, std::size_t n) {
      std::unique_lock lock(all_.door_);
      auto& box = all_.boxes_[{from, rank_}];
      all_.news_.wait(lock, [&] { return !box.empty() || all_.left_ > 0; });
      foil::require(!box.empty(), "thread_ranks: rank ", rank_, " waits for rank ", from, ", which is gone");
      foil::require(box.front().size() == n, "thread_ranks: a message of ", box.front().size(), " bytes where ", n, " were expected");
      if (n > 0) std::memcpy(in, box.front().data(), n);
      box.pop_front();
    }
    thread_ranks& all_;
    int rank_;
    std::size_t sent_ = 0;
  };

  explicit thread_ranks(int size) : size_(size) {}
  /// job(communicator) on every rank; returns what each had to say, the text of its exception if there was one.
  template <class Job>
  std::vector<std::string> run(Job const& job) {
    std::vector<std::string> said(static_cast<std::size_t>(size_));
    std::vector<std::thread> crew;
    for (int r = 0; r < size_; ++r)
      crew.emplace_back([&, r] {
        communicator comm(*this, r);
        try {
          said[std::size_t(r)] = job(comm);
        } catch (std::exception const& e) {
          said[std::size_t(r)] = e.what();
          std::lock_guard lock(door_);
          ++left_;
          news_.notify_all();
        }
      });
    for (auto& t : crew) t.join();
    return said;
  }

 private:
  int size_, left_ = 0;
  std::mutex door_;
  std::condition_variable news_;
  std::map<std::pair<int, int>, std::deque<std::vector<char>>> boxes_;
};
