// Undoes the update sequence ("fixup") of a FILE record, and finds torn writes by it.
//
// Before NTFS writes a record it replaces the last two bytes of every 512-byte stride by one check
// value and keeps what was there in the update sequence array. A stride whose last two bytes are
// not the check value was not written together with the first one: the write was torn.
//
//   offset  size  field
//   ------  ----  ---------------------------------------------------------
//        4     2  array offset   bytes from the start of the record
//        6     2  array count    1 (the check value) + one per stride
//
// The stride is 512 bytes whatever the sector size (MULTI_SECTOR_HEADER, "sequence number stride").

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

inline constexpr std::size_t kFixupStride = 512;

// Restores `record` (a whole record, a multiple of 512 bytes) in place. On failure it is left
// partly restored and must not be decoded. A mismatch in a stride past the record's used bytes is
// harmless and passes: nothing lives there.
[[nodiscard]] ParseStatus ApplyFixup(std::span<std::byte> record, std::uint64_t volume_offset);

}  // namespace sidestream::ntfs
