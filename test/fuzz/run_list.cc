// The first 24 bytes are what the attribute and the volume say about the list: first VCN, last VCN,
// clusters.

#include "ntfs/run_list.h"

#include "base/little_endian.h"
#include "target.h"

namespace ntfs = sidestream::ntfs;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::CopyOf(data, size);
  if (bytes.size() < 24) return 0;
  const ntfs::RunListBounds bounds{sidestream::LoadLe<std::uint64_t>(bytes.data()),
                                   sidestream::LoadLe<std::uint64_t>(bytes.data() + 8),
                                   sidestream::LoadLe<std::uint64_t>(bytes.data() + 16)};
  std::vector<ntfs::Run> runs;
  const auto fault = ntfs::DecodeRunList(std::span(bytes).subspan(24), 0, bounds, runs);
  // Also after a fault, what was decoded must keep its promises.
  for (const ntfs::Run& run : runs) {
    if (run.clusters == 0 || run.end_vcn() <= run.vcn) __builtin_trap();
    if (!run.is_hole() && run.clusters > bounds.cluster_count - run.lcn) __builtin_trap();
  }
  fuzz::Use(fault.has_value());
  return 0;
}
