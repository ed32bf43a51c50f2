// Which file this is, and when it was written: statx() in the terms of the contract.

#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/linux/stream_scheme.h"

namespace sidestream {

struct FileFacts {
  std::uint64_t device = 0;  // st_dev
  std::uint64_t inode = 0;
  std::uint64_t mount_id = 0;  // 0: the kernel is older than 5.8
  std::uint64_t link_count = 0;
  std::int64_t birth_ns = 0;  // 0: unknown
  std::int64_t access_ns = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;  // content, name, links or attributes
  mode_t mode = 0;

  bool IsRegular() const { return S_ISREG(mode); }
  bool IsDirectory() const { return S_ISDIR(mode); }
};

// The inode behind a descriptor, O_PATH ones included.
Result<FileFacts> FactsOf(int fd);
// An entry of a folder. Follows no link and triggers no automount.
Result<FileFacts> FactsOf(int folder_fd, const char* name);

// `posix:<ino>:<birth ns><suffix>`, see NativeBatch.identities; `suffix` is that of the FileSystem.
std::string IdentityOf(const StreamScheme& scheme, const CarrierRef& carrier,
                       const FileFacts& facts, std::string_view suffix);

}  // namespace sidestream
