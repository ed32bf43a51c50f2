// Folders that only administrators may change, or even look into.
//
// %ProgramData% lets every user make folders, so one of our name can be there before we are, made
// and filled by somebody who wants to be read by a service. Its owner tells.

#include <memory>

#include "platform/windows/nt_error.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"
#include "system/machine.h"

// After windows.h.
#include <aclapi.h>
#include <sddl.h>

namespace sidestream {
namespace {

// Protected from what the folder above would pass on; inherited by all below. SY: the system, BA:
// administrators, BU: users.
constexpr wchar_t kForAdministrators[] = L"O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
constexpr wchar_t kForReaders[] =
    L"O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)";

struct FreeLocally {
  void operator()(void* memory) const { LocalFree(memory); }
};
template <typename T>
using LocalMemory = std::unique_ptr<T, FreeLocally>;

StreamError Failed(DWORD error, const std::u16string& path) {
  return FromWin32(error, "protect-folder", TextFromUnits(path));
}

bool IsOurs(PSID owner) {
  if (IsWellKnownSid(owner, WinLocalSystemSid)) return true;
  if (IsWellKnownSid(owner, WinBuiltinAdministratorsSid)) return true;
  HANDLE opened = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &opened)) return false;
  const UniqueHandle token(opened);
  alignas(TOKEN_USER) BYTE memory[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  DWORD bytes = 0;
  if (!GetTokenInformation(token.get(), TokenUser, memory, sizeof memory, &bytes)) return false;
  return EqualSid(owner, reinterpret_cast<const TOKEN_USER*>(memory)->User.Sid);
}

Status CheckOwner(const std::u16string& path) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR found = nullptr;
  const DWORD error = GetNamedSecurityInfoW(Wide(path), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION,
                                            &owner, nullptr, nullptr, nullptr, &found);
  const LocalMemory<void> kept(found);
  if (error != ERROR_SUCCESS) return Failed(error, path);
  if (IsOurs(owner)) return std::nullopt;
  return StreamError{"ADS_ACCESS_DENIED", 0, "protect-folder",
                     TextFromUnits(path) +
                         " is there and belongs to a user who is no administrator. Look at what it "
                         "holds, remove it and try again"};
}

}  // namespace

Status ProtectFolder(const std::u16string& path, FolderAudience audience) {
  const wchar_t* words =
      audience == FolderAudience::kAdministrators ? kForAdministrators : kForReaders;
  PSECURITY_DESCRIPTOR made = nullptr;
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(words, SDDL_REVISION_1, &made,
                                                            nullptr)) {
    return Failed(GetLastError(), path);
  }
  const LocalMemory<void> descriptor(made);
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, made, FALSE};
  // With its access list from the first moment on.
  if (CreateDirectoryW(Wide(path), &attributes)) return std::nullopt;
  if (GetLastError() != ERROR_ALREADY_EXISTS) return Failed(GetLastError(), path);
  const DWORD shape = GetFileAttributesW(Wide(path));
  if (shape == INVALID_FILE_ATTRIBUTES) return Failed(GetLastError(), path);
  if ((shape & FILE_ATTRIBUTE_REPARSE_POINT) != 0 || (shape & FILE_ATTRIBUTE_DIRECTORY) == 0) {
    return StreamError{"ADS_ACCESS_DENIED", 0, "protect-folder",
                       TextFromUnits(path) + " is a link or a file and must be a folder"};
  }
  if (const Status failed = CheckOwner(path)) return failed;
  BOOL is_present = FALSE;
  BOOL is_defaulted = FALSE;
  PACL list = nullptr;
  if (!GetSecurityDescriptorDacl(made, &is_present, &list, &is_defaulted)) {
    return Failed(GetLastError(), path);
  }
  std::u16string name = path;
  const DWORD error =
      SetNamedSecurityInfoW(reinterpret_cast<wchar_t*>(name.data()), SE_FILE_OBJECT,
                            DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                            nullptr, nullptr, list, nullptr);
  if (error != ERROR_SUCCESS) return Failed(error, path);
  return std::nullopt;
}

}  // namespace sidestream
