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

// One name of a carrier, as it was met.
struct LinkedName {
  std::string path;  // relative to the walk's target
  InodeKey folder;   // the one that held it
};

class LinkedCarriers {
 public:
  // From any thread.
  void Add(const FileFacts& facts, LinkedName name) {
    const std::lock_guard lock(mutex_);
    names_[KeyOf(facts)].push_back(std::move(name));
  }
  // Once nothing is added any more.
  std::map<InodeKey, std::vector<LinkedName>> Take() { return std::move(names_); }

 private:
  std::mutex mutex_;
  std::map<InodeKey, std::vector<LinkedName>> names_;
};

}  // namespace sidestream
