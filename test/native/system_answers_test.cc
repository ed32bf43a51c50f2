// What Windows answers to FileStreamInformation and FileIdBothDirectoryInformation.

#include "bytes.h"
#include "check.h"
#include "ntfs/directory_information.h"
#include "ntfs/stream_information.h"

using sidestream::ntfs::DirectoryCursor;
using sidestream::ntfs::DirectoryEntry;
using sidestream::ntfs::ParseStreamInformation;
using test::Bytes;

namespace {

Bytes AStream(std::u16string_view name, std::uint64_t size, bool is_last) {
  const std::size_t bytes = 24 + 2 * name.size();
  Bytes entry(is_last ? bytes : (bytes + 7) / 8 * 8);
  entry.U32(0, is_last ? 0 : static_cast<std::uint32_t>(entry.size()));
  entry.U32(4, static_cast<std::uint32_t>(2 * name.size())).U64(8, size).U64(16, size + 8);
  return entry.Utf16(24, name);
}

Bytes AFile(std::u16string_view name, std::uint32_t attributes, bool is_last) {
  const std::size_t bytes = 104 + 2 * name.size();
  Bytes entry(is_last ? bytes : (bytes + 7) / 8 * 8);
  entry.U32(0, is_last ? 0 : static_cast<std::uint32_t>(entry.size())).U32(56, attributes);
  entry.U32(60, static_cast<std::uint32_t>(2 * name.size())).U32(64, 0xA000000C).U64(96, 77);
  return entry.Utf16(104, name);
}

Bytes Joined(const Bytes& first, const Bytes& second) {
  Bytes both(first.size() + second.size());
  return both.Copy(0, first).Copy(first.size(), second);
}

}  // namespace

TEST("a stream list gives named $DATA streams and the size of the unnamed one") {
  const Bytes answer = Joined(
      AStream(u"::$DATA", 5, false),
      Joined(AStream(u":Zone.Identifier:$DATA", 26, false), AStream(u":b\xD800:$DaTa", 0, true)));
  const auto parsed = ParseStreamInformation(answer);
  CHECK(parsed.ok());
  CHECK_EQUAL(parsed.value().unnamed_size.value(), 5);
  CHECK_EQUAL(parsed.value().named.size(), 2);
  CHECK(parsed.value().named[0].name == u"Zone.Identifier");
  CHECK_EQUAL(parsed.value().named[0].size, 26);
  CHECK_EQUAL(parsed.value().named[0].allocated, 34);
  CHECK(parsed.value().named[1].name == u"b\xD800");
}

TEST("an empty stream list, and an unnamed stream with an empty name, are no named streams") {
  CHECK(ParseStreamInformation({}).ok() && ParseStreamInformation({}).value().named.empty());
  const Bytes unnamed = AStream(u"", 9, true);
  const auto parsed = ParseStreamInformation(unnamed);
  CHECK(parsed.ok() && parsed.value().named.empty());
  CHECK_EQUAL(parsed.value().unnamed_size.value(), 9);
}

TEST("streams of other types are not listed, and a stream called $DATA is") {
  const Bytes answer =
      Joined(AStream(u":$I30:$INDEX_ALLOCATION", 1, false), AStream(u":$DATA:$DATA", 2, true));
  const auto parsed = ParseStreamInformation(answer);
  CHECK(parsed.ok());
  CHECK_EQUAL(parsed.value().named.size(), 1);
  CHECK(parsed.value().named[0].name == u"$DATA");
}

TEST("a stream list cut anywhere is refused, and never read beyond") {
  const Bytes answer = Joined(AStream(u"::$DATA", 5, false), AStream(u":s:$DATA", 1, true));
  for (std::size_t size = 1; size < answer.size(); ++size) {
    CHECK(!ParseStreamInformation(answer.First(size)).ok());
  }
}

TEST("a stream list that contradicts itself is refused") {
  const auto refused = [](Bytes first) {
    return !ParseStreamInformation(Joined(first, AStream(u":s:$DATA", 1, true))).ok();
  };
  const Bytes good = AStream(u"::$DATA", 5, false);
  CHECK(!refused(good));
  CHECK(refused(Bytes(good).U32(0, 8)));
  CHECK(refused(Bytes(good).U32(0, 28)));
  CHECK(refused(Bytes(good).U32(0, 0xFFFFFFF8)));
  CHECK(refused(Bytes(good).U32(4, 13)));
  CHECK(refused(Bytes(good).U32(4, 0xFFFFFFFE)));
}

TEST("a folder's entries have name, id and attributes, and a reparse tag only if they are links") {
  const Bytes answer = Joined(AFile(u"plain", 0x20, false), AFile(u"link", 0x420, true));
  DirectoryCursor cursor(answer);
  DirectoryEntry entry;
  CHECK(cursor.Next(entry));
  CHECK(entry.name == u"plain");
  CHECK_EQUAL(entry.file_id, 77);
  CHECK_EQUAL(entry.attributes, 0x20);
  CHECK_EQUAL(entry.reparse_tag, 0);
  CHECK(cursor.Next(entry));
  CHECK(entry.name == u"link");
  CHECK_EQUAL(entry.reparse_tag, 0xA000000C);
  CHECK(!cursor.Next(entry) && !cursor.error());
}

TEST("a folder's answer cut anywhere ends with an error, and is never read beyond") {
  const Bytes answer = Joined(AFile(u"one", 0x20, false), AFile(u"two", 0x20, true));
  for (std::size_t size = 1; size < answer.size(); ++size) {
    const auto cut = answer.First(size);
    DirectoryCursor cursor(cut);
    DirectoryEntry entry;
    while (cursor.Next(entry)) {
    }
    CHECK(cursor.error().has_value());
  }
}
