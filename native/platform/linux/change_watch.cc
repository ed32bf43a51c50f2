// Notices of changes below a live folder on Linux, over all file systems that are mounted there.

#include "streams/change_watch.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/utf16.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/file_system.h"
#include "platform/linux/mount_table.h"
#include "platform/linux/notice_group.h"
#include "platform/linux/xattr_io.h"

namespace sidestream {
namespace {

constexpr std::string_view kDepotFolder = "/.streams/";

// What a file system shows at a path.
struct ShownPlace {
  std::string path;
  std::string in_file_system;
};

// "/" as nothing, so that names can follow.
std::string WithoutLastSlash(std::string path) {
  if (path.ends_with('/')) path.pop_back();
  return path;
}

bool IsAtOrBelow(const std::string& folder, const std::string& path) {
  return path == folder || folder == "/" ||
         (path.starts_with(folder) && path[folder.size()] == '/');
}

class LinuxChangeWatch final : public ChangeWatch {
 public:
  LinuxChangeWatch(std::u16string path, ChangeCollector& collector)
      : shown_(std::move(path)),
        collector_(collector),
        stop_(eventfd(0, EFD_CLOEXEC)),
        thread_([this] { Run(); }) {}

  ~LinuxChangeWatch() override {
    const std::uint64_t one = 1;
    // An eventfd takes a single 1 whatever happens.
    [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof one);
    thread_.join();
  }

 private:
  void Run() {
    if (Status error = Stand()) return collector_.End(std::move(*error));
    collector_.Stand();
    if (Status error = Listen()) collector_.End(std::move(*error));
  }

