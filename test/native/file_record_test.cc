#include "ntfs/file_record.h"

#include "bytes.h"
#include "check.h"
#include "ntfs/file_name.h"
#include "ntfs/standard_information.h"

using namespace sidestream::ntfs;
using test::AFileRecord;
using test::Bytes;

TEST("a record's state is told from its raw header") {
  CHECK_EQUAL(ClassifyRecord(AFileRecord({})), RecordState::kInUse);
  CHECK_EQUAL(ClassifyRecord(AFileRecord({}).U16(22, 0)), RecordState::kFree);
  CHECK_EQUAL(ClassifyRecord(AFileRecord({}).Text(0, "BAAD")), RecordState::kDamaged);
  CHECK_EQUAL(ClassifyRecord(AFileRecord({}).Text(0, "what")), RecordState::kForeign);
  CHECK_EQUAL(ClassifyRecord(Bytes(1024)), RecordState::kEmpty);
}

TEST("a file reference is a 48-bit record number below a 16-bit sequence") {
  const std::uint64_t reference = MakeReference(0x1234'5678'9ABC, 0xFEDC);
  CHECK_EQUAL(reference, 0xFEDC'1234'5678'9ABC);
  CHECK_EQUAL(RecordNumberOf(reference), 0x1234'5678'9ABC);
  CHECK_EQUAL(SequenceOf(reference), 0xFEDC);
}

TEST("a record header gives sequence, kind and base reference") {
  const Bytes record = AFileRecord({}).U16(22, 3).U64(32, 99);
  const auto parsed = ParseFileRecord(record, 0);
  CHECK(parsed.ok());
  CHECK_EQUAL(parsed.value().sequence, 7);
  CHECK(parsed.value().is_directory);
  CHECK_EQUAL(parsed.value().base_reference, 99);
}

TEST("more bytes in use than the record has, or attributes outside of them, are refused") {
  CHECK(!ParseFileRecord(AFileRecord({}).U32(24, 1025), 0).ok());
  CHECK(!ParseFileRecord(AFileRecord({}).U32(24, 0xFFFFFFFF), 0).ok());
  CHECK(!ParseFileRecord(AFileRecord({}).U16(20, 10), 0).ok());
  CHECK(!ParseFileRecord(AFileRecord({}).U16(20, 2000), 0).ok());
  const auto wrong = ParseFileRecord(AFileRecord({}).U32(24, 1025), 8192);
  CHECK_EQUAL(wrong.error().volume_offset, 8192 + 24);
}

TEST("a file name gives its parent and its units as they are, half a surrogate pair too") {
  Bytes value(66 + 6);
  value.U64(0, MakeReference(5, 5))
      .U8(64, 3)
      .U8(65, 1)
      .Utf16(66, u"a")
      .U16(68, 0xD800)
      .U16(70, 'b');
  const auto name = ParseFileName(value, 0);
  CHECK(name.ok());
  CHECK_EQUAL(name.value().parent_reference, MakeReference(5, 5));
  CHECK_EQUAL(name.value().name.size(), 6);
  CHECK(name.value().name[3] == std::byte{0xD8});
}

TEST("a file name longer than its attribute, or cut anywhere, is refused") {
  Bytes value(66 + 6);
  value.U8(64, 3);
  CHECK(!ParseFileName(Bytes(value).U8(64, 4), 0).ok());
  for (std::size_t size = 0; size < value.size(); ++size) {
    CHECK(!ParseFileName(value.First(size), 0).ok());
  }
}

TEST("file times become nanoseconds since 1970 and are clamped where 64 bits end") {
  CHECK_EQUAL(UnixNsFromFileTime(116'444'736'000'000'000), 0);
  CHECK_EQUAL(UnixNsFromFileTime(116'444'736'000'000'001), 100);
  CHECK_EQUAL(UnixNsFromFileTime(134'158'117'851'234'567), 1'771'338'185'123'456'700);
  CHECK_EQUAL(UnixNsFromFileTime(0), INT64_MIN);
  CHECK_EQUAL(UnixNsFromFileTime(INT64_MAX), INT64_MAX);
  CHECK_EQUAL(UnixNsFromFileTime(UINT64_MAX), INT64_MAX);
}

TEST("the time of the last write is the second of four, and a short value is refused") {
  Bytes value(48);
  value.U64(0, 1).U64(8, 116'444'736'000'000'000).U64(16, 3);
  CHECK_EQUAL(ParseLastWriteNs(value, 0).value(), 0);
  CHECK(!ParseLastWriteNs(value.First(31), 0).ok());
}
