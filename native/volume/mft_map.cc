#include "volume/mft_map.h"

#include <algorithm>

namespace sidestream {

std::optional<MftMap::Segment> MftMap::Locate(std::uint64_t mft_offset) const {
  const std::uint64_t vcn = mft_offset / bytes_per_cluster_;
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), vcn,
                       [](std::uint64_t value, const ntfs::Run& run) { return value < run.vcn; });
  if (after == runs_.begin()) return std::nullopt;
  const ntfs::Run& run = *(after - 1);
  if (vcn >= run.end_vcn() || run.is_hole()) return std::nullopt;
  const std::uint64_t into_run = mft_offset - run.vcn * bytes_per_cluster_;
  return Segment{run.lcn * bytes_per_cluster_ + into_run,
                 run.clusters * bytes_per_cluster_ - into_run};
}

Status MftMap::Read(const VolumeReader& reader, std::uint64_t mft_offset,
                    std::span<std::byte> into) const {
  while (!into.empty()) {
    const auto segment = Locate(mft_offset);
    if (!segment) {
      return CorruptError("read", "offset " + std::to_string(mft_offset) + " of $MFT: expected " +
                                      std::to_string(into.size()) +
                                      " bytes, found no cluster allocated there");
    }
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(segment->length, into.size()));
    if (Status fault = reader.Read(segment->volume_offset, into.first(length))) return fault;
    mft_offset += length;
    into = into.subspan(length);
  }
  return std::nullopt;
}

}  // namespace sidestream