  Status Stand() {
    while (shown_.size() > 1 && shown_.back() == u'/') shown_.pop_back();
    const auto bytes = BytesFromUnits(shown_);
    if (!bytes) return StreamError{"ADS_INVALID_NAME", 0, "watch", TextFromUnits(shown_)};
    const UniqueFd root(open(bytes->c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root.ok()) return FromErrno(errno, "watch", *bytes);
    char absolute[PATH_MAX];
    const ssize_t length = readlink(ProcPath(root.get()).c_str(), absolute, sizeof absolute);
    if (length <= 0) return FromErrno(errno, "watch", *bytes);
    absolute_.assign(absolute, static_cast<std::size_t>(length));
    mount_changes_ = UniqueFd(open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
    const MountTable mounts = MountTable::Read();
    points_ = mounts.PointsBelow(absolute_);
    if (Status error = AddGroup(root.get(), absolute_, mounts)) return error;
    const std::set<std::string> others(points_.begin(), points_.end());
    for (const std::string& point : others) {
      if (point == absolute_ || IsBelowPseudo(point)) continue;
      const UniqueFd fd(open(point.c_str(), O_PATH | O_CLOEXEC));
      if (!fd.ok()) return FromErrno(errno, "watch", point);
      if (Status error = AddGroup(fd.get(), point, mounts)) return error;
    }
    return std::nullopt;
  }

  Status AddGroup(int fd, const std::string& point, const MountTable& mounts) {
    const auto facts = FactsOf(fd);
    if (!facts.ok()) return facts.error();
    const FileSystem file_system = InspectFileSystem(fd, facts.value(), mounts, nullptr);
    if (file_system.is_pseudo) pseudo_points_.push_back(point);
    // A scan finds nothing there, or says why it cannot.
    if (file_system.is_pseudo || file_system.unsupported) return std::nullopt;
    const ShownPlace place = PlaceOf(point, mounts.FindById(facts.value().mount_id));
    const auto [first, is_first] = watched_.try_emplace(facts.value().device, place);
    if (!is_first && IsWhereItWas(place, first->second)) return std::nullopt;
    // A handle leads to one path, and the other would go unnoticed.
    if (!is_first) {
      return StreamError{
          "ADS_UNSUPPORTED", 0, "watch",
          point + " shows a file system that is below " + absolute_ + " a second time"};
    }
    auto group = NoticeGroup::Open(point);
    if (!group.ok()) return group.error();
    groups_.push_back(std::move(group.value()));
    return std::nullopt;
  }

  // No scan looks below a pseudo file system, whatever is mounted there.
  bool IsBelowPseudo(const std::string& point) const {
    return std::ranges::any_of(
        pseudo_points_, [&](const std::string& pseudo) { return IsAtOrBelow(pseudo, point); });
  }

  static ShownPlace PlaceOf(const std::string& point, const Mount* mount) {
    if (mount == nullptr) return {WithoutLastSlash(point), ""};
    const std::string below = point.substr(WithoutLastSlash(mount->point).size());
    return {WithoutLastSlash(point), WithoutLastSlash(WithoutLastSlash(mount->root) + below)};
  }

  // A part of a file system mounted over itself, as systemd does to make it read-only: each of its
  // folders still has one path, and the notices of the whole are those of the part.
  static bool IsWhereItWas(const ShownPlace& part, const ShownPlace& whole) {
    return part.path.starts_with(whole.path + "/") &&
           part.in_file_system == whole.in_file_system + part.path.substr(whole.path.size());
  }

  Status Listen() {
    std::vector<pollfd> waiting = {{stop_.get(), POLLIN, 0}, {mount_changes_.get(), POLLPRI, 0}};
    for (const NoticeGroup& group : groups_) waiting.push_back({group.fd(), POLLIN, 0});
    while (true) {
      if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
        return FromErrno(errno, "watch", absolute_);
      }
      if (waiting[0].revents != 0) return std::nullopt;
      if (waiting[1].revents != 0 && MountTable::Read().PointsBelow(absolute_) != points_) {
        return StreamError{"ADS_IDENTITY_CHANGED", 0, "watch",
                           "what is mounted at or below " + absolute_ + " has changed"};
      }
      for (std::size_t i = 0; i < groups_.size(); ++i) {
        if (waiting[i + 2].revents == 0) continue;
        if (Status error = ReadGroup(groups_[i])) return error;
      }
    }
  }

  Status ReadGroup(NoticeGroup& group) {
    Status failure;
    const auto is_all = group.Read([&](const Notice& notice) {
      if (Status error = Take(group, notice); error && !failure) failure = std::move(error);
    });
    if (!is_all.ok()) return is_all.error();
    if (!is_all.value()) collector_.Lose("overflow");
    return failure;
  }

  Status Take(NoticeGroup& group, const Notice& notice) {
    const bool came_or_went =
        (notice.mask & (FAN_MOVED_FROM | FAN_MOVED_TO | FAN_DELETE | FAN_CREATE)) != 0;
    const bool itself_went = (notice.mask & (FAN_DELETE_SELF | FAN_MOVE_SELF)) != 0;
    if (IsAtOrBelow(notice.path, absolute_) && (came_or_went || itself_went)) {
      collector_.Lose("target-moved");
      return std::nullopt;
    }
    if (!IsAtOrBelow(absolute_, notice.path)) return std::nullopt;
    if ((notice.path + "/").find(kDepotFolder, absolute_.size()) != std::string::npos) {
      collector_.Lose("samba-depot");
      return std::nullopt;
    }
    ChangedPlace place;
    place.is_folder = (notice.mask & FAN_ONDIR) != 0;
    place.is_whole_tree =
        place.is_folder && (notice.mask & (FAN_MOVED_FROM | FAN_MOVED_TO | FAN_DELETE)) != 0;
    if (place.is_folder && group.marks_each_folder() &&
        (notice.mask & (FAN_CREATE | FAN_MOVED_TO)) != 0) {
      // What came into it before it was marked went unnoticed.
      place.is_whole_tree = true;
      if (Status error = group.MarkTree(notice.path)) return error;
    }
    Add(notice.path, place);
    return std::nullopt;
  }

  void Add(const std::string& path, ChangedPlace place) {
    const std::string below = path.substr(absolute_ == "/" ? 0 : absolute_.size());
    const std::u16string shown = (shown_ == u"/" ? u"" : shown_) + UnitsFromBytes(below);
    collector_.Add(shown, place);
    // Where ntfs-3g shows a stream as a file, its carrier is what stands before the colon.
    const std::size_t colon = shown.find(u':', shown.rfind(u'/') + 1);
    if (colon != std::u16string::npos) collector_.Add(shown.substr(0, colon), {});
  }

  std::u16string shown_;
  ChangeCollector& collector_;
  const UniqueFd stop_;
  UniqueFd mount_changes_;
  std::string absolute_;
  std::vector<std::string> points_;
  std::map<std::uint64_t, ShownPlace> watched_;  // by device
  std::vector<std::string> pseudo_points_;
  std::vector<NoticeGroup> groups_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<ChangeWatch> StartChangeWatch(std::u16string path, ChangeCollector& collector) {
  return std::make_unique<LinuxChangeWatch>(std::move(path), collector);
}

}  // namespace sidestream
