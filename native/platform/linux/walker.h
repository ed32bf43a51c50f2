// One thread's part of a walk: depth-first below the folders that it was given, which it shares as
// soon as another walker has nothing left.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/linux/folder_exchange.h"
#include "platform/linux/folder_files.h"
#include "platform/linux/folder_reader.h"
#include "platform/linux/own_findings.h"
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
  void Accept(GivenFolder given);
  void Step();
  void OpenAndEnter(const std::string& name, int parent_fd);
  struct OpenedFolder {
    UniqueFd fd;
    bool is_for_listing;  // else O_PATH
  };
  void Enter(OpenedFolder opened, const FileFacts& facts, int parent_fd, const std::string& name);
  void Leave();
  void Reopen(WalkedFolder& folder, int child_fd);
  void GiveFolders();

  FolderFiles::Reached MoveInto(const WalkedFolder& folder) const;
  void ReportOwnStreams(const FileSystem& file_system, const CarrierRef& folder,
                        const FileFacts& facts);
  void ListEntries(WalkedFolder& folder, FolderFiles::Reached reached);
  void ReadEntries(int listed_fd, WalkedFolder& folder, FolderFiles::Reached reached);
  void GiveFiles(const WalkedFolder& folder, std::vector<PendingFile>& files,
                 std::int64_t read_at_ns);
  void LookAtEach(FolderFiles& files, std::vector<PendingFile>& pending);

  void Count();
  void FlushCount();

  WalkContext& context_;
  OwnFindings findings_;
  FolderReader reader_;
  std::vector<WalkedFolder> folders_;  // deepest last
  std::string path_;                   // of the folder or child at hand, relative to the target
  std::uint64_t uncounted_ = 0;        // carriers looked at and not yet told to the sink
  bool has_own_cwd_;
};

}  // namespace sidestream
