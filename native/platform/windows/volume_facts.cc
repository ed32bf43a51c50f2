#include "platform/windows/volume_facts.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <optional>

#include "base/little_endian.h"
#include "base/utf16.h"
#include "platform/windows/nt_error.h"
#include "platform/windows/nt_open.h"

namespace sidestream {
namespace {

constexpr std::uint32_t kNamedStreams = 0x00040000;    // FILE_NAMED_STREAMS
constexpr std::uint32_t kReadOnlyVolume = 0x00080000;  // FILE_READ_ONLY_VOLUME
constexpr std::uint32_t kRemoteDevice = 0x10;          // FILE_REMOTE_DEVICE
constexpr ULONG kGetNtfsVolumeData = 0x00090064;

using Answer = std::array<std::byte, 1024>;

// Reads a class whose fixed part is followed by a name, in units of UTF-16.
Result<std::size_t> Query(HANDLE handle, ULONG information_class, Answer& answer) {
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status = Nt().query_volume(handle, &io, answer.data(),
                                            static_cast<ULONG>(answer.size()), information_class);
  if (nt::IsError(status)) return FromStatus(status, "query", "volume");
  return std::min(static_cast<std::size_t>(io.Information), answer.size());
}

std::u16string NameAt(const Answer& answer, std::size_t at, std::size_t bytes) {
  std::u16string name;
  const std::size_t room = answer.size() - at;
  AppendUtf16Le(answer.data() + at, std::min(bytes, room) / 2, name);
  return name;
}

std::optional<std::uint64_t> AskSerial(HANDLE handle) {
  std::array<std::byte, 128> answer{};
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status =
      Nt().fs_control(handle, nullptr, nullptr, nullptr, &io, kGetNtfsVolumeData, nullptr, 0,
                      answer.data(), static_cast<ULONG>(answer.size()));
  if (status != nt::kSuccess) return std::nullopt;
  return LoadLe<std::uint64_t>(answer.data());  // NTFS_VOLUME_DATA_BUFFER begins with the serial
}

// `\??\Volume{…}` or `\??\C:` of the volume that holds an open file.
std::u16string DeviceOf(HANDLE handle, DWORD how) {
  std::u16string path(0x8000, u'\0');
  const DWORD size = GetFinalPathNameByHandleW(handle, reinterpret_cast<wchar_t*>(path.data()),
                                               static_cast<DWORD>(path.size()), how);
  path.resize(size < path.size() ? size : 0);
  constexpr std::u16string_view kPrefix = u"\\\\?\\";
  if (!path.starts_with(kPrefix)) return {};
  return u"\\??\\" + path.substr(kPrefix.size(), path.find(u'\\', kPrefix.size()) - kPrefix.size());
}

std::optional<std::uint64_t> SerialInBootSector(const std::u16string& device) {
  UniqueHandle volume;
  OpenHow how;
  how.access = FILE_READ_DATA | SYNCHRONIZE;
  if (Open(nullptr, device, how, volume) != nt::kSuccess) return std::nullopt;
  alignas(4096) std::array<std::byte, 4096> sector{};
  LARGE_INTEGER start = {};
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status =
      Nt().read_file(volume.get(), nullptr, nullptr, nullptr, &io, sector.data(),
                     static_cast<ULONG>(sector.size()), &start, nullptr);
  if (status != nt::kSuccess || std::memcmp(sector.data() + 3, "NTFS    ", 8) != 0) {
    return std::nullopt;
  }
  constexpr std::size_t kSerialOffset = 0x48;  // see ntfs/boot_sector.h
  return LoadLe<std::uint64_t>(sector.data() + kSerialOffset);
}

// The 64-bit serial, so that the raw provider calls the volume by the same name. The request is
// documented for volume handles only, hence the second try; the third is for drivers that do not
// know it.
std::optional<std::uint64_t> NtfsSerial(HANDLE handle) {
  if (const auto serial = AskSerial(handle)) return serial;
  for (const DWORD how : {VOLUME_NAME_GUID, VOLUME_NAME_DOS}) {
    const std::u16string device = DeviceOf(handle, how);
    if (device.empty()) continue;
    UniqueHandle volume;
    if (Open(nullptr, device, {}, volume) == nt::kSuccess) {
      if (const auto serial = AskSerial(volume.get())) return serial;
    }
    if (const auto serial = SerialInBootSector(device)) return serial;
  }
  return std::nullopt;
}

std::string Hex(const char* format, unsigned long long value) {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

Result<VolumeFacts> InspectVolume(HANDLE handle) {
  VolumeFacts facts;
  Answer answer{};
  const auto attributes = Query(handle, kVolumeAttributes, answer);
  if (!attributes.ok()) return attributes.error();
  const auto flags = LoadLe<std::uint32_t>(answer.data());
  facts.holds_streams = (flags & kNamedStreams) != 0;
  facts.is_read_only = (flags & kReadOnlyVolume) != 0;
  const std::size_t name_bytes = LoadLe<std::uint32_t>(answer.data() + 8);
  facts.file_system = TextFromUnits(NameAt(answer, 12, name_bytes));

  answer = {};
  std::uint32_t short_serial = 0;
  if (Query(handle, kVolumeName, answer).ok()) {
    short_serial = LoadLe<std::uint32_t>(answer.data() + 8);
    facts.label = NameAt(answer, 18, LoadLe<std::uint32_t>(answer.data() + 12));
  }
  answer = {};
  if (Query(handle, kVolumeDevice, answer).ok()) {
    facts.is_remote = (LoadLe<std::uint32_t>(answer.data() + 4) & kRemoteDevice) != 0;
  }

  facts.volume_id = Hex("vol-%08llx", short_serial);
  if (facts.is_remote) return facts;
  if (facts.file_system == "ReFS") facts.id_scheme = IdScheme::kRefs;
  if (facts.file_system == "NTFS") {
    facts.id_scheme = IdScheme::kNtfs;
    if (const auto serial = NtfsSerial(handle)) facts.volume_id = Hex("ntfs-%016llx", *serial);
  }
  return facts;
}

}  // namespace sidestream
