// Decompresses LZNT1, the compression of NTFS.
//
// A compressed unit is a row of chunks. Each has a 16-bit header: bits 0-11 = size - 3 with the
// header, bits 12-14 = 3, bit 15 = compressed. Header 0 ends the unit. A chunk expands to at most
// 4096 bytes. A compressed chunk is groups of one flag byte and eight elements, bit 0 first: 0 is a
// literal byte, 1 a 16-bit back reference whose split between distance and length moves with the
// position in the chunk. Source: [MS-XCA] 2.5.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

// Fills `out`, with zeros where the input ends early: a chunk or a unit that stops short stands for
// zeros. `volume_offset`: where `in` begins, for messages.
[[nodiscard]] ParseStatus DecompressLznt1(std::span<const std::byte> in,
                                          std::uint64_t volume_offset, std::span<std::byte> out);

}  // namespace sidestream::ntfs
