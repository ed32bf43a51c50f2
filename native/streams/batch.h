// One batch of a scan's findings, as columns. Its fields are those of NativeBatch in
// native/addon.ts.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "streams/stream_provider.h"

namespace sidestream {

// All rows' UTF-16 text after one another; row i ends at ends[i].
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
  kFlagMoreLinks = 32,
};

// The same for text that is always ASCII.
struct AsciiColumn {
  std::string text;
  std::vector<std::uint32_t> ends;

  void AddRow(std::string_view row) {
    text.append(row);
    ends.push_back(static_cast<std::uint32_t>(text.size()));
  }
};

// One batch. Streams whose lines a LineWriter finished are in `lines` and in no column.
struct Batch {
  TextColumn paths;
  TextColumn
      links;  // all paths of one carrier, joined by U+0000; empty where there is but its path
  TextColumn names;
  AsciiColumn identities;
  std::vector<std::uint64_t> sizes;
  std::vector<std::uint64_t> allocated;
  std::vector<std::int64_t> modified_ns;
  std::vector<std::uint8_t> flags;
  std::vector<std::byte> sha256;  // 32 a row, or empty
  std::vector<std::byte> content;
  std::vector<std::uint32_t> content_ends;
  ByteBuffer lines;
  std::size_t line_count = 0;
  std::vector<std::uint32_t> line_offsets;  // row i comes before the line at line_offsets[i]
  std::vector<std::u16string> names_to_come;
  std::vector<Unreadable> unreadable;

  std::size_t count() const { return sizes.size(); }
  std::size_t stream_count() const { return count() + line_count; }
  bool empty() const { return stream_count() == 0 && unreadable.empty() && names_to_come.empty(); }
  // Bytes held in columns that grow with what a disk says, to bound memory beside the row count.
  std::size_t BytesHeld() const {
    return content.size() + lines.size() +
           sizeof(char16_t) * (paths.text.size() + links.text.size() + names.text.size());
  }
  // Empty again, with the columns' memory.
  void Clear();
};

// Adds a row to the columns.
void AddRow(Batch& batch, const FoundStream& stream, bool with_sha256);

}  // namespace sidestream
