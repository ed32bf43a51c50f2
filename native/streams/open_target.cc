// Chooses the provider for a target. A device is read raw. A folder is read live. A regular file
// may be either: an image of an NTFS volume, or a carrier like any other.

#include <string>

#include "streams/live_target.h"
#include "streams/stream_provider.h"
#include "volume/mft_provider.h"

namespace sidestream {
namespace {

// Samba keeps its xattrs on every file system there is, so a plain file there says nothing about
// streams, and most likely the wrong file was named. On NTFS itself every file is a carrier.
Result<std::unique_ptr<StreamProvider>> OpenPlainFile(const std::u16string& path,
                                                      const std::string& native_path,
                                                      const TargetHints& hints) {
  auto live = OpenLiveTarget(path, hints);
  if (!live.ok() || live.value()->target().provider != "samba") return live;
  const auto carrier = live.value()->OpenCarrier(path, std::nullopt);
  if (!carrier.ok()) return carrier.error();
  const auto streams = carrier.value()->List();
  // A stream that cannot be read is one: the scan will say so.
  if (!streams.ok() || !streams.value().empty()) return live;
  return StreamError{"ADS_NOT_A_SOURCE", 0, "open",
                     native_path +
                         " is neither an NTFS volume or image (no NTFS boot sector at offset 0, no "
                         "partition table) nor a file that carries a stream on this file system (" +
                         live.value()->target().file_system +
                         "); name an image, a device or a folder"};
}

}  // namespace

Result<std::unique_ptr<StreamProvider>> OpenTarget(const std::u16string& path,
                                                   const TargetHints& hints) {
  const auto shape = InspectTarget(path);
  if (!shape.ok()) return shape.error();
  const auto& [kind, native_path] = shape.value();
  switch (kind) {
    case TargetKind::kFolder:
      return OpenLiveTarget(path, hints);
    case TargetKind::kDevice:
      return OpenNtfsImage(native_path);
    case TargetKind::kOther:
      return StreamError{"ADS_NOT_A_SOURCE", 0, "open",
                         native_path + " is neither a file, a folder nor a block device"};
    case TargetKind::kRegularFile:
      break;
  }
  auto image = OpenNtfsImage(native_path);
  if (image.ok() || image.error().code != "ADS_NOT_A_SOURCE") return image;
  return OpenPlainFile(path, native_path, hints);
}

}  // namespace sidestream
