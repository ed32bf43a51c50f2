#include "ntfs/directory_information.h"

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kAttributesOffset = 56;
constexpr std::size_t kNameLengthOffset = 60;
constexpr std::size_t kReparseTagOffset = 64;
constexpr std::size_t kFileIdOffset = 96;
constexpr std::size_t kNameOffset = 104;
constexpr std::uint32_t kAttributeReparsePoint = 0x400;

}  // namespace

bool DirectoryCursor::Next(DirectoryEntry& entry) {
  if (rest_.empty()) return false;
  if (rest_.size() < kNameOffset) {
    error_ = ParseError{"folder entry", "at least", kNameOffset, rest_.size(), at_};
    return false;
  }
  const std::byte* const bytes = rest_.data();
  const std::size_t next = LoadLe<std::uint32_t>(bytes);
  if (next != 0 && (next < kNameOffset || next >= rest_.size())) {
    error_ = ParseError{"folder entry's length", "104 to", rest_.size() - 1, next, at_};
    return false;
  }
  const std::size_t room = (next == 0 ? rest_.size() : next) - kNameOffset;
  const std::size_t name_bytes = LoadLe<std::uint32_t>(bytes + kNameLengthOffset);
  if (name_bytes > room || name_bytes % 2 != 0) {
    error_ = ParseError{"file name's length", "even and at most", room, name_bytes,
                        at_ + kNameLengthOffset};
    return false;
  }
  entry.attributes = LoadLe<std::uint32_t>(bytes + kAttributesOffset);
  const bool is_reparse_point = (entry.attributes & kAttributeReparsePoint) != 0;
  entry.reparse_tag = is_reparse_point ? LoadLe<std::uint32_t>(bytes + kReparseTagOffset) : 0;
  entry.file_id = LoadLe<std::uint64_t>(bytes + kFileIdOffset);
  entry.name.clear();
  AppendUtf16Le(bytes + kNameOffset, name_bytes / 2, entry.name);
  rest_ = next == 0 ? rest_.first(0) : rest_.subspan(next);
  at_ += next;
  return true;
}

}  // namespace sidestream::ntfs
