// Decodes the boot sector: the volume's geometry and where its $MFT begins.
//
//   offset  size  field
//   ------  ----  ---------------------------------------------------------
//        3     8  OEM id               "NTFS    "; BitLocker has "-FVE-FS-"
//       11     2  bytes per sector     512 or 4096
//       13     1  sectors per cluster  0..0x80 as it is; 0xF4..0xFF mean 2^(256-n)
//       40     8  total sectors        the backup boot sector lies right after them
//       48     8  $MFT                 first cluster
//       56     8  $MFTMirr             first cluster
//       64     1  record size          1..127 clusters, or negative n: 2^-n bytes
//       72     8  volume serial number
//      510     2  0xAA55
//
// Two traps, both met in real readers. Sectors per cluster 0x80 is 128 and not -128, or volumes
// with 64 KiB clusters do not open; and Windows 10 formats clusters of up to 2 MiB, which only the
// exponent form can express. Sources: native/ntfs/README.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

inline constexpr std::size_t kBootSectorSize = 512;

struct BootSector {
  std::uint32_t bytes_per_sector = 0;
  std::uint32_t bytes_per_cluster = 0;
  std::uint32_t record_size = 0;  // bytes
  std::uint64_t total_sectors = 0;
  std::uint64_t mft_lcn = 0;
  std::uint64_t mirror_lcn = 0;
  std::uint64_t serial = 0;

  std::uint64_t cluster_count() const {
    return total_sectors / (bytes_per_cluster / bytes_per_sector);
  }
};

// True if the OEM id says NTFS; nothing else is checked.
bool HasNtfsOemId(std::span<const std::byte> sector);

// Decodes the first 512 bytes of `sector`. The 0xAA55 at the end is not demanded: Windows mounts
// volumes without it.
[[nodiscard]] Parsed<BootSector> ParseBootSector(std::span<const std::byte> sector,
                                                 std::uint64_t volume_offset);

}  // namespace sidestream::ntfs
