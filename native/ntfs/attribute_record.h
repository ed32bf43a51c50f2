// Decodes the attribute records inside a FILE record.
//
// NTFS keeps everything it knows about a file in attribute records: times, names, and a $DATA
// record for each data stream. The unnamed $DATA is the file's own content; every *named* $DATA is
// an alternate data stream. This header is where we first learn that a stream exists.
//
//   offset  size  field
//   ------  ----  ---------------------------------------------------------
//        0     4  type             0x80 is $DATA; 0xFFFFFFFF ends the list
//        4     4  record length    bytes, this header included
//        8     1  form             0 resident, 1 non-resident
//        9     1  name length      UTF-16 code units; 0 means unnamed
//       10     2  name offset      bytes from the start of this record
//       12     2  flags            0x0001 compressed, 0x4000 encrypted, 0x8000 sparse
//       14     2  instance         unique among this FILE record's attributes
//   ------  ----  then, if resident
//       16     4  value length     bytes
//       20     2  value offset     bytes from the start of this record
//   ------  ----  or, if non-resident
//       16     8  first VCN        zero except in a continuation
//       24     8  last VCN         -1 if nothing is allocated
//       32     2  run list offset  bytes from the start of this record
//       34     1  compression unit 2^n clusters; 0 if not compressed
//       40     8  allocated size   bytes; this and what follows only where first VCN is 0
//       48     8  data size        bytes
//       56     8  initialized size bytes; what lies past it reads as zeros
//       64     8  total allocated  bytes really allocated; only where compressed or sparse
//
// Layout checked against ntfs-3g's layout.h (ATTR_RECORD); see native/ntfs/README.md.
//
// Nothing here trusts a length: these bytes come from a disk that whoever we are looking for may
// have written. Every offset is checked against the record before use.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ntfs/parsed.h"

namespace sidestream::ntfs {

enum class AttributeType : std::uint32_t {
  kStandardInformation = 0x10,
  kAttributeList = 0x20,
  kFileName = 0x30,
  kVolumeName = 0x60,
  kData = 0x80,
  kBitmap = 0xB0,
  kEndOfList = 0xFFFFFFFF,
};

// An attribute record of which only type and extent have been checked. Points into the FILE record.
struct RawAttribute {
  AttributeType type = AttributeType::kEndOfList;
  std::span<const std::byte> bytes;
  std::uint64_t volume_offset = 0;

  bool has_name() const { return bytes[9] != std::byte{0}; }
};

// Walks a FILE record's attributes in the order they lie there. A walk that ends with error() set
// has not seen everything.
class AttributeCursor {
 public:
  AttributeCursor(std::span<const std::byte> attributes, std::uint64_t volume_offset)
      : rest_(attributes), volume_offset_(volume_offset) {}

  // False at the end, and at the first attribute whose length cannot be believed.
  bool Next(RawAttribute& attribute);
  const ParseStatus& error() const { return error_; }

 private:
  std::span<const std::byte> rest_;
  std::uint64_t volume_offset_;
  ParseStatus error_;
};

// One attribute with its fields. Points into the FILE record.
struct AttributeRecord {
  AttributeType type = AttributeType::kEndOfList;
  // UTF-16LE as stored: any units except NUL, '/', '\' and ':', not necessarily well formed.
  std::span<const std::byte> name;
  bool is_compressed = false;
  bool is_encrypted = false;
  bool is_sparse = false;
  bool is_non_resident = false;

  std::span<const std::byte> value;  // resident only

  // Non-resident only.
  std::span<const std::byte> run_list;
  std::uint64_t run_list_offset = 0;  // on the volume
  std::uint64_t first_vcn = 0;
  std::uint64_t last_vcn = 0;
  std::uint8_t compression_unit = 0;  // log2 of clusters
  // Zero in a continuation (first_vcn != 0), whose size fields NTFS leaves meaningless.
  std::uint64_t allocated_size =
      0;  // what is really on disk, for compressed and sparse streams too
  std::uint64_t initialized_size = 0;

  // Bytes. Of a resident attribute the length of `value`; zero in a continuation.
  std::uint64_t data_size = 0;

  std::size_t name_units() const { return name.size() / 2; }
  bool is_continuation() const { return first_vcn != 0; }
};

[[nodiscard]] Parsed<AttributeRecord> DecodeAttribute(const RawAttribute& raw);

}  // namespace sidestream::ntfs
