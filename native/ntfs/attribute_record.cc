#include "ntfs/attribute_record.h"

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kLengthOffset = 4;
constexpr std::size_t kFormOffset = 8;
constexpr std::size_t kNameLengthOffset = 9;
constexpr std::size_t kNameOffsetOffset = 10;
constexpr std::size_t kFlagsOffset = 12;
constexpr std::size_t kValueLengthOffset = 16;
constexpr std::size_t kValueOffsetOffset = 20;
constexpr std::size_t kFirstVcnOffset = 16;
constexpr std::size_t kLastVcnOffset = 24;
constexpr std::size_t kRunListOffsetOffset = 32;
constexpr std::size_t kCompressionUnitOffset = 34;
constexpr std::size_t kAllocatedSizeOffset = 40;
constexpr std::size_t kDataSizeOffset = 48;
constexpr std::size_t kInitializedSizeOffset = 56;
constexpr std::size_t kTotalAllocatedOffset = 64;

constexpr std::size_t kResidentHeaderSize = 24;
constexpr std::size_t kNonResidentHeaderSize = 64;
constexpr std::size_t kCompressedHeaderSize = 72;
constexpr std::uint16_t kCompressedFlags = 0x00FF;  // the low byte is the compression method
constexpr std::uint16_t kEncryptedFlag = 0x4000;
constexpr std::uint16_t kSparseFlag = 0x8000;

ParseStatus DecodeResident(const RawAttribute& raw, AttributeRecord& out) {
  const std::size_t length = LoadLe<std::uint32_t>(raw.bytes.data() + kValueLengthOffset);
  const std::size_t offset = LoadLe<std::uint16_t>(raw.bytes.data() + kValueOffsetOffset);
  if (offset > raw.bytes.size() || length > raw.bytes.size() - offset) {
    return ParseError{"end of the attribute's value", "at most", raw.bytes.size(), offset + length,
                      raw.volume_offset + kValueLengthOffset};
  }
  out.value = raw.bytes.subspan(offset, length);
  out.data_size = length;
  return std::nullopt;
}

ParseStatus DecodeNonResident(const RawAttribute& raw, AttributeRecord& out) {
  const std::byte* const bytes = raw.bytes.data();
  if (raw.bytes.size() < kNonResidentHeaderSize) {
    return ParseError{"length of a non-resident attribute", "at least", kNonResidentHeaderSize,
                      raw.bytes.size(), raw.volume_offset + kLengthOffset};
  }
  out.is_non_resident = true;
  out.first_vcn = LoadLe<std::uint64_t>(bytes + kFirstVcnOffset);
  out.last_vcn = LoadLe<std::uint64_t>(bytes + kLastVcnOffset);
  out.compression_unit = LoadLe<std::uint8_t>(bytes + kCompressionUnitOffset);
  const std::size_t runs = LoadLe<std::uint16_t>(bytes + kRunListOffsetOffset);
  if (runs < kNonResidentHeaderSize || runs > raw.bytes.size()) {
    return ParseError{"run list offset", "64 to", raw.bytes.size(), runs,
                      raw.volume_offset + kRunListOffsetOffset};
  }
  out.run_list = raw.bytes.subspan(runs);
  out.run_list_offset = raw.volume_offset + runs;
  if (out.is_continuation()) return std::nullopt;

  out.allocated_size = LoadLe<std::uint64_t>(bytes + kAllocatedSizeOffset);
  out.data_size = LoadLe<std::uint64_t>(bytes + kDataSizeOffset);
  out.initialized_size = LoadLe<std::uint64_t>(bytes + kInitializedSizeOffset);
  // Allocated size counts holes too; what the stream really occupies is in a field of its own,
  // which is there only if the run list leaves room for it.
  if ((out.is_compressed || out.is_sparse) && runs >= kCompressedHeaderSize) {
    out.allocated_size = LoadLe<std::uint64_t>(bytes + kTotalAllocatedOffset);
  }
  return std::nullopt;
}

}  // namespace

bool AttributeCursor::Next(RawAttribute& attribute) {
  // Fewer than four bytes cannot hold a type: the record ends without a marker, which Windows
  // accepts as well.
  if (rest_.size() < 4) return false;
  const auto type = static_cast<AttributeType>(LoadLe<std::uint32_t>(rest_.data()));
  if (type == AttributeType::kEndOfList) return false;
  if (rest_.size() < kResidentHeaderSize) {
    error_ = ParseError{"attribute header", "at least", kResidentHeaderSize, rest_.size(),
                        volume_offset_};
    return false;
  }
  const std::size_t length = LoadLe<std::uint32_t>(rest_.data() + kLengthOffset);
  if (length > rest_.size()) {
    error_ = ParseError{"attribute length", "at most", rest_.size(), length,
                        volume_offset_ + kLengthOffset};
    return false;
  }
  // A length of zero would make the walk stand still.
  if (length < kResidentHeaderSize || length % 8 != 0) {
    error_ = ParseError{"attribute length", "a multiple of 8 and at least", kResidentHeaderSize,
                        length, volume_offset_ + kLengthOffset};
    return false;
  }
  attribute = RawAttribute{type, rest_.first(length), volume_offset_};
  rest_ = rest_.subspan(length);
  volume_offset_ += length;
  return true;
}

Parsed<AttributeRecord> DecodeAttribute(const RawAttribute& raw) {
  const std::byte* const bytes = raw.bytes.data();
  AttributeRecord out;
  out.type = raw.type;
  const auto flags = LoadLe<std::uint16_t>(bytes + kFlagsOffset);
  out.is_compressed = (flags & kCompressedFlags) != 0;
  out.is_encrypted = (flags & kEncryptedFlag) != 0;
  out.is_sparse = (flags & kSparseFlag) != 0;

  const std::size_t name_bytes = 2u * LoadLe<std::uint8_t>(bytes + kNameLengthOffset);
  if (name_bytes > 0) {
    const std::size_t start = LoadLe<std::uint16_t>(bytes + kNameOffsetOffset);
    if (start < kResidentHeaderSize || start + name_bytes > raw.bytes.size()) {
      return ParseError{"end of the attribute's name", "at most", raw.bytes.size(),
                        start + name_bytes, raw.volume_offset + kNameOffsetOffset};
    }
    out.name = raw.bytes.subspan(start, name_bytes);
  }

  const bool is_resident = bytes[kFormOffset] == std::byte{0};
  const ParseStatus fault = is_resident ? DecodeResident(raw, out) : DecodeNonResident(raw, out);
  if (fault) return *fault;
  return out;
}

}  // namespace sidestream::ntfs
