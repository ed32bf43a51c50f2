// The format is in proc_pid_mountinfo(5):
//   36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/root rw,errors=continue
// Blanks and backslashes inside a field are written as \ooo.

#include "platform/linux/mount_table.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace sidestream {
namespace {

std::string Unescape(const std::string& field) {
  std::string text;
  for (std::size_t at = 0; at < field.size(); ++at) {
    if (field[at] == '\\' && at + 3 < field.size()) {
      text.push_back(static_cast<char>(std::strtol(field.substr(at + 1, 3).c_str(), nullptr, 8)));
      at += 3;
    } else {
      text.push_back(field[at]);
    }
  }
  return text;
}

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

}  // namespace

MountTable MountTable::Read() {
  MountTable table;
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    Mount mount;
    std::string skipped;
    fields >> mount.id >> skipped >> skipped >> mount.root >> mount.point;
    // Optional fields end with a lone hyphen.
    while (fields >> skipped && skipped != "-") {
    }
    fields >> mount.type >> mount.source;
    mount.root = Unescape(mount.root);
    mount.point = Unescape(mount.point);
    mount.source = Unescape(mount.source);
    table.parents_.insert(ParentOf(mount.point));
    table.mounts_.push_back(std::move(mount));
  }
  return table;
}

const Mount* MountTable::FindById(std::uint64_t id) const {
  const auto found = std::find_if(mounts_.begin(), mounts_.end(),
                                  [id](const Mount& mount) { return mount.id == id; });
  return found == mounts_.end() ? nullptr : &*found;
}

std::vector<std::string> MountTable::PointsBelow(const std::string& folder) const {
  const std::string prefix = folder == "/" ? folder : folder + "/";
  std::vector<std::string> points;
  for (const Mount& mount : mounts_) {
    if (mount.point == folder || mount.point.starts_with(prefix)) points.push_back(mount.point);
  }
  std::ranges::sort(points);
  return points;
}

}  // namespace sidestream
