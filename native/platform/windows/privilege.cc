#include "platform/windows/privilege.h"

#include <mutex>

#include "platform/windows/unique_handle.h"

namespace sidestream {
namespace {

// Of the process and not of a thread: a thread's token would have to be impersonated, which fails
// for accounts that may not.
void Switch(const wchar_t* name, bool on) {
  HANDLE opened = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &opened)) return;
  const UniqueHandle token(opened);
  TOKEN_PRIVILEGES privileges = {};
  privileges.PrivilegeCount = 1;
  privileges.Privileges[0].Attributes = on ? SE_PRIVILEGE_ENABLED : 0;
  if (!LookupPrivilegeValueW(nullptr, name, &privileges.Privileges[0].Luid)) return;
  AdjustTokenPrivileges(token.get(), FALSE, &privileges, 0, nullptr, nullptr);
}

std::mutex restore_mutex;
int restore_users = 0;

}  // namespace

void EnableBackupPrivilege() {
  static std::once_flag once;
  std::call_once(once, [] { Switch(L"SeBackupPrivilege", true); });
}

RestorePrivilege::RestorePrivilege() {
  const std::lock_guard lock(restore_mutex);
  if (restore_users++ == 0) Switch(L"SeRestorePrivilege", true);
}

RestorePrivilege::~RestorePrivilege() {
  const std::lock_guard lock(restore_mutex);
  if (--restore_users == 0) Switch(L"SeRestorePrivilege", false);
}

}  // namespace sidestream
