#include "platform/linux/notice_group.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "platform/linux/errno_error.h"
#include "platform/linux/folder_reader.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

// Setting an xattr is a FAN_ATTRIB; a stream as a file, and a carrier's new time, a
// FAN_CLOSE_WRITE.
constexpr std::uint64_t kChanges = FAN_ATTRIB | FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM |
                                   FAN_MOVED_TO | FAN_CLOSE_WRITE | FAN_ONDIR;
constexpr std::uint64_t kOfFolder = kChanges | FAN_EVENT_ON_CHILD | FAN_DELETE_SELF | FAN_MOVE_SELF;

// Half of what one user may mark by default.
constexpr std::size_t kMostFolders = 65'536;

// The kernel cannot tell this file system from others by an id.
bool MeansNoId(int error_number) {
  return error_number == ENODEV || error_number == EXDEV || error_number == EOPNOTSUPP;
}

}  // namespace

Result<NoticeGroup> NoticeGroup::Open(const std::string& point) {
  UniqueFd fd(
      fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY));
  if (!fd.ok()) return FromErrno(errno, "watch", point);
  NoticeGroup group(std::move(fd), point);
  if (fanotify_mark(group.fd(), FAN_MARK_ADD | FAN_MARK_FILESYSTEM, kChanges, AT_FDCWD,
                    point.c_str()) == 0) {
    return group;
  }
  if (!MeansNoId(errno)) return FromErrno(errno, "watch", point);
  group.marks_each_folder_ = true;
  if (Status error = group.MarkTree(point)) return *error;
  return group;
}

Status NoticeGroup::MarkTree(const std::string& path) {
  const auto reader = std::make_unique<FolderReader>();
  struct stat root = {};
  if (lstat(path.c_str(), &root) != 0 || !S_ISDIR(root.st_mode)) return std::nullopt;
  std::vector<std::string> waiting = {path};
  while (!waiting.empty()) {
    const std::string folder = std::move(waiting.back());
    waiting.pop_back();
    if (++marked_ > kMostFolders) {
      return StreamError{"ADS_UNSUPPORTED", 0, "watch",
                         point_ + " has more than " + std::to_string(kMostFolders) +
                             " folders, and each would have to be watched"};
    }
    // Marked before it is read, so that what comes in between is told.
    const int marked = fanotify_mark(fd(), FAN_MARK_ADD | FAN_MARK_ONLYDIR | FAN_MARK_DONT_FOLLOW,
                                     kOfFolder, AT_FDCWD, folder.c_str());
    if (marked != 0 && MeansVanished(errno)) continue;
    if (marked != 0) return FromErrno(errno, "watch", folder);
    const UniqueFd opened(
        open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status = {};
    // What is mounted inside has a group of its own.
    if (!opened.ok() || fstat(opened.get(), &status) != 0 || status.st_dev != root.st_dev) continue;
    const Status error = reader->ForEach(opened.get(), [&](const FolderEntry& entry) {
      if (entry.type == DT_DIR) waiting.push_back(folder + "/" + entry.name);
      return true;
    });
    if (error) return error;
  }
  return std::nullopt;
}

Result<bool> NoticeGroup::Read(const std::function<void(const Notice&)>& use) {
  alignas(fanotify_event_metadata) std::array<std::byte, 64 * 1024> buffer;
  // Opened for this piece only: a descriptor that stays would keep the volume from being unmounted.
  const UniqueFd mount(open(point_.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC));
  if (!mount.ok()) return FromErrno(errno, "watch", point_);
  bool is_all = true;
  while (true) {
    const ssize_t filled = read(fd(), buffer.data(), buffer.size());
    if (filled < 0 && errno == EINTR) continue;
    if (filled < 0 && errno == EAGAIN) return is_all;
    if (filled < 0) return FromErrno(errno, "watch", point_);
    auto left = static_cast<long>(filled);
    folders_.clear();
    const auto* event = reinterpret_cast<const fanotify_event_metadata*>(buffer.data());
    for (; FAN_EVENT_OK(event, left); event = FAN_EVENT_NEXT(event, left)) {
      if (!ReadEvent(*event, mount.get(), use)) is_all = false;
    }
  }
}

bool NoticeGroup::ReadEvent(const fanotify_event_metadata& event, int mount_fd,
                            const std::function<void(const Notice&)>& use) {
  if ((event.mask & FAN_Q_OVERFLOW) != 0) return false;
  const auto* info = reinterpret_cast<const fanotify_event_info_fid*>(&event + 1);
  if (event.event_len < sizeof event + sizeof *info ||
      info->hdr.info_type != FAN_EVENT_INFO_TYPE_DFID_NAME) {
    return true;
  }
  const auto& handle = *reinterpret_cast<const file_handle*>(info->handle);
  const std::string* const folder = PathOfFolder(handle, mount_fd);
  // The folder is gone by now: a notice about it, or one above it, comes as well.
  if (folder == nullptr) return true;
  const std::string name = reinterpret_cast<const char*>(handle.f_handle) + handle.handle_bytes;
  if (name.empty() || name == ".") {
    use({*folder, event.mask});
  } else {
    use({(*folder == "/" ? "" : *folder) + "/" + name, event.mask});
  }
  return true;
}

const std::string* NoticeGroup::PathOfFolder(const file_handle& handle, int mount_fd) {
  std::string key(reinterpret_cast<const char*>(handle.f_handle), handle.handle_bytes);
  const auto known = folders_.find(key);
  if (known != folders_.end()) return known->second.empty() ? nullptr : &known->second;
  std::string& path = folders_[std::move(key)];
  const UniqueFd fd(open_by_handle_at(mount_fd, const_cast<file_handle*>(&handle),
                                      O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) return nullptr;
  char text[PATH_MAX];
  const ssize_t length = readlink(ProcPath(fd.get()).c_str(), text, sizeof text);
  struct stat status = {};
  // The kernel appends " (deleted)" to the path of one that is open yet and has no name.
  if (length <= 0 || fstat(fd.get(), &status) != 0 || status.st_nlink == 0) return nullptr;
  path.assign(text, static_cast<std::size_t>(length));
  return &path;
}

}  // namespace sidestream
