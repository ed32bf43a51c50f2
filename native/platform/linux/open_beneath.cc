#include "platform/linux/open_beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "platform/linux/errno_error.h"

namespace sidestream {
namespace {

// Well below PATH_MAX (4096), so that a path of any length is opened in steps.
constexpr std::size_t kStepBytes = 3500;
constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool IsPlain(std::string_view relative) {
  while (true) {
    const std::size_t slash = relative.find('/');
    const std::string_view part = relative.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (part.find('\0') != std::string_view::npos) return false;
    if (slash == std::string_view::npos) return true;
    relative.remove_prefix(slash + 1);
  }
}

int OpenAt2(int folder_fd, const std::string& path, std::uint64_t resolve) {
  struct open_how how = {};
  how.flags = kFolderFlags;
  how.resolve = resolve | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, folder_fd, path.c_str(), &how, sizeof how));
}

// As openat2 would, one component at a time: for kernels before 5.6 and seccomp filters without it.
int OpenEachComponent(int folder_fd, std::string_view path) {
  UniqueFd folder;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string part(path.substr(0, slash));
    UniqueFd next(openat(folder.ok() ? folder.get() : folder_fd, part.c_str(), kFolderFlags));
    if (!next.ok()) return -1;
    folder = std::move(next);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return fcntl(folder.get(), F_DUPFD_CLOEXEC, 0);
}

bool CannotOpenAt2() { return errno == ENOSYS || errno == EPERM || errno == EAGAIN; }

int OpenFolderStep(int folder_fd, const std::string& path) {
  const int fd = OpenAt2(folder_fd, path, RESOLVE_BENEATH);
  if (fd >= 0 || !CannotOpenAt2()) return fd;
  return OpenEachComponent(folder_fd, path);
}

// The longest prefix of whole components that fits one step.
std::size_t StepLength(std::string_view path) {
  if (path.size() <= kStepBytes) return path.size();
  return path.rfind('/', kStepBytes);
}

StreamError LinkIsNotFound(StreamError error) {
  if (error.system_code == ELOOP) error.code = "ADS_NOT_FOUND";
  return error;
}

}  // namespace

Result<PlainPath> SplitPlain(std::string_view relative) {
  if (!IsPlain(relative)) {
    return StreamError{
        "ADS_INVALID_NAME", 0, "open",
        "a path below the target has no empty, `.` or `..` component: " + std::string(relative)};
  }
  const std::size_t last_slash = relative.rfind('/');
  if (last_slash == std::string_view::npos) return PlainPath{{}, std::string(relative)};
  return PlainPath{relative.substr(0, last_slash), std::string(relative.substr(last_slash + 1))};
}

Result<UniqueFd> OpenFolderBeneath(int root_fd, std::string_view folders) {
  const std::string_view all = folders;
  UniqueFd folder(fcntl(root_fd, F_DUPFD_CLOEXEC, 0));
  while (folder.ok() && !folders.empty()) {
    const std::size_t length = StepLength(folders);
    folder = UniqueFd(OpenFolderStep(folder.get(), std::string(folders.substr(0, length))));
    folders.remove_prefix(std::min(length + 1, folders.size()));
  }
  if (!folder.ok()) return LinkIsNotFound(FromErrno(errno, "open", std::string(all)));
  return folder;
}

Result<UniqueFd> OpenFolderWithoutLinks(const std::string& path) {
  UniqueFd folder(OpenAt2(AT_FDCWD, path, 0));
  if (!folder.ok() && CannotOpenAt2()) {
    const UniqueFd root(open("/", kFolderFlags));
    const std::size_t first = std::min(path.find_first_not_of('/'), path.size());
    folder = first == path.size()
                 ? UniqueFd(fcntl(root.get(), F_DUPFD_CLOEXEC, 0))
                 : UniqueFd(OpenEachComponent(root.get(), std::string_view(path).substr(first)));
  }
  if (!folder.ok()) return FromErrno(errno, "open", path);
  return folder;
}

Result<UniqueFd> OpenEntry(int folder_fd, const std::string& base_name) {
  UniqueFd fd(openat(folder_fd, base_name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.ok()) return LinkIsNotFound(FromErrno(errno, "open", base_name));
  return fd;
}

Result<OpenedBeneath> OpenBeneath(int root_fd, const std::string& relative) {
  auto path = SplitPlain(relative);
  if (!path.ok()) return path.error();
  auto folder = OpenFolderBeneath(root_fd, path.value().folders);
  if (!folder.ok()) return folder.error();
  OpenedBeneath opened;
  opened.parent_fd = std::move(folder.value());
  opened.base_name = std::move(path.value().base_name);
  auto entry = OpenEntry(opened.parent_fd.get(), opened.base_name);
  if (!entry.ok()) return entry.error();
  opened.fd = std::move(entry.value());
  return opened;
}

}  // namespace sidestream
