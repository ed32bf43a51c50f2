// One batch of a scan's findings, as columns. Its fields are those of NativeBatch in
// native/addon.ts.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "streams/stream_provider.h"

namespace sidestream {

// All rows' text after one another; row i ends at ends[i].
struct TextColumn {
  std::u16string text;
  std::vector<std::uint32_t> ends;

  void EndRow() { ends.push_back(static_cast<std::uint32_t>(text.size())); }
  void AddRow(std::u16string_view row) {
    text.append(row);
    EndRow();
  }
};

// Bits of Batch::flags.
enum BatchFlag : std::uint8_t {
  kFlagDirectory = 1,
  kFlagResident = 2,
  kFlagSha256 = 4,
  kFlagContent = 8,
  kFlagDeleted = 16,
};

struct Batch {
  TextColumn paths;
  TextColumn links;  // all paths of one carrier, joined by U+0000
  TextColumn names;
  TextColumn identities;
  std::vector<std::uint64_t> sizes;
  std::vector<std::uint64_t> allocated;
  std::vector<std::int64_t> modified_ns;
  std::vector<std::uint8_t> flags;
  std::vector<std::byte> sha256;  // 32 a row, or empty
  std::vector<std::byte> content;
  std::vector<std::uint32_t> content_ends;
  std::vector<Unreadable> unreadable;

  std::size_t count() const { return sizes.size(); }
  bool empty() const { return sizes.empty() && unreadable.empty(); }
  // Bytes held in columns that grow with what a disk says, to bound memory beside the row count.
  std::size_t BytesHeld() const {
    return content.size() +
           sizeof(char16_t) * (paths.text.size() + links.text.size() + names.text.size());
  }
};

}  // namespace sidestream
