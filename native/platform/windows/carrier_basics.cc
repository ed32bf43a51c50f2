#include "platform/windows/carrier_basics.h"

#include "platform/windows/nt_error.h"

namespace sidestream {
namespace {

// Those that can be set by FileBasicInformation, [MS-FSCC] 2.6.
constexpr std::uint32_t kSettable = FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN |
                                    FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |
                                    FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;

// 0 would mean "leave as it is".
std::uint32_t Settable(std::uint32_t attributes) {
  const std::uint32_t kept = attributes & kSettable;
  return kept != 0 ? kept : FILE_ATTRIBUTE_NORMAL;
}

}  // namespace

Status RestoreBasics(HANDLE handle, const BasicInformation& before, const char* operation) {
  BasicInformation now = {};
  IO_STATUS_BLOCK io = {};
  NTSTATUS status = Nt().query_file(handle, &io, &now, sizeof now, kFileBasic);
  if (nt::IsError(status)) return FromStatus(status, operation, "times of the carrier");
  const bool is_same = now.creation == before.creation && now.last_access == before.last_access &&
                       now.last_write == before.last_write &&
                       Settable(now.attributes) == Settable(before.attributes);
  if (is_same) return std::nullopt;
  BasicInformation wanted = before;
  wanted.attributes = Settable(before.attributes);
  status = Nt().set_file(handle, &io, &wanted, sizeof wanted, kFileBasic);
  if (nt::IsError(status)) return FromStatus(status, operation, "times of the carrier");
  return std::nullopt;
}

NTSTATUS ClearReadOnly(HANDLE handle, const BasicInformation& before) {
  BasicInformation wanted = {};  // times of 0: unchanged
  wanted.attributes =
      Settable(before.attributes & ~static_cast<std::uint32_t>(FILE_ATTRIBUTE_READONLY));
  IO_STATUS_BLOCK io = {};
  return Nt().set_file(handle, &io, &wanted, sizeof wanted, kFileBasic);
}

}  // namespace sidestream
