// Operating systems without a live provider: disk images can be read, folders cannot.

#include "streams/live_target.h"

#include <filesystem>
#include <system_error>

namespace sidestream {

Result<TargetShape> InspectTarget(const std::u16string& path) {
  const std::filesystem::path native_path(path);
  std::error_code error;
  const auto status = std::filesystem::status(native_path, error);
  TargetShape shape{.kind = TargetKind::kOther, .native_path = native_path.string()};
  switch (status.type()) {
    case std::filesystem::file_type::regular:
      shape.kind = TargetKind::kRegularFile;
      return shape;
    case std::filesystem::file_type::directory:
      shape.kind = TargetKind::kFolder;
      return shape;
    case std::filesystem::file_type::block:
    case std::filesystem::file_type::character:
      shape.kind = TargetKind::kDevice;
      return shape;
    case std::filesystem::file_type::not_found:
      return StreamError{"ADS_NOT_FOUND", error.value(), "open", "no such file or folder"};
    default:
      if (!error) return shape;
      return StreamError{"ADS_ACCESS_DENIED", error.value(), "open", error.message()};
  }
}

Result<std::unique_ptr<StreamProvider>> OpenLiveTarget(const std::u16string&, const TargetHints&) {
  return StreamError{"ADS_UNSUPPORTED", 0, "open",
                     "live folders can be scanned on Linux and Windows; on this operating system "
                     "only NTFS devices and images can be read"};
}

}  // namespace sidestream
