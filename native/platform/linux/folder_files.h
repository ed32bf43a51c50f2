// Looks at the files of one folder and reports their streams.
//
// A file without streams costs one system call, by its bare name from the walker's own working
// folder. The usual carrier costs two more and no descriptor; whatever is fresh, linked or unusual
// is opened (O_PATH), and then nothing depends on its name any more.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/linux/folder_exchange.h"
#include "platform/linux/folder_reader.h"
#include "platform/linux/own_findings.h"
#include "platform/linux/scan_carrier.h"
#include "platform/linux/walk_context.h"

namespace sidestream {

class FolderFiles {
 public:
  enum class Reached {
    kInWorkingFolder,  // which is this thread's own, and this folder
    kThroughProc,
  };

  // All but the last two are borrowed; `path` is relative to the target. `read_at_ns`:
  // CLOCK_REALTIME, not after its entries were read.
  FolderFiles(WalkContext& context, OwnFindings& findings, const WalkedFolder& folder,
              const std::string& path, Reached reached, std::int64_t read_at_ns);

  enum class Seen { kFolder, kFile, kOther };
  // A folder is left to the caller. Only folders and regular files can have streams.
  Seen LookAt(const FolderEntry& entry);

 private:
  void LookAtFile(const FolderEntry& entry, const FileSystem& file_system);
  bool ReportInPlace(const FolderEntry& entry, const FileSystem& file_system,
                     const XattrPlace& place, const std::vector<StoredStream>& streams);
  void ReportOpened(const char* name, const FileSystem& file_system);
  void AddLinked(const FileFacts& facts, std::string_view name);

  std::string PathOf(std::string_view name) const;
  std::u16string_view ShownPathOf(std::string_view name);

  WalkContext& context_;
  OwnFindings& findings_;
  const WalkedFolder& folder_;
  const std::string& path_;
  const Reached reached_;
  const std::int64_t read_at_ns_;
  const bool has_mounts_;

  // Of the carrier at hand. Kept for the next one: fresh memory takes longer than what is written
  // to it.
  std::u16string shown_;            // its path as reported; begins with the folder's and a slash
  const std::size_t folder_units_;  // length of that beginning
  std::vector<ReadStream> read_;
};

}  // namespace sidestream
