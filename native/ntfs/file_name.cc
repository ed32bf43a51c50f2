#include "ntfs/file_name.h"

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kNameLengthOffset = 64;
constexpr std::size_t kNameSpaceOffset = 65;
constexpr std::size_t kNameOffset = 66;

}  // namespace

Parsed<FileName> ParseFileName(std::span<const std::byte> value, std::uint64_t volume_offset) {
  if (value.size() < kNameOffset) {
    return ParseError{"length of $FILE_NAME", "at least", kNameOffset, value.size(), volume_offset};
  }
  const std::size_t name_bytes = 2u * LoadLe<std::uint8_t>(value.data() + kNameLengthOffset);
  if (name_bytes > value.size() - kNameOffset) {
    return ParseError{"bytes of the file's name", "at most", value.size() - kNameOffset, name_bytes,
                      volume_offset + kNameLengthOffset};
  }
  return FileName{LoadLe<std::uint64_t>(value.data()),
                  LoadLe<std::uint8_t>(value.data() + kNameSpaceOffset),
                  value.subspan(kNameOffset, name_bytes)};
}

}  // namespace sidestream::ntfs
