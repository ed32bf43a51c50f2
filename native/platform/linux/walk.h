// Walks a live folder and reports every stream at or below it.
//
// - No link is followed below the target; other mounts are entered, pseudo file systems are not.
// - Every folder is opened relative to its parent's descriptor, so a folder swapped for a link
// cannot
//   lead elsewhere. At most kOpenFolders descriptors are held, however deep the tree.
// - A file costs one system call unless it carries streams.
// - Access times stay (O_NOATIME) wherever the kernel lets us: own files, or root.
// - A carrier with several hard links is one record, sent at the end with all paths that were met.

#pragma once

#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "platform/linux/file_system.h"
#include "streams/stream_provider.h"

namespace sidestream {

struct WalkTarget {
  int fd;                     // O_PATH on the folder
  std::u16string shown;       // as given, without trailing slashes; empty for "/"
  std::string absolute_path;  // without links or trailing slash ("/" stays)
  FileSystem file_system;
  std::shared_ptr<const StreamScheme> samba;  // for other file systems below
};

// On the caller's thread. Returns when the walk is complete or the sink is cancelled.
Status Walk(const WalkTarget& target, const MountTable& mounts, const ScanOptions& options,
            ScanSink& sink);

}  // namespace sidestream
