// The entries of an open folder (NtQueryDirectoryFile).

#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ntfs/directory_information.h"
#include "platform/windows/nt_api.h"

namespace sidestream {

// All entries but `.` and `..`, read from the start. The handle needs FILE_LIST_DIRECTORY.
// `entries` holds what was read before a failure. Stops early once `is_cancelled` says so.
Status ReadFolder(HANDLE folder, const std::function<bool()>& is_cancelled,
                  std::vector<ntfs::DirectoryEntry>& entries);

// The entry of this name, if the folder can be listed and has it.
std::optional<ntfs::DirectoryEntry> FindEntry(HANDLE folder, std::u16string_view name);

}  // namespace sidestream
