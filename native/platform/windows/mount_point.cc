#include "platform/windows/mount_point.h"

#include <array>
#include <cstddef>
#include <string>

#include "base/little_endian.h"
#include "platform/windows/nt_error.h"

namespace sidestream {

// REPARSE_DATA_BUFFER, [MS-FSCC] 2.1.2.5: tag, 2 bytes of length, 2 reserved, then offset and
// length of the substitute name and of the name for people, then the names.
bool IsMountedVolume(HANDLE handle) {
  constexpr ULONG kGetReparsePoint = 0x000900A8;
  constexpr std::size_t kSubstituteOffset = 8;
  constexpr std::size_t kNames = 16;
  std::array<std::byte, MAXIMUM_REPARSE_DATA_BUFFER_SIZE> answer{};
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status =
      Nt().fs_control(handle, nullptr, nullptr, nullptr, &io, kGetReparsePoint, nullptr, 0,
                      answer.data(), static_cast<ULONG>(answer.size()));
  if (nt::IsError(status) || LoadLe<std::uint32_t>(answer.data()) != kTagMountPoint) return false;
  const std::size_t start = kNames + LoadLe<std::uint16_t>(answer.data() + kSubstituteOffset);
  const std::size_t bytes = LoadLe<std::uint16_t>(answer.data() + kSubstituteOffset + 2);
  if (start + bytes > answer.size()) return false;
  std::u16string name;
  AppendUtf16Le(answer.data() + start, bytes / 2, name);
  return name.starts_with(u"\\??\\Volume{");
}

}  // namespace sidestream
