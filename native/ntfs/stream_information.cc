#include "ntfs/stream_information.h"

#include <string_view>

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kNameLengthOffset = 4;
constexpr std::size_t kSizeOffset = 8;
constexpr std::size_t kAllocatedOffset = 16;
constexpr std::size_t kNameOffset = 24;
constexpr std::size_t kAlignment = 8;
constexpr std::u16string_view kDataType = u":$DATA";

// `:name:$DATA` to `name`; empty for the unnamed stream; nothing for a stream of another type. The
// type's letter case is not fixed (facts 3.5).
std::optional<std::u16string_view> NameOf(std::u16string_view full) {
  if (full.empty()) return full;
  if (full.front() != u':' || full.size() < 1 + kDataType.size()) return std::nullopt;
  const std::u16string_view type = full.substr(full.size() - kDataType.size());
  for (std::size_t i = 0; i < type.size(); ++i) {
    const char16_t unit = type[i];
    const bool is_lower = unit >= u'a' && unit <= u'z';
    if ((is_lower ? static_cast<char16_t>(unit - 0x20) : unit) != kDataType[i]) return std::nullopt;
  }
  return full.substr(1, full.size() - 1 - kDataType.size());
}

}  // namespace

Parsed<StreamInformation> ParseStreamInformation(std::span<const std::byte> answer) {
  StreamInformation found;
  std::size_t at = 0;
  while (at < answer.size()) {
    const std::span<const std::byte> rest = answer.subspan(at);
    if (rest.size() < kNameOffset) {
      return ParseError{"stream entry", "at least", kNameOffset, rest.size(), at};
    }
    const std::size_t next = LoadLe<std::uint32_t>(rest.data());
    const std::size_t room = (next == 0 ? rest.size() : next) - kNameOffset;
    if (next != 0 && (next < kNameOffset || next >= rest.size() || next % kAlignment != 0)) {
      return ParseError{"stream entry's length", "24 to", rest.size() - 1, next, at};
    }
    const std::size_t name_bytes = LoadLe<std::uint32_t>(rest.data() + kNameLengthOffset);
    if (name_bytes > room || name_bytes % 2 != 0) {
      return ParseError{"stream name's length", "even and at most", room, name_bytes,
                        at + kNameLengthOffset};
    }
    std::u16string full;
    AppendUtf16Le(rest.data() + kNameOffset, name_bytes / 2, full);
    const auto size = LoadLe<std::uint64_t>(rest.data() + kSizeOffset);
    if (const auto name = NameOf(full)) {
      if (name->empty()) {
        found.unnamed_size = size;
      } else {
        found.named.push_back(
            {std::u16string(*name), size, LoadLe<std::uint64_t>(rest.data() + kAllocatedOffset)});
      }
    }
    if (next == 0) break;
    at += next;
  }
  return found;
}

}  // namespace sidestream::ntfs
