// Decodes $ATTRIBUTE_LIST: which record holds each attribute of a file that needs several.
//
//   offset  size  field
//   ------  ----  ---------------------------------------------------------
//        0     4  type
//        4     2  entry length   bytes; up to 26 + 510
//        6     1  name length    UTF-16 code units
//        7     1  name offset    bytes from the start of the entry
//        8     8  lowest VCN     not 0: a continuation
//       16     8  reference      the record that holds the attribute
//       24     2  instance
//
// An entry is identified by type, name and lowest VCN (ATTRIBUTE_LIST_ENTRY, Microsoft). Never by
// type and instance: instances repeat from record to record, and readers that key on them lose
// streams.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ntfs/attribute_record.h"
#include "ntfs/parsed.h"

namespace sidestream::ntfs {

// The largest list we read. Windows stops at 256 KiB; larger ones are damage or an attack on
// memory.
inline constexpr std::uint64_t kMaxAttributeListSize = 4u << 20;

struct AttributeListEntry {
  AttributeType type = AttributeType::kEndOfList;
  std::span<const std::byte> name;  // UTF-16LE, points into the list
  std::uint64_t lowest_vcn = 0;
  std::uint64_t reference = 0;
};

// Walks the entries. A walk that ends with error() set has not seen everything.
class AttributeListCursor {
 public:
  // `volume_offset`: where the list begins (its first run, if it has several), for messages.
  AttributeListCursor(std::span<const std::byte> list, std::uint64_t volume_offset)
      : rest_(list), volume_offset_(volume_offset) {}

  bool Next(AttributeListEntry& entry);
  const ParseStatus& error() const { return error_; }

 private:
  std::span<const std::byte> rest_;
  std::uint64_t volume_offset_;
  ParseStatus error_;
};

}  // namespace sidestream::ntfs
