#include "ntfs/usn_record.h"

#include "bytes.h"
#include "check.h"

using sidestream::ntfs::FileId128;
using sidestream::ntfs::UsnCursor;
using sidestream::ntfs::UsnRecord;
using test::Bytes;

namespace {

constexpr std::uint64_t kNextUsn = 0x7000;

std::size_t Padded(std::size_t size) { return (size + 7) / 8 * 8; }

Bytes ARecordV2(std::u16string_view name) {
  Bytes record(Padded(60 + 2 * name.size()));
  record.U32(0, static_cast<std::uint32_t>(record.size())).U16(4, 2);
  record.U64(8, 0x0001000000000040).U64(16, 0x0005000000000005).U64(24, 0x1000).U64(32, 99);
  record.U32(40, 0x80200000).U32(44, 2).U32(52, 0x20);
  record.U16(56, static_cast<unsigned>(2 * name.size())).U16(58, 60);
  return record.Utf16(60, name);
}

Bytes ARecordV3(std::u16string_view name) {
  Bytes record(Padded(76 + 2 * name.size()));
  record.U32(0, static_cast<std::uint32_t>(record.size())).U16(4, 3);
  record.U64(8, 0x0001000000000040).U64(16, 7).U64(24, 5).U64(32, 8).U64(40, 0x2000).U64(48, 77);
  record.U32(56, 0x00200000).U32(60, 1).U32(68, 0x10);
  record.U16(72, static_cast<unsigned>(2 * name.size())).U16(74, 76);
  return record.Utf16(76, name);
}

// One extent behind the header.
Bytes ARecordV4() {
  Bytes record(72);
  record.U32(0, 72).U16(4, 4).U64(8, 0x40).U64(16, 7).U64(24, 5).U64(40, 0x3000);
  return record.U32(48, 0x20).U32(52, 4).U16(60, 1).U16(62, 16);
}

Bytes AnAnswer(std::initializer_list<Bytes> records) {
  std::size_t size = 8;
  for (const Bytes& record : records) size += record.size();
  Bytes answer(size);
  answer.U64(0, kNextUsn);
  std::size_t at = 8;
  for (const Bytes& record : records) {
    answer.Copy(at, record);
    at += record.size();
  }
  return answer;
}

// True if the walk ends in an error.
bool IsRefused(const Bytes& record) {
  const Bytes answer = AnAnswer({record});
  UsnCursor cursor(answer);
  UsnRecord decoded;
  while (cursor.Next(decoded)) {
  }
  return cursor.error().has_value();
}

}  // namespace

TEST("a record of version 2 has 64-bit references, reason, source, time, attributes and a name") {
  const Bytes answer = AnAnswer({ARecordV2(u"setup\xD800.exe")});
  UsnCursor cursor(answer);
  UsnRecord record;
  CHECK(cursor.Next(record));
  CHECK_EQUAL(cursor.next_usn(), kNextUsn);
  CHECK(record.file == (FileId128{0x0001000000000040, 0}));
  CHECK(record.parent == (FileId128{0x0005000000000005, 0}));
  CHECK_EQUAL(record.usn, 0x1000);
  CHECK_EQUAL(record.reason, 0x80200000);
  CHECK_EQUAL(record.source, 2);
  CHECK_EQUAL(record.time_stamp.value(), 99);
  CHECK_EQUAL(record.attributes.value(), 0x20);
  CHECK(record.name == u"setup\xD800.exe");
  CHECK(!cursor.Next(record) && !cursor.error());
}

TEST("a record of version 3 has references of 128 bits") {
  const Bytes answer = AnAnswer({ARecordV3(u"a")});
  UsnCursor cursor(answer);
  UsnRecord record;
  CHECK(cursor.Next(record));
  CHECK(record.file == (FileId128{0x0001000000000040, 7}));
  CHECK(record.parent == (FileId128{5, 8}));
  CHECK_EQUAL(record.usn, 0x2000);
  CHECK_EQUAL(record.time_stamp.value(), 77);
  CHECK_EQUAL(record.source, 1);
  CHECK(record.name == u"a");
}

TEST("a record of version 4 has no time, attributes or name, and is not mistaken for another") {
  const Bytes answer = AnAnswer({ARecordV4(), ARecordV2(u"next")});
  UsnCursor cursor(answer);
  UsnRecord record;
  CHECK(cursor.Next(record));
  CHECK_EQUAL(record.usn, 0x3000);
  CHECK_EQUAL(record.reason, 0x20);
  CHECK_EQUAL(record.source, 4);
  CHECK(!record.time_stamp && !record.attributes && record.name.empty());
  CHECK(cursor.Next(record) && record.name == u"next");
}

TEST("records of an unknown major version are passed over by their length, and counted") {
  Bytes unknown(40);
  unknown.U32(0, 40).U16(4, 9);
  const Bytes answer = AnAnswer({unknown, ARecordV2(u"known"), unknown});
  UsnCursor cursor(answer);
  UsnRecord record;
  CHECK(cursor.Next(record) && record.name == u"known");
  CHECK(!cursor.Next(record));
  CHECK_EQUAL(cursor.unknown_records(), 2);
  CHECK(!cursor.error());
}

TEST("an answer of only the next USN is a journal that has nothing new") {
  const Bytes answer = AnAnswer({});
  UsnCursor cursor(answer);
  UsnRecord record;
  CHECK(!cursor.Next(record) && !cursor.error());
  CHECK_EQUAL(cursor.next_usn(), kNextUsn);
}

TEST("a journal answer cut anywhere is refused or ends early, and never read beyond") {
  const Bytes answer = AnAnswer({ARecordV3(u"name")});
  for (std::size_t size = 0; size < answer.size(); ++size) {
    const auto cut = answer.First(size);
    UsnCursor cursor(cut);
    UsnRecord record;
    CHECK(!cursor.Next(record));
    CHECK_EQUAL(cursor.error().has_value(), size != 8);
  }
}

TEST("journal records that contradict themselves are refused") {
  CHECK(!IsRefused(ARecordV2(u"name")));
  CHECK(IsRefused(ARecordV2(u"name").U32(0, 0)));
  CHECK(IsRefused(ARecordV2(u"name").U32(0, 0xFFFFFFF8)));
  CHECK(IsRefused(ARecordV2(u"name").U32(0, 66)));
  CHECK(IsRefused(ARecordV2(u"name").U16(4, 3)));
  CHECK(IsRefused(ARecordV2(u"name").U16(56, 7)));
  CHECK(IsRefused(ARecordV2(u"name").U16(56, 0xFFFE)));
  CHECK(IsRefused(ARecordV2(u"name").U16(58, 8)));
  CHECK(IsRefused(ARecordV2(u"name").U16(58, 0xFFF0)));
}
