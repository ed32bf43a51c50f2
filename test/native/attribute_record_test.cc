#include "ntfs/attribute_record.h"

#include "bytes.h"
#include "check.h"
#include "ntfs/attribute_list.h"
#include "ntfs/file_record.h"

using namespace sidestream::ntfs;
using test::ANonResidentData;
using test::AResidentAttribute;
using test::Bytes;

namespace {

Parsed<AttributeRecord> DecodeFirst(std::span<const std::byte> bytes) {
  AttributeCursor cursor(bytes, 500);
  RawAttribute raw;
  if (!cursor.Next(raw)) return cursor.error().value_or(ParseError{"none", "", 0, 0, 0});
  return DecodeAttribute(raw);
}

Bytes AListEntry(std::uint32_t type, std::u16string_view name, std::uint64_t vcn,
                 std::uint64_t reference) {
  Bytes entry((26 + 2 * name.size() + 7) / 8 * 8);
  entry.U32(0, type).U16(4, static_cast<unsigned>(entry.size()));
  entry.U8(6, static_cast<unsigned>(name.size())).U8(7, 26).U64(8, vcn).U64(16, reference);
  return entry.Utf16(26, name);
}

}  // namespace

TEST("a resident stream has its name, its bytes and their count as size") {
  const Bytes bytes = AResidentAttribute(0x80, u"Zone.Identifier", Bytes{1, 2, 3});
  const auto attribute = DecodeFirst(bytes);
  CHECK(attribute.ok());
  CHECK_EQUAL(attribute.value().name_units(), 15);
  CHECK_EQUAL(attribute.value().data_size, 3);
  CHECK(attribute.value().value[2] == std::byte{3});
  CHECK(!attribute.value().is_non_resident);
}

TEST("a non-resident stream has three sizes; a continuation has none") {
  const auto first = DecodeFirst(ANonResidentData(u"s", 0, 3, 10'000, Bytes{0x11, 4, 9, 0}));
  CHECK(first.ok());
  CHECK_EQUAL(first.value().data_size, 10'000);
  CHECK_EQUAL(first.value().allocated_size, 4 * 4096);
  const auto later = DecodeFirst(ANonResidentData(u"s", 4, 7, 10'000, Bytes{0x11, 4, 9, 0}));
  CHECK(later.ok());
  CHECK(later.value().is_continuation());
  CHECK_EQUAL(later.value().data_size, 0);
}

TEST("encrypted, compressed and sparse are told apart by their flags") {
  const Bytes plain = ANonResidentData(u"s", 0, 3, 1, Bytes{0x11, 4, 9, 0});
  CHECK(DecodeFirst(Bytes(plain).U16(12, 0x4000)).value().is_encrypted);
  CHECK(DecodeFirst(Bytes(plain).U16(12, 0x0001)).value().is_compressed);
  CHECK(DecodeFirst(Bytes(plain).U16(12, 0x8000)).value().is_sparse);
}

TEST("a small last attribute right before the end of the bytes is not dropped") {
  const Bytes bytes = AResidentAttribute(0x80, u"", Bytes{});
  CHECK_EQUAL(bytes.size(), 24);
  CHECK(DecodeFirst(bytes).ok());
}

TEST("an attribute length of zero ends the walk with an error, because it would not advance") {
  const Bytes bytes = AResidentAttribute(0x80, u"s", Bytes{1}).U32(4, 0);
  AttributeCursor cursor(bytes, 500);
  RawAttribute raw;
  CHECK(!cursor.Next(raw));
  CHECK(cursor.error().has_value());
  CHECK_EQUAL(cursor.error()->volume_offset, 504);
}

TEST("an attribute that is unaligned or longer than the record is refused") {
  const Bytes bytes = AResidentAttribute(0x80, u"s", Bytes{1});
  CHECK(!DecodeFirst(Bytes(bytes).U32(4, 31)).ok());
  CHECK(!DecodeFirst(Bytes(bytes).U32(4, 48)).ok());
  CHECK(!DecodeFirst(Bytes(bytes).U32(4, 0xFFFFFFF8)).ok());
}

TEST("a name or value that points outside its attribute is refused") {
  const Bytes bytes = AResidentAttribute(0x80, u"name", Bytes{1, 2});
  CHECK(!DecodeFirst(Bytes(bytes).U16(10, 40)).ok());
  CHECK(!DecodeFirst(Bytes(bytes).U16(10, 0)).ok());
  CHECK(!DecodeFirst(Bytes(bytes).U8(9, 255)).ok());
  CHECK(!DecodeFirst(Bytes(bytes).U32(16, 0xFFFFFFFF)).ok());
  CHECK(!DecodeFirst(Bytes(bytes).U16(20, 0xFFFF)).ok());
  CHECK(!DecodeFirst(Bytes(bytes).U8(8, 1)).ok());  // too short to be non-resident
}

TEST("no truncation of a record makes a decoder read past its end") {
  const Bytes bytes = ANonResidentData(u"stream", 0, 3, 10'000, Bytes{0x11, 4, 9, 0});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = bytes.First(size);
    CHECK(!DecodeFirst(cut).ok());
  }
}

TEST("an attribute list entry is read with a name longer than 128 units") {
  const std::u16string name(250, u'n');
  const Bytes entry = AListEntry(0x80, name, 6, MakeReference(77, 2));
  AttributeListCursor cursor(entry, 0);
  AttributeListEntry out;
  CHECK(cursor.Next(out));
  CHECK_EQUAL(out.name.size(), 500);
  CHECK_EQUAL(out.lowest_vcn, 6);
  CHECK_EQUAL(RecordNumberOf(out.reference), 77);
  CHECK(!cursor.Next(out));
  CHECK(!cursor.error());
}

TEST("an attribute list entry of length zero, or over the end, ends the walk with an error") {
  for (const unsigned length : {0u, 25u, 64u, 0xFFFFu}) {
    const Bytes entry = AListEntry(0x80, u"s", 0, 1).U16(4, length);
    AttributeListCursor cursor(entry, 0);
    AttributeListEntry out;
    CHECK(!cursor.Next(out));
    CHECK(cursor.error().has_value());
  }
}
