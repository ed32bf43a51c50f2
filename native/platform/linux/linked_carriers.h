// Carriers with several hard links: one record each, with all paths that a walk met.

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "platform/linux/posix_identity.h"

namespace sidestream {

// Device and inode number.
using InodeKey = std::pair<std::uint64_t, std::uint64_t>;

inline InodeKey KeyOf(const FileFacts& facts) { return {facts.device, facts.inode}; }

class LinkedCarriers {
 public:
  // `path`: relative to the walk's target. From any thread.
  void Add(const FileFacts& facts, std::string path) {
    const std::lock_guard lock(mutex_);
    paths_[KeyOf(facts)].push_back(std::move(path));
  }
  // Once nothing is added any more.
  std::map<InodeKey, std::vector<std::string>> Take() { return std::move(paths_); }

 private:
  std::mutex mutex_;
  std::map<InodeKey, std::vector<std::string>> paths_;
};

}  // namespace sidestream
