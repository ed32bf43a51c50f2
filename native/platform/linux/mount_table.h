// /proc/self/mountinfo, read once: what is mounted where, and from what.

#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace sidestream {

struct Mount {
  std::uint64_t id = 0;
  std::string root;    // the folder of the file system that is shown there; "/": all of it
  std::string point;   // absolute path
  std::string type;    // "ext4", "fuseblk", …
  std::string source;  // "/dev/sdb1", an image, …
};

class MountTable {
 public:
  static MountTable Read();

  // Null if the mount is younger than this table, or not visible here.
  const Mount* FindById(std::uint64_t id) const;
  // Whether anything is mounted directly inside `folder` (absolute, no trailing slash but for "/").
  bool HasMountsIn(const std::string& folder) const { return parents_.contains(folder); }
  // Where something is mounted at or below `folder`, in order, each place as often as something is.
  std::vector<std::string> PointsBelow(const std::string& folder) const;

 private:
  std::vector<Mount> mounts_;
  std::unordered_set<std::string> parents_;
};

}  // namespace sidestream
