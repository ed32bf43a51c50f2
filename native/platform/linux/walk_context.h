// What all walkers of one walk share. Every method may be called from any of them.

#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_set>

#include "platform/linux/folder_exchange.h"
#include "platform/linux/linked_carriers.h"
#include "platform/linux/walk.h"

namespace sidestream {

class WalkContext {
 public:
  WalkContext(const WalkTarget& target, const MountTable& mounts, const ScanOptions& options,
              ScanSink& sink, std::size_t walkers);

  const WalkTarget& target() const { return target_; }
  const MountTable& mounts() const { return mounts_; }
  const ScanOptions& options() const { return options_; }
  ScanSink& sink() const { return sink_; }
  FolderExchange& exchange() { return exchange_; }
  LinkedCarriers& linked() { return linked_; }

  // `relative` to the target: "", "a", "a/b", …
  std::u16string Shown(const std::string& relative) const;
  std::string Absolute(const std::string& relative) const;
  bool IsExcluded(const std::string& relative) const;

  // What vanished since its name was read is nothing to report.
  void AddUnlessVanished(const std::string& relative, const StreamError& error) const;
  void AddUnreadable(const std::string& relative, const StreamError& error) const;

  // Of the folder or regular file behind `fd`. Stays where it is until the walk ends.
  const FileSystem& FileSystemOf(int fd, const FileFacts& facts);

  // The walk as a whole failed: no walker need go on. The first failure counts.
  void Fail(StreamError error);
  bool IsOver() const { return sink_.IsCancelled() || has_failed_.load(std::memory_order_relaxed); }
  // Once no walker runs any more.
  const Status& failure() const { return failure_; }

 private:
  const WalkTarget& target_;
  const MountTable& mounts_;
  const ScanOptions& options_;
  ScanSink& sink_;
  std::unordered_set<std::string> excluded_;
  FolderExchange exchange_;
  LinkedCarriers linked_;
  std::atomic<bool> has_failed_ = false;
  std::mutex mutex_;  // of what follows
  Status failure_;
  std::map<std::uint64_t, FileSystem> file_systems_;  // by device number
};

}  // namespace sidestream
