#include "ntfs/usn_record.h"

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kNextUsnSize = 8;
constexpr std::size_t kCommonHeaderSize = 8;
constexpr std::size_t kMajorVersionOffset = 4;
constexpr std::size_t kAlignment = 8;
constexpr std::size_t kReferencesOffset = 8;

// Where a version keeps its fields; 0: it has none.
struct Layout {
  std::size_t reference_bytes;
  std::size_t usn;
  std::size_t time_stamp;
  std::size_t reason;
  std::size_t attributes;
  std::size_t name_length;
  std::size_t header_bytes;  // up to the name or the extents
};

constexpr Layout kV2 = {8, 24, 32, 40, 52, 56, 60};
constexpr Layout kV3 = {16, 40, 48, 56, 68, 72, 76};
constexpr Layout kV4 = {16, 40, 0, 48, 0, 0, 56};

const Layout* LayoutOf(std::uint16_t major_version) {
  switch (major_version) {
    case 2:
      return &kV2;
    case 3:
      return &kV3;
    case 4:
      return &kV4;
    default:
      return nullptr;
  }
}

FileId128 LoadReference(const std::byte* at, std::size_t bytes) {
  return {LoadLe<std::uint64_t>(at), bytes == 16 ? LoadLe<std::uint64_t>(at + 8) : 0};
}

}  // namespace

UsnCursor::UsnCursor(std::span<const std::byte> answer) {
  if (answer.size() < kNextUsnSize) {
    Fail("journal answer", "at least", kNextUsnSize, answer.size());
    return;
  }
  next_usn_ = LoadLe<std::uint64_t>(answer.data());
  rest_ = answer.subspan(kNextUsnSize);
  at_ = kNextUsnSize;
}

bool UsnCursor::Fail(const char* field, const char* rule, std::uint64_t expected,
                     std::uint64_t actual) {
  error_ = ParseError{field, rule, expected, actual, at_};
  rest_ = {};
  return false;
}

bool UsnCursor::Next(UsnRecord& record) {
  while (!rest_.empty()) {
    if (rest_.size() < kCommonHeaderSize) {
      return Fail("journal record", "at least", kCommonHeaderSize, rest_.size());
    }
    const std::size_t length = LoadLe<std::uint32_t>(rest_.data());
    if (length < kCommonHeaderSize || length > rest_.size() || length % kAlignment != 0) {
      return Fail("journal record's length", "a multiple of 8 up to", rest_.size(), length);
    }
    const std::span<const std::byte> bytes = rest_.first(length);
    const auto version = LoadLe<std::uint16_t>(bytes.data() + kMajorVersionOffset);
    if (LayoutOf(version) == nullptr) {
      ++unknown_records_;
    } else if (!Decode(bytes, record)) {
      return false;
    }
    rest_ = rest_.subspan(length);
    at_ += length;
    if (LayoutOf(version) != nullptr) return true;
  }
  return false;
}

bool UsnCursor::Decode(std::span<const std::byte> bytes, UsnRecord& record) {
  record = {};
  record.major_version = LoadLe<std::uint16_t>(bytes.data() + kMajorVersionOffset);
  const Layout& layout = *LayoutOf(record.major_version);
  if (bytes.size() < layout.header_bytes) {
    return Fail("journal record's length", "at least", layout.header_bytes, bytes.size());
  }
  const std::byte* const start = bytes.data();
  record.file = LoadReference(start + kReferencesOffset, layout.reference_bytes);
  record.parent =
      LoadReference(start + kReferencesOffset + layout.reference_bytes, layout.reference_bytes);
  record.usn = LoadLe<std::uint64_t>(start + layout.usn);
  record.reason = LoadLe<std::uint32_t>(start + layout.reason);
  record.source = LoadLe<std::uint32_t>(start + layout.reason + 4);
  if (layout.name_length == 0) return true;
  record.time_stamp = LoadLe<std::uint64_t>(start + layout.time_stamp);
  record.attributes = LoadLe<std::uint32_t>(start + layout.attributes);
  const std::size_t name_bytes = LoadLe<std::uint16_t>(start + layout.name_length);
  const std::size_t name_start = LoadLe<std::uint16_t>(start + layout.name_length + 2);
  if (name_start < layout.header_bytes || name_start + name_bytes > bytes.size() ||
      name_bytes % 2 != 0) {
    return Fail("end of the journal record's name", "even and at most", bytes.size(),
                name_start + name_bytes);
  }
  AppendUtf16Le(start + name_start, name_bytes / 2, record.name);
  return true;
}

}  // namespace sidestream::ntfs
