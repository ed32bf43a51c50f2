// Finds a carrier by its path, with one pass over $MFT.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "volume/ntfs_volume.h"

namespace sidestream {

// The record number of the file or directory at `path` (`\`-separated, `.` for the root). An exact
// match wins over one that differs in case.
Result<std::uint64_t> FindRecordByPath(const NtfsVolume& volume, std::u16string_view path);

}  // namespace sidestream
