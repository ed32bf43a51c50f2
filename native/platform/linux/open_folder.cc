#include "platform/linux/open_folder.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

// Linux 5.12; the headers of older systems lack it.
#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

namespace sidestream {
namespace {

constexpr int kForListing = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

}  // namespace

// A look-up within the cache ends at every mount and automount point, as crossing one may wait
// (RESOLVE_NO_XDEV alone triggers automounts before Linux 6.18).
UniqueFd OpenCachedFolder(int parent_fd, const char* name) {
  static std::atomic<bool> is_known = true;
  if (!is_known.load(std::memory_order_relaxed)) return UniqueFd();
  struct open_how how = {};
  how.flags = kForListing | O_NOATIME;
  how.resolve = RESOLVE_CACHED | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  UniqueFd fd(static_cast<int>(syscall(SYS_openat2, parent_fd, name, &how, sizeof how)));
  // Older kernels, and seccomp filters older than the call.
  if (!fd.ok() && (errno == ENOSYS || errno == EINVAL)) {
    is_known.store(false, std::memory_order_relaxed);
  }
  return fd;
}

UniqueFd OpenForListing(int fd) {
  UniqueFd opened(openat(fd, ".", kForListing | O_NOATIME));
  // Refused to all but the owner and root.
  if (!opened.ok() && errno == EPERM) opened = UniqueFd(openat(fd, ".", kForListing));
  return opened;
}

}  // namespace sidestream
