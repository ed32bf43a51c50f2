// Decodes a run list ("mapping pairs"): which clusters hold a non-resident attribute.
//
// Each run is one header byte, low nibble = size of the length, high nibble = size of the offset,
// then the length in clusters and the *signed* distance from the previous run's first cluster. A
// header of 0 ends the list; an offset of size 0 is a hole, which reads as zeros.
//
//   31 38 73 25 34 | 32 14 01 e5 11 02 | 31 42 aa 00 03 | 00
//   0x38 clusters at 0x342573, 0x114 at +0x211e5, 0x42 at +0x300aa
//
// Cluster 0 is a legal start: $Boot lies there.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

struct Run {
  std::uint64_t vcn = 0;       // first cluster within the attribute
  std::uint64_t lcn = 0;       // first cluster on the volume; kHole if there is none
  std::uint64_t clusters = 0;  // never 0

  static constexpr std::uint64_t kHole = UINT64_MAX;
  bool is_hole() const { return lcn == kHole; }
  std::uint64_t end_vcn() const { return vcn + clusters; }
};

struct RunListBounds {
  std::uint64_t first_vcn = 0;
  std::uint64_t last_vcn = 0;       // as the attribute states it
  std::uint64_t cluster_count = 0;  // of the volume: no run may reach past it
};

// Appends the runs of one piece of an attribute to `runs`. On failure `runs` keeps what was decoded
// before the fault, and must not be taken for the whole.
[[nodiscard]] ParseStatus DecodeRunList(std::span<const std::byte> bytes,
                                        std::uint64_t volume_offset, const RunListBounds& bounds,
                                        std::vector<Run>& runs);

}  // namespace sidestream::ntfs
