// What streams/open_target.cc asks of Windows.

#include "streams/live_target.h"

#include <utility>

#include "base/utf16.h"
#include "platform/windows/nt_error.h"
#include "platform/windows/nt_open.h"
#include "platform/windows/open_beneath.h"
#include "platform/windows/privilege.h"
#include "platform/windows/whole_volume.h"
#include "platform/windows/windows_provider.h"
#include "volume/mft_provider.h"

namespace sidestream {
namespace {

struct OpenedTarget {
  UniqueHandle handle;
  bool is_directory = false;
};

// What a person names may be a link, and then what it leads to is meant; nothing below it is
// followed.
Result<UniqueHandle> OpenFollowing(const TargetPath& path) {
  UniqueHandle handle;
  const NTSTATUS status = Open(nullptr, path.nt_path, {}, handle);
  if (status != nt::kSuccess) return FromStatus(status, "open", TextFromUnits(path.nt_path));
  AttributeTagInformation tag = {};
  IO_STATUS_BLOCK io = {};
  const NTSTATUS queried = Nt().query_file(handle.get(), &io, &tag, sizeof tag, kFileAttributeTag);
  if (nt::IsError(queried) || !LeadsElsewhere(tag.attributes, tag.reparse_tag)) return handle;
  // CreateFileW follows links, with the `\\?\` form of the same path.
  const std::u16string exact = u"\\\\?\\" + path.nt_path.substr(4);
  const HANDLE followed = CreateFileW(
      reinterpret_cast<const wchar_t*>(exact.c_str()), kAttributeAccess, kShareAll, nullptr,
      OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_NO_RECALL, nullptr);
  if (followed == INVALID_HANDLE_VALUE) {
    return FromWin32(GetLastError(), "open", TextFromUnits(path.nt_path));
  }
  return UniqueHandle(followed);
}

Result<OpenedTarget> OpenPath(const TargetPath& path) {
  EnableBackupPrivilege();
  auto handle = OpenFollowing(path);
  if (!handle.ok()) return handle.error();
  StandardInformation standard = {};
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status =
      Nt().query_file(handle.value().get(), &io, &standard, sizeof standard, kFileStandard);
  if (nt::IsError(status)) return FromStatus(status, "open", TextFromUnits(path.nt_path));
  return OpenedTarget{std::move(handle.value()), standard.is_directory != 0};
}

Result<std::unique_ptr<StreamProvider>> OpenLivePath(const TargetPath& path) {
  auto opened = OpenPath(path);
  if (!opened.ok()) return opened.error();
  auto volume = InspectVolume(opened.value().handle.get());
  if (!volume.ok()) return volume.error();
  if (!volume.value().holds_streams) {
    return StreamError{"ADS_UNSUPPORTED", 0, "open",
                       TextFromUnits(path.nt_path.substr(4)) + " is on " +
                           volume.value().file_system + ", which cannot hold streams"};
  }
  return std::unique_ptr<StreamProvider>(
      std::make_unique<WindowsProvider>(std::move(opened.value().handle), path,
                                        opened.value().is_directory, std::move(volume.value())));
}

// A volume that the file system does not show, or shows no streams of, may still be readable raw.
Result<std::unique_ptr<StreamProvider>> OpenVolume(const TargetPath& path) {
  auto live = OpenLivePath(path);
  const auto device = BytesFromUnits(path.device);
  if (!device) return live;
  if (live.ok()) return JoinRawAndLive(*device, std::move(live.value()));
  auto raw = OpenNtfsImage(*device);
  return raw.ok() ? std::move(raw) : std::move(live);
}

}  // namespace

Result<TargetShape> InspectTarget(const std::u16string& path) {
  const auto target = ParseTargetPath(path);
  if (!target.ok()) return target.error();
  TargetShape shape{.kind = TargetKind::kFolder, .native_path = {}};
  if (target.value().kind == TargetPath::Kind::kVolume) return shape;
  const bool is_device = target.value().kind == TargetPath::Kind::kDevice;
  auto native = BytesFromUnits(is_device ? target.value().device : target.value().nt_path);
  if (!native) {
    return StreamError{"ADS_INVALID_NAME", 0, "open",
                       "a target's path must be well-formed Unicode; name its folder"};
  }
  shape.native_path = std::move(*native);
  shape.kind = TargetKind::kDevice;
  if (is_device) return shape;
  const auto opened = OpenPath(target.value());
  if (!opened.ok()) return opened.error();
  shape.kind = opened.value().is_directory ? TargetKind::kFolder : TargetKind::kRegularFile;
  return shape;
}

Result<std::unique_ptr<StreamProvider>> OpenLiveTarget(const std::u16string& path,
                                                       const TargetHints&) {
  const auto target = ParseTargetPath(path);
  if (!target.ok()) return target.error();
  if (target.value().kind == TargetPath::Kind::kVolume) return OpenVolume(target.value());
  return OpenLivePath(target.value());
}

}  // namespace sidestream
