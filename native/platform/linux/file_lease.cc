#include "platform/linux/file_lease.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {

Status RefuseLeased(int fd) {
  struct stat facts;
  if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  // Opening meets a lease where the O_PATH of `fd` did not. It reads nothing, so no time moves.
  const UniqueFd opened(open(ProcPath(fd).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (opened.ok() || errno != EWOULDBLOCK) return std::nullopt;
  return StreamError{"ADS_IN_USE", EWOULDBLOCK, "open",
                     "another process has a lease on the file (an oplock, for example)"};
}

}  // namespace sidestream
