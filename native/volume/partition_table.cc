#include "volume/partition_table.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/little_endian.h"

namespace sidestream {
namespace {

constexpr std::array<std::uint64_t, 2> kSectorSizes = {512, 4096};

constexpr std::size_t kMbrTableOffset = 446;
constexpr std::size_t kMbrEntrySize = 16;
constexpr std::size_t kMbrSignatureOffset = 510;
constexpr std::uint32_t kFirstLogicalNumber = 5;
// A chain of logical partitions that runs in a circle must end somewhere.
constexpr std::uint32_t kMaxLogicalPartitions = 128;
constexpr std::size_t kMaxGptEntries = 1024;

struct KnownUse {
  std::array<std::uint8_t, 16> type;
  PartitionUse use;
};

// Type GUIDs of Microsoft's, as they stand in a GPT: the first three parts little-endian (UEFI
// specification, appendix A).
constexpr std::array<KnownUse, 4> kKnownUses = {{
    // EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, basic data
    {{0xA2, 0xA0, 0xD0, 0xEB, 0xE5, 0xB9, 0x33, 0x44, 0x87, 0xC0, 0x68, 0xB6, 0xB7, 0x26, 0x99,
      0xC7},
     PartitionUse::kWindowsVolume},
    // DE94BBA4-06D1-4D40-A16A-BFD50179D6AC, recovery tools
    {{0xA4, 0xBB, 0x94, 0xDE, 0xD1, 0x06, 0x40, 0x4D, 0xA1, 0x6A, 0xBF, 0xD5, 0x01, 0x79, 0xD6,
      0xAC},
     PartitionUse::kWindowsVolume},
    // AF9B60A0-1431-4F62-BC68-3311714A69AD, data of the logical disk manager
    {{0xA0, 0x60, 0x9B, 0xAF, 0x31, 0x14, 0x62, 0x4F, 0xBC, 0x68, 0x33, 0x11, 0x71, 0x4A, 0x69,
      0xAD},
     PartitionUse::kDynamicDisk},
    // E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D, Storage Spaces
    {{0x8F, 0xAF, 0x5C, 0xE7, 0x80, 0xF6, 0xEE, 0x4C, 0xAF, 0xA3, 0xB0, 0x01, 0xE5, 0x6E, 0xFC,
      0x2D},
     PartitionUse::kStoragePool},
}};

using Sector = std::array<std::byte, 512>;

// False if the image ends before, or cannot be read there.
bool ReadExactly(const BlockReader& image, std::uint64_t offset, std::span<std::byte> into) {
  const auto read = image.ReadAt(offset, into);
  return read.ok() && read.value() == into.size();
}

ImageFormat FormatAt(const BlockReader& image, std::uint64_t offset) {
  Sector head;
  if (!ReadExactly(image, offset, head)) return ImageFormat::kUnknown;
  return IdentifyImage(head);
}

PartitionUse UseOfType(const std::byte* type) {
  for (const KnownUse& known : kKnownUses) {
    if (std::memcmp(type, known.type.data(), known.type.size()) == 0) return known.use;
  }
  return PartitionUse::kOther;
}

// Where the table says a partition lies, in sectors, and of what kind.
struct TableEntry {
  std::uint32_t number;
  std::uint64_t first_sector;
  std::uint64_t sectors;
  PartitionUse use;
};

void AddPartition(const BlockReader& image, const TableEntry& entry, std::uint64_t sector_size,
                  PartitionTable& table) {
  const auto [number, first_sector, sectors, use] = entry;
  const std::uint64_t image_sectors = image.size() / sector_size;
  if (first_sector == 0 || sectors == 0) return;
  if (first_sector >= image_sectors) {
    if (use == PartitionUse::kOther) return;
    table.faults.push_back({number, "partition " + std::to_string(number) +
                                        " is said to be a volume of Windows' from sector " +
                                        std::to_string(first_sector) + " on; the image ends at " +
                                        std::to_string(image_sectors)});
    return;
  }
  Partition partition;
  partition.number = number;
  partition.use = use;
  partition.start = first_sector * sector_size;
  partition.length = sectors > image_sectors - first_sector ? image.size() - partition.start
                                                            : sectors * sector_size;
  partition.format = FormatAt(image, partition.start);
  if (partition.format == ImageFormat::kUnknown && partition.length >= sector_size) {
    // A destroyed boot sector still has its copy in the partition's last sector.
    const std::uint64_t backup = partition.start + partition.length - sector_size;
    if (FormatAt(image, backup) == ImageFormat::kNtfs) partition.format = ImageFormat::kNtfs;
  }
  table.partitions.push_back(partition);
}

// GPT header (UEFI specification, 5.3.2): signature at 0, first entry's sector at 72, count at 80,
// entry size at 84. Entry: type GUID at 0 (zero: unused), first and last sector at 32 and 40. The
// checksums are not demanded: a disk with a damaged table is just what an examiner brings.
//
// False if no header stands in this sector, or one without a partition.
bool ReadGpt(const BlockReader& image, std::uint64_t header_sector, std::uint64_t sector_size,
             PartitionTable& table) {
  Sector header;
  if (!ReadExactly(image, header_sector * sector_size, header)) return false;
  if (std::memcmp(header.data(), "EFI PART", 8) != 0) return false;
  const auto first_entry = LoadLe<std::uint64_t>(header.data() + 72);
  const std::size_t count = LoadLe<std::uint32_t>(header.data() + 80);
  const std::size_t entry_size = LoadLe<std::uint32_t>(header.data() + 84);
  if (entry_size < 128 || entry_size > 4096 || first_entry >= image.size() / sector_size) {
    return false;
  }
  table.kind = "GPT";
  std::array<std::byte, 128> entry;
  std::size_t looked_at = 0;
  for (; looked_at < std::min(count, kMaxGptEntries); ++looked_at) {
    if (!ReadExactly(image, first_entry * sector_size + looked_at * entry_size, entry)) break;
    const bool is_used = std::any_of(entry.begin(), entry.begin() + 16,
                                     [](std::byte byte) { return byte != std::byte{0}; });
    const auto first = LoadLe<std::uint64_t>(entry.data() + 32);
    const auto last = LoadLe<std::uint64_t>(entry.data() + 40);
    if (!is_used || last < first || last == UINT64_MAX) continue;
    AddPartition(image,
                 {static_cast<std::uint32_t>(looked_at + 1), first, last - first + 1,
                  UseOfType(entry.data())},
                 sector_size, table);
  }
  if (looked_at < count) {
    table.faults.push_back({0, "the GPT has room for " + std::to_string(count) +
                                   " partitions, and only the first " + std::to_string(looked_at) +
                                   " were looked at"});
  }
  return !table.partitions.empty();
}

// The copy stands in the disk's last sector, behind its own list of partitions.
bool ReadBackupGpt(const BlockReader& image, std::uint64_t sector_size, PartitionTable& table) {
  const std::uint64_t sectors = image.size() / sector_size;
  if (sectors == 0 || !ReadGpt(image, sectors - 1, sector_size, table)) return false;
  table.faults.push_back({0, "the first GPT is lost; its copy at the disk's end was used"});
  return true;
}

struct MbrEntry {
  std::uint8_t type;
  std::uint64_t first_sector;
  std::uint64_t sectors;

