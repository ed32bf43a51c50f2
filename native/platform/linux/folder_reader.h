// The entries of an open folder, in pieces of a few hundred, straight from getdents64().
//
// readdir() is not used: it cannot tell a read error from the end without care, and allocates a
// stream per folder.

#pragma once

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "platform/linux/errno_error.h"

namespace sidestream {

struct FolderEntry {
  const char* name;  // ends with a NUL; valid until the next entry
  unsigned char type;
  std::uint64_t inode;
};

class FolderReader {
 public:
  // Calls `use(entry)` for each entry but `.` and `..`, until it returns false.
  template <typename Use>
  Status ForEach(int folder_fd, Use use) {
    while (true) {
      const long filled = syscall(SYS_getdents64, folder_fd, buffer_.data(), buffer_.size());
      if (filled < 0 && errno == EINTR) continue;
      // A folder removed while open reads as ENOENT: its entries are gone with it.
      if (filled < 0 && errno == ENOENT) return std::nullopt;
      if (filled < 0) return FromErrno(errno, "list", "folder");
      if (filled == 0) return std::nullopt;
      std::int64_t next = 0;
      for (long at = 0; at < filled;) {
        // struct linux_dirent64: ino 8, off 8, record length 2, type 1, name
        const std::byte* record = buffer_.data() + at;
        FolderEntry entry;
        std::uint16_t record_bytes = 0;
        std::memcpy(&entry.inode, record, sizeof entry.inode);
        std::memcpy(&next, record + 8, sizeof next);
        std::memcpy(&record_bytes, record + 16, sizeof record_bytes);
        entry.type = std::to_integer<unsigned char>(record[18]);
        entry.name = reinterpret_cast<const char*>(record + 19);
        at += record_bytes;
        const std::string_view name = entry.name;
        if (name == "." || name == "..") continue;
        if (!use(entry)) return std::nullopt;
      }
      // ext4's offset behind the last entry. Nothing can follow it, so the empty answer need not be
      // asked for; other file systems' offsets mean what they like.
      const bool had_room = static_cast<std::size_t>(filled) < buffer_.size() / 2;
      if (had_room && next == std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    }
  }

 private:
  alignas(8) std::array<std::byte, 64 * 1024> buffer_;
};

}  // namespace sidestream
