// Which clusters of a volume are in use, as its $Bitmap says.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "volume/ntfs_volume.h"

namespace sidestream {

class ClusterBitmap {
 public:
  // Never fails: where $Bitmap cannot be read, no cluster is known to be free.
  static ClusterBitmap Read(const NtfsVolume& volume);

  // Nothing, if the clusters are free; else which one is not, or is not known to be.
  Status CheckFree(std::uint64_t lcn, std::uint64_t count) const;

 private:
  std::vector<std::byte> bits_;  // bit n: cluster n is in use
};

}  // namespace sidestream
