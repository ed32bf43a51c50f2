#include "ntfs/boot_sector.h"

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::CopyOf(data, size);
  const auto boot = sidestream::ntfs::ParseBootSector(bytes, 0);
  if (boot.ok()) {
    fuzz::Use(boot.value().cluster_count() * boot.value().bytes_per_cluster);
  } else {
    fuzz::Use(Describe(boot.error()).size());
  }
  return 0;
}
