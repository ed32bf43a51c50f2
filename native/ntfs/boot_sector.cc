#include "ntfs/boot_sector.h"

#include <bit>
#include <cstring>

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kOemIdOffset = 3;
constexpr std::size_t kBytesPerSectorOffset = 11;
constexpr std::size_t kSectorsPerClusterOffset = 13;
constexpr std::size_t kTotalSectorsOffset = 40;
constexpr std::size_t kMftLcnOffset = 48;
constexpr std::size_t kMirrorLcnOffset = 56;
constexpr std::size_t kRecordSizeOffset = 64;
constexpr std::size_t kSerialOffset = 72;

constexpr std::uint32_t kMaxClusterSize = 2u << 20;  // the most that Windows formats
constexpr std::uint32_t kMaxRecordSize = 64u << 10;  // 16-bit offsets reach no further
constexpr std::uint32_t kMinRecordSize = 512;        // one fixup stride
// Keeps every byte offset on the volume below 2^63, so that sums of two cannot wrap.
constexpr std::uint64_t kMaxTotalSectors = 1ull << 50;

// 0 if the byte means nothing.
std::uint32_t DecodeSectorsPerCluster(std::uint8_t byte) {
  if (byte <= 0x80) return byte;
  if (byte >= 0xF4) return 1u << (256u - byte);
  return 0;
}

// 0 if the byte means nothing.
std::uint32_t DecodeRecordSize(std::uint8_t byte, std::uint32_t bytes_per_cluster) {
  if (byte < 0x80) return byte <= kMaxRecordSize / 512 ? byte * bytes_per_cluster : 0;
  const unsigned exponent = 256u - byte;
  return exponent < 32 ? 1u << exponent : 0;
}

}  // namespace

bool HasNtfsOemId(std::span<const std::byte> sector) {
  return sector.size() >= kBootSectorSize &&
         std::memcmp(sector.data() + kOemIdOffset, "NTFS    ", 8) == 0;
}

Parsed<BootSector> ParseBootSector(std::span<const std::byte> sector, std::uint64_t volume_offset) {
  const auto fail = [volume_offset](const char* field, const char* rule, std::uint64_t expected,
                                    std::uint64_t actual, std::size_t at) {
    return ParseError{field, rule, expected, actual, volume_offset + at};
  };
  if (sector.size() < kBootSectorSize) {
    return fail("boot sector", "at least", kBootSectorSize, sector.size(), 0);
  }
  const std::byte* const bytes = sector.data();
  if (!HasNtfsOemId(sector)) {
    return fail("boot sector's OEM id", "the bytes of \"NTFS    \",", 0x202020205346544E,
                LoadLe<std::uint64_t>(bytes + kOemIdOffset), kOemIdOffset);
  }

  BootSector boot;
  boot.bytes_per_sector = LoadLe<std::uint16_t>(bytes + kBytesPerSectorOffset);
  if (!std::has_single_bit(boot.bytes_per_sector) || boot.bytes_per_sector < 256 ||
      boot.bytes_per_sector > 4096) {
    return fail("bytes per sector", "a power of two up to", 4096, boot.bytes_per_sector,
                kBytesPerSectorOffset);
  }

  const auto cluster_byte = LoadLe<std::uint8_t>(bytes + kSectorsPerClusterOffset);
  const std::uint32_t sectors_per_cluster = DecodeSectorsPerCluster(cluster_byte);
  if (!std::has_single_bit(sectors_per_cluster) ||
      sectors_per_cluster > kMaxClusterSize / boot.bytes_per_sector) {
    return fail("sectors per cluster", "a power of two, or an exponent from", 0xF4, cluster_byte,
                kSectorsPerClusterOffset);
  }
  boot.bytes_per_cluster = sectors_per_cluster * boot.bytes_per_sector;

  const auto record_byte = LoadLe<std::uint8_t>(bytes + kRecordSizeOffset);
  boot.record_size = DecodeRecordSize(record_byte, boot.bytes_per_cluster);
  if (!std::has_single_bit(boot.record_size) || boot.record_size < kMinRecordSize ||
      boot.record_size > kMaxRecordSize) {
    return fail("MFT record size", "a power of two in bytes up to", kMaxRecordSize, record_byte,
                kRecordSizeOffset);
  }

  boot.total_sectors = LoadLe<std::uint64_t>(bytes + kTotalSectorsOffset);
  if (boot.total_sectors == 0 || boot.total_sectors > kMaxTotalSectors) {
    return fail("total sectors", "1 to", kMaxTotalSectors, boot.total_sectors, kTotalSectorsOffset);
  }
  boot.mft_lcn = LoadLe<std::uint64_t>(bytes + kMftLcnOffset);
  if (boot.mft_lcn >= boot.cluster_count()) {
    return fail("first cluster of $MFT", "less than", boot.cluster_count(), boot.mft_lcn,
                kMftLcnOffset);
  }
  // Only a spare copy: a wrong value here is found out when, and if, the copy is wanted.
  boot.mirror_lcn = LoadLe<std::uint64_t>(bytes + kMirrorLcnOffset);
  boot.serial = LoadLe<std::uint64_t>(bytes + kSerialOffset);
  return boot;
}

}  // namespace sidestream::ntfs
