#include "platform/windows/nt_error.h"

#include <cstdio>

namespace sidestream {
namespace {

struct Row {
  NTSTATUS status;
  const char* code;
  const char* text;
};

constexpr NTSTATUS S(std::uint32_t value) { return static_cast<NTSTATUS>(value); }

constexpr Row kRows[] = {
    {nt::kOplockBreakInProgress, "ADS_IN_USE", "another program holds a lock on it (oplock)"},
    {nt::kAccessDenied, "ADS_ACCESS_DENIED", "access is denied"},
    {nt::kPrivilegeNotHeld, "ADS_ACCESS_DENIED", "a required privilege is not held"},
    {nt::kNoSuchFile, "ADS_NOT_FOUND", "no such file"},
    {nt::kObjectNameNotFound, "ADS_NOT_FOUND", "nothing has this name"},
    {nt::kObjectPathNotFound, "ADS_NOT_FOUND", "a folder of this path is not there"},
    {nt::kFileDeleted, "ADS_NOT_FOUND", "it has been deleted"},
    {nt::kNotADirectory, "ADS_NOT_FOUND", "a folder of this path is no folder"},
    {S(0xC0000039), "ADS_NOT_FOUND", "the path is malformed"},         // OBJECT_PATH_INVALID
    {S(0xC000003B), "ADS_NOT_FOUND", "the path is malformed"},         // OBJECT_PATH_SYNTAX_BAD
    {S(0xC00000CC), "ADS_NOT_FOUND", "the server has no such share"},  // BAD_NETWORK_NAME
    {S(0xC00000BE), "ADS_NOT_FOUND", "the server was not found"},      // BAD_NETWORK_PATH
    {nt::kObjectNameInvalid, "ADS_INVALID_NAME", "the name is not valid"},
    {S(0xC0000106), "ADS_INVALID_NAME", "the name is too long"},  // NAME_TOO_LONG
    {nt::kObjectNameCollision, "ADS_EXISTS", "it exists already"},
    {nt::kSharingViolation, "ADS_IN_USE", "another program has it open"},
    {nt::kFileLockConflict, "ADS_IN_USE", "a part of it is locked"},
    {nt::kDeletePending, "ADS_DELETE_PENDING", "it is being deleted"},
    {nt::kCannotDelete, "ADS_IN_USE", "it is read-only or being executed"},
    {nt::kMediaWriteProtected, "ADS_READ_ONLY", "the volume is write-protected"},
    {nt::kDiskFull, "ADS_NO_SPACE", "the volume is full"},
    {S(0xC0000044), "ADS_NO_SPACE", "the quota is used up"},  // QUOTA_EXCEEDED
    {nt::kFileLimit, "ADS_NO_SPACE", "a limit of the file system is reached"},
    {nt::kNotSupported, "ADS_UNSUPPORTED", "the file system does not support this"},
    {nt::kNotImplemented, "ADS_UNSUPPORTED", "the file system does not support this"},
    {nt::kInvalidInfoClass, "ADS_UNSUPPORTED", "the file system does not support this"},
    {nt::kInvalidDeviceRequest, "ADS_UNSUPPORTED", "the file system does not support this"},
    {S(0xC000CF00), "ADS_UNSUPPORTED", "a cloud file's provider is not running"},
    {S(0xC0000032), "ADS_CORRUPT", "the volume is damaged"},  // DISK_CORRUPT_ERROR
    {S(0xC0000102), "ADS_CORRUPT", "the file is damaged"},    // FILE_CORRUPT_ERROR
    {S(0xC0000120), "ADS_CANCELLED", "it was cancelled"},     // CANCELLED
};

// The few Win32 codes that come from calls without an NTSTATUS.
NTSTATUS StatusOf(DWORD error) {
  switch (error) {
    case ERROR_ACCESS_DENIED:
      return nt::kAccessDenied;
    case ERROR_FILE_NOT_FOUND:
      return nt::kObjectNameNotFound;
    case ERROR_PATH_NOT_FOUND:
    case ERROR_NOT_READY:
      return nt::kObjectPathNotFound;
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
      return nt::kSharingViolation;
    case ERROR_NOT_SUPPORTED:
    case ERROR_INVALID_FUNCTION:
      return nt::kNotSupported;
    case ERROR_WRITE_PROTECT:
      return nt::kMediaWriteProtected;
    default:
      return 0;
  }
}

const Row* RowOf(NTSTATUS status) {
  for (const Row& row : kRows) {
    if (row.status == status) return &row;
  }
  return nullptr;
}

}  // namespace

bool nt::MeansVanished(NTSTATUS status) {
  return status == kNoSuchFile || status == kObjectNameNotFound || status == kObjectPathNotFound ||
         status == kFileDeleted || status == kDeletePending;
}

bool nt::MeansUnsupported(NTSTATUS status) {
  return status == kNotSupported || status == kNotImplemented || status == kInvalidInfoClass ||
         status == kInvalidDeviceRequest || status == kInvalidParameter;
}

StreamError FromStatus(NTSTATUS status, std::string operation, const std::string& what) {
  const Row* const row = RowOf(status);
  char number[32];
  std::snprintf(number, sizeof number, "NTSTATUS 0x%08lX", static_cast<unsigned long>(status));
  std::string message = operation + " " + what + ": ";
  message += row != nullptr ? std::string(row->text) + " (" + number + ")" : std::string(number);
  return {row != nullptr ? row->code : "ADS_IO", static_cast<int>(status), std::move(operation),
          std::move(message)};
}

StreamError FromWin32(DWORD error, std::string operation, const std::string& what) {
  if (const NTSTATUS status = StatusOf(error); status != 0) {
    StreamError known = FromStatus(status, std::move(operation), what);
    known.system_code = static_cast<int>(error);
    return known;
  }
  std::string message = operation + " " + what + ": Win32 error " + std::to_string(error);
  return {"ADS_IO", static_cast<int>(error), std::move(operation), std::move(message)};
}

}  // namespace sidestream
