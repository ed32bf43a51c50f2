// Decodes the value of $STANDARD_INFORMATION as far as we need it: the time of the last write.
//
//   offset  size  field
//   ------  ----  ---------------------------------------------------------
//        0     8  created
//        8     8  last write    FILETIME: 100 ns since 1601-01-01 UTC
//       16     8  record changed
//       24     8  last access

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

// Nanoseconds since 1970-01-01 UTC, clamped to what 64 bits hold (the years 1677 to 2262).
std::int64_t UnixNsFromFileTime(std::uint64_t file_time);

// The time of the last write in nanoseconds since 1970-01-01 UTC.
[[nodiscard]] Parsed<std::int64_t> ParseLastWriteNs(std::span<const std::byte> value,
                                                    std::uint64_t volume_offset);

}  // namespace sidestream::ntfs
