#include "platform/linux/overwrite_file.h"

#include <unistd.h>

#include <cerrno>

#include "platform/linux/errno_error.h"

namespace sidestream {

Status OverwriteFile(int fd, std::span<const std::byte> bytes, const std::string& what) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const auto rest = bytes.subspan(written);
    const ssize_t put = pwrite(fd, rest.data(), rest.size(), static_cast<off_t>(written));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FromErrno(errno, "replace", what);
    written += static_cast<std::size_t>(put);
  }
  if (ftruncate(fd, static_cast<off_t>(bytes.size())) == 0) return std::nullopt;
  return FromErrno(errno, "replace", what);
}

}  // namespace sidestream
