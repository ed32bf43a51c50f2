#include "ntfs/file_record.h"

#include <algorithm>

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kSequenceOffset = 16;
constexpr std::size_t kLinkCountOffset = 18;
constexpr std::size_t kFirstAttributeOffset = 20;
constexpr std::size_t kFlagsOffset = 22;
constexpr std::size_t kBytesInUseOffset = 24;
constexpr std::size_t kBaseReferenceOffset = 32;

constexpr std::size_t kHeaderSize = 42;  // NT 4; later ones are larger
constexpr std::uint16_t kInUseFlag = 1;
constexpr std::uint16_t kDirectoryFlag = 2;
constexpr std::uint32_t kFileSignature = 0x454C4946;     // "FILE"
constexpr std::uint32_t kDamagedSignature = 0x44414142;  // "BAAD"

}  // namespace

RecordState ClassifyRecord(std::span<const std::byte> record) {
  const auto signature = LoadLe<std::uint32_t>(record.data());
  if (signature == kFileSignature) {
    const auto flags = LoadLe<std::uint16_t>(record.data() + kFlagsOffset);
    return (flags & kInUseFlag) != 0 ? RecordState::kInUse : RecordState::kFree;
  }
  if (signature == kDamagedSignature) return RecordState::kDamaged;
  const bool is_zero = std::all_of(record.begin(), record.begin() + kHeaderSize,
                                   [](std::byte byte) { return byte == std::byte{0}; });
  return is_zero ? RecordState::kEmpty : RecordState::kForeign;
}

bool HasOwner(std::span<const std::byte> record) {
  return LoadLe<std::uint16_t>(record.data() + kLinkCountOffset) != 0 ||
         LoadLe<std::uint64_t>(record.data() + kBaseReferenceOffset) != 0;
}

Parsed<FileRecord> ParseFileRecord(std::span<const std::byte> record, std::uint64_t volume_offset) {
  if (record.size() < kHeaderSize + 6) {
    return ParseError{"MFT record", "at least", kHeaderSize + 6, record.size(), volume_offset};
  }
  const std::byte* const bytes = record.data();
  const auto signature = LoadLe<std::uint32_t>(bytes);
  if (signature != kFileSignature) {
    return ParseError{"MFT record signature", "the bytes of \"FILE\",", kFileSignature, signature,
                      volume_offset};
  }
  const std::size_t used = LoadLe<std::uint32_t>(bytes + kBytesInUseOffset);
  if (used > record.size()) {
    return ParseError{"MFT record's bytes in use", "at most", record.size(), used,
                      volume_offset + kBytesInUseOffset};
  }
  const std::size_t first = LoadLe<std::uint16_t>(bytes + kFirstAttributeOffset);
  if (first < kHeaderSize || first > used) {
    return ParseError{"offset of the first attribute", "42 to", used, first,
                      volume_offset + kFirstAttributeOffset};
  }
  FileRecord result;
  result.sequence = LoadLe<std::uint16_t>(bytes + kSequenceOffset);
  result.is_directory = (LoadLe<std::uint16_t>(bytes + kFlagsOffset) & kDirectoryFlag) != 0;
  result.base_reference = LoadLe<std::uint64_t>(bytes + kBaseReferenceOffset);
  result.attributes = record.subspan(first, used - first);
  result.attributes_offset = volume_offset + first;
  return result;
}

}  // namespace sidestream::ntfs
