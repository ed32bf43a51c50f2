// Finds the partitions of a whole-disk image: GPT, or MBR with its chain of logical partitions,
// with sectors of 512 or 4096 bytes. An image does not say its sector size, so both are tried: a
// GPT header stands in sector 1, and an MBR's numbers must lead to something that can be named.
// Where the first GPT is lost, its copy at the disk's end serves.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "volume/block_reader.h"
#include "volume/image_format.h"

namespace sidestream {

// What the table says that a partition is for.
enum class PartitionUse {
  kOther,
  kWindowsVolume,  // of this kind are NTFS's
  kDynamicDisk,    // its volumes may go on in other partitions, of other disks
  kStoragePool,    // of Storage Spaces, the same
};

struct Partition {
  std::uint32_t number = 0;  // as in the table, from 1; logical ones from 5
  std::uint64_t start = 0;   // bytes
  std::uint64_t length = 0;  // bytes; cut at the end of the image
  ImageFormat format = ImageFormat::kUnknown;
  PartitionUse use = PartitionUse::kOther;
};

// A volume that may be there and is not among the partitions.
struct TableFault {
  std::uint32_t number = 0;  // as in the table; 0: the table itself
  std::string message;
};

struct PartitionTable {
  const char* kind = "";  // "GPT" or "MBR"; empty: there is none
  std::vector<Partition> partitions;
  std::vector<TableFault> faults;
};

Result<PartitionTable> ReadPartitionTable(const BlockReader& image);

}  // namespace sidestream