  PartitionUse use() const {
    // NTFS, exFAT or HPFS; hidden; a recovery partition.
    if (type == 0x07 || type == 0x17 || type == 0x27) return PartitionUse::kWindowsVolume;
    return type == 0x42 ? PartitionUse::kDynamicDisk : PartitionUse::kOther;
  }
  bool is_extended() const { return type == 0x05 || type == 0x0F || type == 0x85; }
};

MbrEntry LoadMbrEntry(const Sector& sector, std::size_t index) {
  const std::byte* const at = sector.data() + kMbrTableOffset + index * kMbrEntrySize;
  return {LoadLe<std::uint8_t>(at + 4), LoadLe<std::uint32_t>(at + 8),
          LoadLe<std::uint32_t>(at + 12)};
}

// Each link of the chain holds one logical partition (relative to the link) and the next link
// (relative to the whole extended partition).
void ReadLogicalPartitions(const BlockReader& image, std::uint64_t extended_start,
                           std::uint64_t sector_size, PartitionTable& table) {
  std::uint64_t link = extended_start;
  for (std::uint32_t i = 0; i < kMaxLogicalPartitions; ++i) {
    Sector sector;
    if (!ReadExactly(image, link * sector_size, sector) ||
        LoadLe<std::uint16_t>(sector.data() + kMbrSignatureOffset) != 0xAA55) {
      table.faults.push_back({0, "the chain of logical partitions is broken at sector " +
                                     std::to_string(link) + ": what comes behind is not known"});
      return;
    }
    const MbrEntry logical = LoadMbrEntry(sector, 0);
    if (logical.type != 0) {
      AddPartition(
          image,
          {kFirstLogicalNumber + i, link + logical.first_sector, logical.sectors, logical.use()},
          sector_size, table);
    }
    const MbrEntry next = LoadMbrEntry(sector, 1);
    if (!next.is_extended() || next.first_sector == 0) return;
    link = extended_start + next.first_sector;
  }
  table.faults.push_back({0, "the chain of logical partitions goes on after " +
                                 std::to_string(kMaxLogicalPartitions)});
}

// True if the table led to at least one volume that can be named.
bool ReadMbr(const BlockReader& image, std::uint64_t sector_size, PartitionTable& table) {
  Sector sector;
  if (!ReadExactly(image, 0, sector)) return false;
  if (LoadLe<std::uint16_t>(sector.data() + kMbrSignatureOffset) != 0xAA55) return false;
  table.kind = "MBR";
  for (std::size_t i = 0; i < 4; ++i) {
    // The status byte is 0x00 or 0x80; anything else shows that this is code and not a table.
    const auto status = std::to_integer<unsigned>(sector[kMbrTableOffset + i * kMbrEntrySize]);
    if ((status & 0x7Fu) != 0) return false;
    const MbrEntry entry = LoadMbrEntry(sector, i);
    if (entry.type == 0 || entry.type == 0xEE) continue;
    if (entry.is_extended()) {
      ReadLogicalPartitions(image, entry.first_sector, sector_size, table);
    } else {
      AddPartition(
          image,
          {static_cast<std::uint32_t>(i + 1), entry.first_sector, entry.sectors, entry.use()},
          sector_size, table);
    }
  }
  return std::any_of(
      table.partitions.begin(), table.partitions.end(),
      [](const Partition& partition) { return partition.format != ImageFormat::kUnknown; });
}

}  // namespace

Result<PartitionTable> ReadPartitionTable(const BlockReader& image) {
  for (const std::uint64_t sector_size : kSectorSizes) {
    PartitionTable table;
    if (ReadGpt(image, 1, sector_size, table)) return table;
  }
  PartitionTable first_guess;
  for (const std::uint64_t sector_size : kSectorSizes) {
    PartitionTable table;
    if (ReadMbr(image, sector_size, table)) return table;
    if (sector_size == kSectorSizes.front() && !table.partitions.empty()) first_guess = table;
  }
  for (const std::uint64_t sector_size : kSectorSizes) {
    PartitionTable table;
    if (ReadBackupGpt(image, sector_size, table)) return table;
  }
  return first_guess;
}

}  // namespace sidestream
