// MBR and GPT. The input is the disk.

#include "volume/partition_table.h"

#include "image.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const test::MemoryImage disk(fuzz::CopyOf(data, size));
  const auto table = sidestream::ReadPartitionTable(disk);
  if (!table.ok()) return 0;
  for (const auto& partition : table.value().partitions) {
    // A partition that begins or ends outside of the disk would be read there.
    if (partition.start >= size || partition.length > size - partition.start) __builtin_trap();
  }
  return 0;
}
