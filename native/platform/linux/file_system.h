// What a mounted file system can do for us: which scheme keeps its streams, or why none can be
// seen.
//
// A file system whose streams Linux does not show (ntfs3, SMB client mounts, ntfs-3g without a
// stream interface, FAT) is `unsupported` with a message, and never an empty listing.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "platform/linux/mount_table.h"
#include "platform/linux/posix_identity.h"
#include "platform/linux/stream_scheme.h"

namespace sidestream {

struct FileSystem {
  std::string name;       // for people: "ext4"
  std::string volume_id;  // see NativeTarget.volumeId
  // Ends the identity of every file on it: `@<volume id in decimal>`, because an inode number says
  // nothing without its file system. Empty for the file system of the target, which the target
  // names.
  std::string identity_suffix;
  bool is_writable = false;
  // procfs, sysfs and their like: made up by the kernel, no user's stream can be there.
  bool is_pseudo = false;
  // On this machine's own disks or in its memory: opening a file asks nobody else and fetches
  // nothing.
  bool is_local = false;
  // Removing an extended attribute moves the file's change time, and no other.
  bool removal_keeps_times = false;
  // Null if pseudo or unsupported.
  std::shared_ptr<const StreamScheme> scheme;
  std::optional<StreamError> unsupported;
};

// Inspects the file system behind `fd`, a folder or regular file (O_PATH suffices). `samba` is its
// scheme if it has none of its own.
FileSystem InspectFileSystem(int fd, const FileFacts& facts, const MountTable& mounts,
                             const std::shared_ptr<const StreamScheme>& samba);

}  // namespace sidestream
