// Walks a live folder and reports every stream at or below it.
//
// - No link is followed below the target; other mounts are entered, pseudo file systems are not.
// - Every folder is opened relative to its parent's descriptor, so a folder swapped for a link
//   cannot lead elsewhere. Each walker holds few descriptors, however deep the tree.
// - A file costs one system call unless it carries streams, and two more for a usual carrier.
// - Access times stay (O_NOATIME) wherever the kernel lets us: own files, or root.
// - A carrier with several hard links is one record, sent at the end with all paths that were met.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "platform/linux/file_system.h"
#include "streams/stream_provider.h"

namespace sidestream {

struct WalkTarget {
  int fd;                     // O_PATH on the folder
  std::uint64_t device;       // of its file system
  std::u16string shown;       // as given, without trailing slashes; empty for "/"
  std::string absolute_path;  // without links or trailing slash ("/" stays)
  FileSystem file_system;
  std::shared_ptr<const StreamScheme> samba;  // for other file systems below
};

// On the caller's thread, whose working folder it changes, and on threads of its own as
// ScanOptions::threads says. Returns when the walk is complete or the sink is cancelled.
Status Walk(const WalkTarget& target, const MountTable& mounts, const ScanOptions& options,
            ScanSink& sink);

}  // namespace sidestream
