#include "platform/linux/xattr_io.h"

#include <sys/xattr.h>

#include <cerrno>
#include <cstdio>

#include "platform/linux/errno_error.h"

namespace sidestream {
namespace {

// Most Zone.Identifier values fit, so one system call does.
constexpr std::size_t kFirstTry = 1024;

// After a first try that failed. Calls `read(buffer, size)` (a listxattr or getxattr) with a buffer
// that is large enough, also when the value grows between asking for its size and reading it.
// False: it failed otherwise, and errno says how.
template <typename Bytes, typename Read>
bool ReadGrowing(Bytes& large, Read read) {
  for (int tries = 0; errno == ERANGE && tries < 8; ++tries) {
    ssize_t length = read(nullptr, 0);
    if (length < 0) return false;
    large.resize(static_cast<std::size_t>(length) + 1);
    length = read(large.data(), large.size());
    if (length >= 0) {
      large.resize(static_cast<std::size_t>(length));
      return true;
    }
  }
  return false;
}

ssize_t Get(const XattrPlace& place, const std::string& name, void* buffer, std::size_t size) {
  if (place.opened_fd() >= 0) return fgetxattr(place.opened_fd(), name.c_str(), buffer, size);
  const auto call = place.follows_link() ? getxattr : lgetxattr;
  return call(place.path(), name.c_str(), buffer, size);
}

std::string Named(const std::string& name) { return "extended attribute " + name; }

ssize_t List(const XattrPlace& place, char* buffer, std::size_t size) {
  if (place.opened_fd() >= 0) return flistxattr(place.opened_fd(), buffer, size);
  const auto call = place.follows_link() ? listxattr : llistxattr;
  return call(place.path(), buffer, size);
}

int Set(const XattrPlace& place, const char* name, std::span<const std::byte> value, int flags) {
  const int fd = place.opened_fd();
  if (fd >= 0) return fsetxattr(fd, name, value.data(), value.size(), flags);
  const auto call = place.follows_link() ? setxattr : lsetxattr;
  return call(place.path(), name, value.data(), value.size(), flags);
}

int Remove(const XattrPlace& place, const char* name) {
  if (place.opened_fd() >= 0) return fremovexattr(place.opened_fd(), name);
  const auto call = place.follows_link() ? removexattr : lremovexattr;
  return call(place.path(), name);
}

Status SetXattr(const XattrPlace& place, const std::string& name, std::span<const std::byte> value,
                int flags, const char* operation) {
  if (Set(place, name.c_str(), value, flags) == 0) return std::nullopt;
  StreamError error = FromErrno(errno, operation, Named(name));
  // Larger than the kernel's 64 KiB (E2BIG) or than the file system's own limit (ERANGE, e.g. NFS).
  if (error.system_code == E2BIG || error.system_code == ERANGE) error.code = "ADS_NO_SPACE";
  return error;
}

}  // namespace

std::string ProcPath(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

std::string ProcPath(int fd, const std::string& name) { return ProcPath(fd) + "/" + name; }

XattrPlace XattrPlace::Behind(int fd) {
  XattrPlace place;
  std::snprintf(place.own_.data(), place.own_.size(), "/proc/self/fd/%d", fd);
  return place;
}

XattrPlace XattrPlace::At(const char* path) {
  XattrPlace place;
  place.borrowed_ = path;
  return place;
}

XattrPlace XattrPlace::Opened(int fd) {
  XattrPlace place;
  place.opened_fd_ = fd;
  return place;
}

Status XattrNames::Read(const XattrPlace& place) {
  const auto read = [&](char* buffer, std::size_t size) { return List(place, buffer, size); };
  const ssize_t length = read(small_.data(), small_.size());
  if (length >= 0) {
    list_ = {small_.data(), static_cast<std::size_t>(length)};
    return std::nullopt;
  }
  if (!ReadGrowing(large_, read)) return FromErrno(errno, "list", "extended attributes");
  list_ = large_;
  return std::nullopt;
}

Result<std::vector<std::byte>> GetXattr(const XattrPlace& place, const std::string& name) {
  const auto read = [&](std::byte* buffer, std::size_t size) {
    return Get(place, name, buffer, size);
  };
  std::byte small[kFirstTry];
  const ssize_t length = read(small, kFirstTry);
  if (length >= 0) return std::vector<std::byte>(small, small + length);
  std::vector<std::byte> large;
  if (!ReadGrowing(large, read)) {
    const int error_number = errno;
    return FromErrno(error_number, "read", Named(name));
  }
  return large;
}

Result<std::size_t> GetXattrSize(const XattrPlace& place, const std::string& name) {
  const ssize_t size = Get(place, name, nullptr, 0);
  if (size < 0) return FromErrno(errno, "read", Named(name));
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

Status CreateXattr(const XattrPlace& place, const std::string& name,
                   std::span<const std::byte> value) {
  return SetXattr(place, name, value, XATTR_CREATE, "create");
}

Status ReplaceXattr(const XattrPlace& place, const std::string& name,
                    std::span<const std::byte> value) {
  return SetXattr(place, name, value, XATTR_REPLACE, "replace");
}

Status RemoveXattr(const XattrPlace& place, const std::string& name) {
  if (Remove(place, name.c_str()) == 0) return std::nullopt;
  return FromErrno(errno, "remove", Named(name));
}

}  // namespace sidestream
