// Decodes the header of one $MFT record ("FILE record"). Every file and directory has a base
// record; attributes that do not fit there lie in extension records, which name their base.
//
//   offset  size  field
//   ------  ----  ---------------------------------------------------------
//        0     4  signature         "FILE"; "BAAD" after a failed multi-sector write
//       16     2  sequence          counts reuses of the record
//       18     2  hard link count
//       20     2  first attribute   bytes from the start of the record
//       22     2  flags             1 in use, 2 directory
//       24     4  bytes in use
//       32     8  base reference    0 in a base record
//
// A file reference is a 48-bit record number with the 16-bit sequence above it. The sequence is
// what tells a reference to a deleted file from one to the record's new owner.
//
// The record's own number (offset 44) is not used: NT 4 has none, and some writers put a wrong one.
// A record's position in $MFT is its number.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

inline constexpr std::uint64_t kRootRecord = 5;
inline constexpr std::uint64_t kFirstUserRecord = 24;

constexpr std::uint64_t RecordNumberOf(std::uint64_t reference) {
  return reference & 0xFFFF'FFFF'FFFF;
}
constexpr std::uint16_t SequenceOf(std::uint64_t reference) {
  return static_cast<std::uint16_t>(reference >> 48);
}
constexpr std::uint64_t MakeReference(std::uint64_t record, std::uint16_t sequence) {
  return (static_cast<std::uint64_t>(sequence) << 48) | record;
}

// The sequence that a deleted file's record had while the file was there: a deletion counts it up,
// past 0. So a stale reference to the file still fits, and no file that uses the record next does.
constexpr std::uint16_t SequenceBeforeDeletion(std::uint16_t sequence) {
  return sequence <= 1 ? 0xFFFF : static_cast<std::uint16_t>(sequence - 1);
}

enum class RecordState {
  kEmpty,    // zeros: never used
  kFree,     // a deleted file's record: its contents are stale, whatever they look like
  kInUse,    // to be fixed up and decoded
  kDamaged,  // "BAAD"
  kForeign,  // some other bytes
};

// Looks at the raw record, before fixup: none of the fields it reads is touched by that. `record`
// holds at least 48 bytes.
RecordState ClassifyRecord(std::span<const std::byte> record);

// Whether names lead to the record, or another record goes on in it: never given to a file, it has
// neither. Looks at a raw record, as ClassifyRecord() does.
bool HasOwner(std::span<const std::byte> record);

struct FileRecord {
  std::uint16_t sequence = 0;
  bool is_directory = false;
  std::uint64_t base_reference = 0;  // 0: this is a base record
  // Where the attributes lie, end marker included. Points into the record.
  std::span<const std::byte> attributes;
  std::uint64_t attributes_offset = 0;  // of `attributes` on the volume
};

// Decodes a record after ApplyFixup(). `volume_offset` says where it begins, for messages.
[[nodiscard]] Parsed<FileRecord> ParseFileRecord(std::span<const std::byte> record,
                                                 std::uint64_t volume_offset);

}  // namespace sidestream::ntfs
