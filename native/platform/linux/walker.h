// One thread's part of a walk: depth-first below the folders that it was given, which it shares as
// soon as another walker has nothing left.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/linux/folder_exchange.h"
#include "platform/linux/folder_reader.h"
#include "platform/linux/walk_context.h"

namespace sidestream {

class Walker {
 public:
  // On the thread that will walk. Its working folder is its own from here on, where that is
  // allowed.
  explicit Walker(WalkContext& context);

  // One walker begins here, the others with what they are given.
  void EnterTarget();
  // Returns when no walker has anything left, or the walk is over.
  void Run();

 private:
  void Step();
  void OpenAndEnter(const std::string& name, int parent_fd);
  void Enter(UniqueFd fd, const FileFacts& facts, int parent_fd, const std::string& name);
  void Leave();
  void Reopen(WalkedFolder& folder, int child_fd);
  void GiveAway();

  void ReadEntries(WalkedFolder& folder);
  void LookAt(WalkedFolder& folder, const FolderEntry& entry, bool has_mounts);
  bool ReportInPlace(const WalkedFolder& folder, const FolderEntry& entry,
                     const FileSystem& file_system, const XattrPlace& place,
                     const std::vector<StoredStream>& streams);
  void LookInto(int folder_fd, const char* name, const FileSystem& file_system);

  std::string Child(std::string_view name) const;
  std::u16string ShownChild(std::string_view name) const;
  void Count();
  void FlushCount();

  WalkContext& context_;
  FolderReader reader_;
  std::vector<WalkedFolder> folders_;  // deepest last
  std::string path_;                   // of the folder or child at hand, relative to the target
  std::u16string shown_;               // the folder being read, as reported
  std::int64_t read_at_ns_ = 0;        // before its entries were read; CLOCK_REALTIME
  std::uint64_t uncounted_ = 0;        // carriers looked at and not yet told to the sink
  bool has_own_cwd_;
  bool is_inside_ = false;  // the working folder is the one being read
};

}  // namespace sidestream
