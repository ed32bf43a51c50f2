#include "ntfs/attribute_list.h"

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kLengthOffset = 4;
constexpr std::size_t kNameLengthOffset = 6;
constexpr std::size_t kNameOffsetOffset = 7;
constexpr std::size_t kLowestVcnOffset = 8;
constexpr std::size_t kReferenceOffset = 16;
constexpr std::size_t kEntryHeaderSize = 26;

}  // namespace

bool AttributeListCursor::Next(AttributeListEntry& entry) {
  if (rest_.empty()) return false;
  if (rest_.size() < kEntryHeaderSize) {
    // Padding to eight bytes after the last entry is no entry.
    if (rest_.size() >= 8) {
      error_ = ParseError{"attribute list entry", "at least", kEntryHeaderSize, rest_.size(),
                          volume_offset_};
    }
    return false;
  }
  const std::byte* const bytes = rest_.data();
  const std::size_t length = LoadLe<std::uint16_t>(bytes + kLengthOffset);
  if (length < kEntryHeaderSize || length > rest_.size()) {
    error_ = ParseError{"attribute list entry's length", "26 to", rest_.size(), length,
                        volume_offset_ + kLengthOffset};
    return false;
  }
  const std::size_t name_bytes = 2u * LoadLe<std::uint8_t>(bytes + kNameLengthOffset);
  const std::size_t name_start = LoadLe<std::uint8_t>(bytes + kNameOffsetOffset);
  if (name_bytes > 0 && name_start + name_bytes > length) {
    error_ = ParseError{"end of the attribute list entry's name", "at most", length,
                        name_start + name_bytes, volume_offset_ + kNameOffsetOffset};
    return false;
  }
  entry.type = static_cast<AttributeType>(LoadLe<std::uint32_t>(bytes));
  entry.name = name_bytes > 0 ? rest_.subspan(name_start, name_bytes) : rest_.first(0);
  entry.lowest_vcn = LoadLe<std::uint64_t>(bytes + kLowestVcnOffset);
  entry.reference = LoadLe<std::uint64_t>(bytes + kReferenceOffset);
  rest_ = rest_.subspan(length);
  volume_offset_ += length;
  return true;
}

}  // namespace sidestream::ntfs
