// Where the bytes of $MFT lie on the volume, and how that is found out.
//
// $MFT describes itself: record 0 holds its run list, and where the list is too long for one
// record, further records do, which are found through the part already known. So the map is built
// step by step; nothing may be assumed to be reachable before the runs that hold it are.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "ntfs/boot_sector.h"
#include "ntfs/run_list.h"
#include "volume/volume_reader.h"

namespace sidestream {

class MftMap {
 public:
  struct Segment {
    std::uint64_t volume_offset = 0;
    std::uint64_t length = 0;  // bytes to the end of the run
  };

  // `runs` in order of VCN. Bytes past `size` hold no records.
  MftMap(std::vector<ntfs::Run> runs, std::uint32_t bytes_per_cluster, std::uint64_t size)
      : runs_(std::move(runs)), bytes_per_cluster_(bytes_per_cluster), size_(size) {}
  MftMap() = default;

  std::uint64_t size() const { return size_; }

  // Where the byte at `mft_offset` lies. Always by the offset within $MFT and never by run: where
  // the cluster is smaller than the record, a record can straddle two runs.
  std::optional<Segment> Locate(std::uint64_t mft_offset) const;

  // Fills `into` with the bytes at `mft_offset`.
  Status Read(const VolumeReader& reader, std::uint64_t mft_offset,
              std::span<std::byte> into) const;

 private:
  std::vector<ntfs::Run> runs_;
  std::uint32_t bytes_per_cluster_ = 1;
  std::uint64_t size_ = 0;
};

struct MftBootstrap {
  MftMap map;
  // What of $MFT is lost or was read from a copy. The scan reports these and goes on.
  std::vector<StreamError> faults;
};

// Fails only if neither record 0 nor its copy in $MFTMirr leads to any of $MFT.
Result<MftBootstrap> BootstrapMft(const VolumeReader& reader, const ntfs::BootSector& boot);

}  // namespace sidestream
