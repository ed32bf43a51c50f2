#include "platform/linux/xattr_io.h"

#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "platform/linux/errno_error.h"

namespace sidestream {
namespace {

// Most carriers' lists and most Zone.Identifier values fit, so one system call does.
constexpr std::size_t kFirstTry = 1024;

// Calls `read(buffer, size)` (a listxattr or getxattr) with a buffer that is large enough, also
// when the value grows between asking for its size and reading it.
template <typename Read>
Result<std::vector<std::byte>> ReadGrowing(Read read, const char* operation,
                                           const std::string& what) {
  std::array<std::byte, kFirstTry> small;
  ssize_t length = read(small.data(), small.size());
  if (length >= 0) return std::vector<std::byte>(small.begin(), small.begin() + length);
  for (int tries = 0; errno == ERANGE && tries < 8; ++tries) {
    length = read(nullptr, 0);
    if (length < 0) break;
    std::vector<std::byte> large(static_cast<std::size_t>(length) + 1);
    length = read(large.data(), large.size());
    if (length >= 0) {
      large.resize(static_cast<std::size_t>(length));
      return large;
    }
  }
  return FromErrno(errno, operation, what);
}

Result<std::vector<std::string>> SplitNames(Result<std::vector<std::byte>> list) {
  if (!list.ok()) return list.error();
  std::vector<std::string> names;
  std::string_view rest(reinterpret_cast<const char*>(list.value().data()), list.value().size());
  while (!rest.empty()) {
    const std::size_t end = rest.find('\0');
    names.emplace_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return names;
}

char* AsChars(void* buffer) { return static_cast<char*>(buffer); }

Status SetXattr(const std::string& path, const std::string& name, std::span<const std::byte> value,
                int flags, const char* operation) {
  if (setxattr(path.c_str(), name.c_str(), value.data(), value.size(), flags) == 0) {
    return std::nullopt;
  }
  StreamError error = FromErrno(errno, operation, "extended attribute " + name);
  // Larger than the kernel's 64 KiB (E2BIG) or than the file system's own limit (ERANGE, e.g. NFS).
  if (error.system_code == E2BIG || error.system_code == ERANGE) error.code = "ADS_NO_SPACE";
  return error;
}

}  // namespace

std::string ProcPath(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

std::string ProcPath(int fd, const std::string& name) { return ProcPath(fd) + "/" + name; }

Result<std::vector<std::string>> ListXattrs(const std::string& path) {
  return SplitNames(
      ReadGrowing([&](void* buffer,
                      std::size_t size) { return listxattr(path.c_str(), AsChars(buffer), size); },
                  "list", "extended attributes"));
}

Result<std::vector<std::string>> ListXattrsNoFollow(const std::string& path) {
  return SplitNames(
      ReadGrowing([&](void* buffer,
                      std::size_t size) { return llistxattr(path.c_str(), AsChars(buffer), size); },
                  "list", "extended attributes"));
}

Result<std::vector<std::byte>> GetXattr(const std::string& path, const std::string& name) {
  return ReadGrowing(
      [&](void* buffer, std::size_t size) {
        return getxattr(path.c_str(), name.c_str(), buffer, size);
      },
      "read", "extended attribute " + name);
}

Result<std::vector<std::byte>> GetXattrNoFollow(const std::string& path, const std::string& name) {
  return ReadGrowing(
      [&](void* buffer, std::size_t size) {
        return lgetxattr(path.c_str(), name.c_str(), buffer, size);
      },
      "read", "extended attribute " + name);
}

Result<std::size_t> GetXattrSize(const std::string& path, const std::string& name) {
  const ssize_t size = getxattr(path.c_str(), name.c_str(), nullptr, 0);
  if (size < 0) return FromErrno(errno, "read", "extended attribute " + name);
  return static_cast<std::size_t>(size);
}

std::vector<std::byte> SliceOf(std::span<const std::byte> value, std::uint64_t offset,
                               std::uint64_t length) {
  const auto start = static_cast<std::size_t>(std::min<std::uint64_t>(offset, value.size()));
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(length, value.size() - start));
  const auto part = value.subspan(start, count);
  return {part.begin(), part.end()};
}

Status CreateXattr(const std::string& path, const std::string& name,
                   std::span<const std::byte> value) {
  return SetXattr(path, name, value, XATTR_CREATE, "create");
}

Status ReplaceXattr(const std::string& path, const std::string& name,
                    std::span<const std::byte> value) {
  return SetXattr(path, name, value, XATTR_REPLACE, "replace");
}

Status RemoveXattr(const std::string& path, const std::string& name) {
  if (removexattr(path.c_str(), name.c_str()) == 0) return std::nullopt;
  return FromErrno(errno, "remove", "extended attribute " + name);
}

}  // namespace sidestream
