#include "ntfs/fixup.h"

#include <cstring>

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kArrayOffsetOffset = 4;
constexpr std::size_t kArrayCountOffset = 6;
constexpr std::size_t kBytesInUseOffset = 24;
// The header of NT 4 ends here; later ones hold the record number at 44 and the array at 48.
constexpr std::size_t kMinArrayOffset = 42;

}  // namespace

ParseStatus ApplyFixup(std::span<std::byte> record, std::uint64_t volume_offset) {
  if (record.size() < kFixupStride || record.size() % kFixupStride != 0) {
    return ParseError{"MFT record size", "a multiple of", kFixupStride, record.size(),
                      volume_offset};
  }
  std::byte* const bytes = record.data();
  const std::size_t strides = record.size() / kFixupStride;
  const std::size_t count = LoadLe<std::uint16_t>(bytes + kArrayCountOffset);
  if (count != strides + 1) {
    return ParseError{"update sequence count", "exactly", strides + 1, count,
                      volume_offset + kArrayCountOffset};
  }
  const std::size_t array = LoadLe<std::uint16_t>(bytes + kArrayOffsetOffset);
  // The array must end before the first word that it replaces.
  const std::size_t last_array = kFixupStride - 2 - 2 * count;
  if (count * 2 > kFixupStride - 2 - kMinArrayOffset || array < kMinArrayOffset ||
      array > last_array) {
    return ParseError{"update sequence offset", "42 to", last_array, array,
                      volume_offset + kArrayOffsetOffset};
  }

  const auto check = LoadLe<std::uint16_t>(bytes + array);
  const std::size_t used = LoadLe<std::uint32_t>(bytes + kBytesInUseOffset);
  for (std::size_t i = 0; i < strides; ++i) {
    const std::size_t word = (i + 1) * kFixupStride - 2;
    const auto found = LoadLe<std::uint16_t>(bytes + word);
    if (found != check) {
      if (i * kFixupStride >= used) continue;
      return ParseError{"update sequence check value (torn write)", "exactly", check, found,
                        volume_offset + word};
    }
    std::memcpy(bytes + word, bytes + array + 2 * (i + 1), 2);
  }
  return std::nullopt;
}

}  // namespace sidestream::ntfs
