// Hands work from walkers that have much to walkers that have none, and knows when all are done.
//
// Nothing is handed over until somebody waits, so that each walker stays depth-first in a part of
// the tree of its own, and one walker alone never pays for a lock.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "platform/linux/file_system.h"

namespace sidestream {

// A folder whose own streams and files were looked at, with the folders in it that were not.
struct WalkedFolder {
  UniqueFd fd;  // O_PATH suffices; may be closed while many deeper ones are open
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  const FileSystem* file_system = nullptr;
  std::size_t path_bytes = 0;                // length of its path, see GivenFolder
  std::vector<std::string> pending_folders;  // last one next
};

// A regular file that a folder listed and nobody looked at yet.
struct PendingFile {
  std::string name;
  std::uint64_t inode;
};

// What one walker hands another: the folders that wait in a folder, or some of its files.
struct GivenFolder {
  WalkedFolder folder;
  std::string path;  // relative to the target: "", "a", "a/b", …
  std::vector<PendingFile> files;
  std::int64_t read_at_ns = 0;  // CLOCK_REALTIME, not after `files` were listed
};

class FolderExchange {
 public:
  // `walkers` will call Take(), and Leave() at their end.
  explicit FolderExchange(std::size_t walkers) : walkers_(walkers) {}

  // Whether a walker waits for which nothing was given yet. Any walker may ask, at any time.
  bool IsWanted() const { return wanted_.load(std::memory_order_relaxed) > 0; }
  void Give(GivenFolder folder);
  // Waits. Empty: every other walker waits too or has left, so nothing is left to do.
  std::optional<GivenFolder> Take();
  void Leave();

 private:
  void Update();

  std::mutex mutex_;
  std::condition_variable has_news_;
  std::deque<GivenFolder> given_;
  std::size_t walkers_;
  std::size_t waiting_ = 0;
  bool is_done_ = false;
  std::atomic<std::size_t> wanted_ = 0;  // waiting_ beyond what is in given_
};

}  // namespace sidestream
