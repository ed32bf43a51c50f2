// Extended attributes by path, grown to whatever size they have.
//
// Paths are mostly `/proc/self/fd/<n>` (the inode behind a descriptor) and
// `/proc/self/fd/<folder>/<name>`. That reaches an inode through a descriptor opened with O_PATH,
// which needs no permission on the file; f*xattr() would need it opened for reading.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace sidestream {

// The inode behind `fd`, as a path that may be passed to any system call that follows links.
std::string ProcPath(int fd);
// `name` inside the folder behind `fd`.
std::string ProcPath(int fd, const std::string& name);

// The last component is followed if it is a link, which `ProcPath(fd)` always is.
Result<std::vector<std::string>> ListXattrs(const std::string& path);
// The last component is never followed.
Result<std::vector<std::string>> ListXattrsNoFollow(const std::string& path);

Result<std::vector<std::byte>> GetXattr(const std::string& path, const std::string& name);
Result<std::vector<std::byte>> GetXattrNoFollow(const std::string& path, const std::string& name);
// Bytes of the value. The kernel answers 65536 for anything larger.
Result<std::size_t> GetXattrSize(const std::string& path, const std::string& name);

// The part of a value that a read asks for; shorter, or nothing, past its end.
std::vector<std::byte> SliceOf(std::span<const std::byte> value, std::uint64_t offset,
                               std::uint64_t length);

// Fails with ADS_EXISTS if it is there, ADS_NO_SPACE if the file system cannot keep that much.
Status CreateXattr(const std::string& path, const std::string& name,
                   std::span<const std::byte> value);
// Fails with ADS_NOT_FOUND if it is not there. All or nothing, as far as the file system keeps its
// promise.
Status ReplaceXattr(const std::string& path, const std::string& name,
                    std::span<const std::byte> value);
Status RemoveXattr(const std::string& path, const std::string& name);

}  // namespace sidestream
