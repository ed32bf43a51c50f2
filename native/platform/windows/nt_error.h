// NTSTATUS to the codes of native/addon.ts: the one table.

#pragma once

#include <string>

#include "base/result.h"
#include "platform/windows/nt_api.h"

namespace sidestream {

namespace nt {

// ntstatus.h cannot be included beside windows.h; these are its values.
constexpr NTSTATUS kSuccess = 0;
constexpr NTSTATUS kOplockBreakInProgress = 0x108;  // a success: the handle is open
constexpr NTSTATUS kBufferOverflow = static_cast<NTSTATUS>(0x80000005);
constexpr NTSTATUS kNoMoreFiles = static_cast<NTSTATUS>(0x80000006);
constexpr NTSTATUS kNotImplemented = static_cast<NTSTATUS>(0xC0000002);
constexpr NTSTATUS kInvalidInfoClass = static_cast<NTSTATUS>(0xC0000003);
constexpr NTSTATUS kInfoLengthMismatch = static_cast<NTSTATUS>(0xC0000004);
constexpr NTSTATUS kInvalidParameter = static_cast<NTSTATUS>(0xC000000D);
constexpr NTSTATUS kNoSuchFile = static_cast<NTSTATUS>(0xC000000F);
constexpr NTSTATUS kInvalidDeviceRequest = static_cast<NTSTATUS>(0xC0000010);
constexpr NTSTATUS kEndOfFile = static_cast<NTSTATUS>(0xC0000011);
constexpr NTSTATUS kAccessDenied = static_cast<NTSTATUS>(0xC0000022);
constexpr NTSTATUS kBufferTooSmall = static_cast<NTSTATUS>(0xC0000023);
constexpr NTSTATUS kObjectNameInvalid = static_cast<NTSTATUS>(0xC0000033);
constexpr NTSTATUS kObjectNameNotFound = static_cast<NTSTATUS>(0xC0000034);
constexpr NTSTATUS kObjectNameCollision = static_cast<NTSTATUS>(0xC0000035);
constexpr NTSTATUS kObjectPathNotFound = static_cast<NTSTATUS>(0xC000003A);
constexpr NTSTATUS kSharingViolation = static_cast<NTSTATUS>(0xC0000043);
constexpr NTSTATUS kFileLockConflict = static_cast<NTSTATUS>(0xC0000054);
constexpr NTSTATUS kDeletePending = static_cast<NTSTATUS>(0xC0000056);
constexpr NTSTATUS kPrivilegeNotHeld = static_cast<NTSTATUS>(0xC0000061);
constexpr NTSTATUS kDiskFull = static_cast<NTSTATUS>(0xC000007F);
constexpr NTSTATUS kMediaWriteProtected = static_cast<NTSTATUS>(0xC00000A2);
constexpr NTSTATUS kFileIsADirectory = static_cast<NTSTATUS>(0xC00000BA);
constexpr NTSTATUS kNotSupported = static_cast<NTSTATUS>(0xC00000BB);
constexpr NTSTATUS kNotADirectory = static_cast<NTSTATUS>(0xC0000103);
constexpr NTSTATUS kCannotDelete = static_cast<NTSTATUS>(0xC0000121);
constexpr NTSTATUS kFileDeleted = static_cast<NTSTATUS>(0xC0000123);
constexpr NTSTATUS kFileLimit = static_cast<NTSTATUS>(0xC0000427);  // FILE_SYSTEM_LIMITATION

constexpr bool IsError(NTSTATUS status) { return status < 0; }

// Nothing is at this name any more.
bool MeansVanished(NTSTATUS status);
// The file system does not know this request.
bool MeansUnsupported(NTSTATUS status);

}  // namespace nt

// `what` is the thing the operation was about, for people.
StreamError FromStatus(NTSTATUS status, std::string operation, const std::string& what);

// The same for calls that set GetLastError().
StreamError FromWin32(DWORD error, std::string operation, const std::string& what);

}  // namespace sidestream
