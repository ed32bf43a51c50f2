// What a person writes for a target, as an NT path.
//
//   C:   \\.\C:   \\?\C:          the whole volume
//   \\.\PhysicalDrive0           a device, read raw
//   \\?\C:\a.                    exactly that name
//   C:\a   \\server\share\a      `/` is `\`; `.` and `..` are resolved, nothing else is changed
//   a\b   \a                     from the current folder or drive

#pragma once

#include <string>

#include "base/result.h"

namespace sidestream {

struct TargetPath {
  enum class Kind { kPath, kVolume, kDevice };
  Kind kind = Kind::kPath;
  std::u16string nt_path;  // for a volume its root folder, with the final `\`
  std::u16string device;   // for a volume or device: what is opened to read it raw
  // How paths below the target begin: as given, `/` as `\`, no final `\`. Empty for a volume.
  std::u16string shown;
};

Result<TargetPath> ParseTargetPath(const std::u16string& path);

}  // namespace sidestream
