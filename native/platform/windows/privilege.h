// Privileges that administrators and LocalSystem hold, switched off until somebody asks
// (facts 1.3). Both matter only to opens with backup intent.

#pragma once

namespace sidestream {

// Lets opens for reading pass by access lists. Tried once per process and left on; where the
// account does not hold it, nothing changes.
void EnableBackupPrivilege();

// Lets opens for writing and deleting pass by access lists, for as long as one of these lives.
class RestorePrivilege {
 public:
  RestorePrivilege();
  ~RestorePrivilege();
  RestorePrivilege(const RestorePrivilege&) = delete;
  RestorePrivilege& operator=(const RestorePrivilege&) = delete;
};

}  // namespace sidestream
