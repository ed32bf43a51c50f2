// Records, names and parents as only damage, age or malice leave them: who owns what, and where.

#include "synthetic_volume.h"

using namespace test;

TEST("a record's position is its number, whatever its header says") {
  SyntheticVolume volume;
  volume.Record(30, AFileRecord({AName(u"a"), AStream(u"s")}).U32(44, 4711));
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK_EQUAL(sink.rows.size(), 1);
  CHECK_EQUAL(sink.rows[0].identity, "ntfs:" + std::to_string(ReferenceTo(30)));
}

TEST("a long name in an extension record is the file's name; the DOS name only if alone") {
  SyntheticVolume volume;
  volume.File(30, {AName(u"LONGNA~1", kRoot, 2), AStream(u"s")});
  volume.Extension(31, ReferenceTo(30), {AName(u"long name.txt")});
  volume.File(32, {AName(u"ALONE~1", kRoot, 2), AStream(u"s")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK(sink.Find(u"long name.txt", u"s") != nullptr);
  CHECK(sink.Find(u"LONGNA~1", u"s") == nullptr);
  CHECK(sink.Find(u"ALONE~1", u"s") != nullptr);
}

TEST("streams with one instance number in several extension records are all listed") {
  SyntheticVolume volume;
  volume.File(
      30, {AnAttributeList({{u"a", 0, ReferenceTo(31)}, {u"b", 0, ReferenceTo(32)}}), AName(u"f")});
  volume.Extension(31, ReferenceTo(30), {AStream(u"a")});
  volume.Extension(32, ReferenceTo(30), {AStream(u"b")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK(sink.Find(u"f", u"a") != nullptr && sink.Find(u"f", u"b") != nullptr);
  CHECK_EQUAL(sink.unreadable.size(), 0);
}

TEST("a file may have more than 256 extension records") {
  SyntheticVolume volume;
  volume.File(30, {AName(u"f")});
  for (std::size_t i = 31; i < 331; ++i) {
    const std::string digits = std::to_string(i);
    volume.Extension(i, ReferenceTo(30), {AStream(std::u16string(digits.begin(), digits.end()))});
  }
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK_EQUAL(sink.rows.size(), 300);
  CHECK_EQUAL(sink.unreadable.size(), 0);
}

TEST("an attribute list that leads to another, or to itself, ends") {
  SyntheticVolume volume;
  volume.File(
      30, {AnAttributeList({{u"s", 0, ReferenceTo(31)}, {u"s", 0, ReferenceTo(30)}}), AName(u"f")});
  volume.Extension(31, ReferenceTo(30),
                   {AnAttributeList({{u"s", 0, ReferenceTo(30)}}), AStream(u"s")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK(sink.Find(u"f", u"s") != nullptr);
  CHECK_EQUAL(volume.ContentOf(sink.rows[0]), "content");
}

TEST("an extension record whose file is gone, or is another now, is unreadable and no one's") {
  SyntheticVolume volume;
  volume.File(30, {AName(u"new owner"), AStream(u"own")});
  volume.Extension(31, ReferenceTo(30, kSequence - 1), {AStream(u"of the old owner")});
  volume.Extension(33, ReferenceTo(32), {AStream(u"of nobody")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK_EQUAL(sink.rows.size(), 1);
  CHECK(sink.Find(u"new owner", u"own") != nullptr);
  CHECK_EQUAL(sink.unreadable.size(), 2);
  CHECK(sink.unreadable[0].path.starts_with(u"$MFT record 3"));
}

TEST("a folder that is its own parent, and two that hold each other, end below $Orphan") {
  SyntheticVolume volume;
  volume.Folder(30, {AName(u"self", ReferenceTo(30)), AStream(u"s")});
  volume.Folder(31, {AName(u"hen", ReferenceTo(32))});
  volume.Folder(32, {AName(u"egg", ReferenceTo(31))});
  volume.File(33, {AName(u"f", ReferenceTo(32)), AStream(u"s")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK_EQUAL(sink.rows.size(), 2);
  for (const Row& row : sink.rows) CHECK(row.path.starts_with(u"$Orphan\\"));
}

TEST("a path without end is cut at its front, and its file is listed below $Orphan") {
  SyntheticVolume volume;
  const std::u16string name(250, u'n');
  constexpr std::size_t kDepth = 300;
  for (std::size_t i = 0; i < kDepth; ++i) {
    volume.Folder(30 + i, {AName(name, i == 0 ? kRoot : ReferenceTo(29 + i))});
  }
  volume.File(30 + kDepth, {AName(u"f", ReferenceTo(29 + kDepth)), AStream(u"s")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK_EQUAL(sink.rows.size(), 1);
  CHECK(sink.rows[0].path.starts_with(u"$Orphan\\n"));
  CHECK(sink.rows[0].path.ends_with(u"n\\f"));
  CHECK(sink.rows[0].path.size() < kDepth * name.size());
}

TEST("names that differ only in case are different files") {
  SyntheticVolume volume;
  volume.File(30, {AName(u"readme", kRoot, 0), AStream(u"s")});
  volume.File(31, {AName(u"README", kRoot, 0), AStream(u"s")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK(sink.Find(u"readme", u"s") != nullptr && sink.Find(u"README", u"s") != nullptr);
}

TEST("a reparse point is not followed, and the streams beside it are listed, WOF's too") {
  SyntheticVolume volume;
  const Bytes reparse = AResidentAttribute(0xC0, u"", Bytes(24).U32(0, 0x80000017));
  volume.File(30, {AName(u"compact.exe"), AStream(u"WofCompressedData"), reparse});
  volume.Folder(31, {AName(u"junction"), AStream(u"s"), reparse});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK(sink.Find(u"compact.exe", u"WofCompressedData") != nullptr);
  CHECK(sink.Find(u"junction", u"s") != nullptr);
}

TEST("records past $MFT's initialized size were never written and are not read") {
  SyntheticVolume volume;
  volume.File(30, {AName(u"inside"), AStream(u"s")});
  volume.File(390, {AName(u"older volume's"), AStream(u"s")});
  const auto clusters = static_cast<int>(SyntheticVolume::kMftClusters);
  Bytes mft = ANonResidentData(u"", 0, SyntheticVolume::kMftClusters - 1,
                               SyntheticVolume::kRecords * 1024, Bytes{0x11, clusters, 4, 0});
  volume.Record(0, AFileRecord({mft.U64(56, 380 * 1024)}));
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK_EQUAL(sink.rows.size(), 1);
}

TEST("streams of a file whose base record is lost are listed under its identity, below $Orphan") {
  SyntheticVolume volume;
  volume.Record(30, AFileRecord({AName(u"named in the base only")}).Text(0, "BAAD"));
  volume.Extension(31, ReferenceTo(30), {AStream(u"a")});
  volume.Record(32, AFileRecord({AName(u"SHORT~1", kRoot, 2)}).U16(510, 0xFFFF));
  volume.Extension(33, ReferenceTo(32), {AName(u"long name.txt"), AStream(u"b")});
  RememberingSink sink;
  volume.ScanInto(sink);
  const Row* const nameless = sink.Find(u"$Orphan\\$MFT record 30", u"a");
  CHECK(nameless != nullptr);
  CHECK_EQUAL(nameless->identity, "ntfs:" + std::to_string(ReferenceTo(30)));
  CHECK(!nameless->sha256.empty());
  CHECK(sink.Find(u"long name.txt", u"b") != nullptr);
  CHECK_EQUAL(sink.unreadable.size(), 2);
}

TEST("records in use past the end that record 0 gives $MFT are said to be missing") {
  SyntheticVolume volume;
  const auto scan = [&](std::size_t records) {
    volume.MftWithBitmap({30}, records);
    RememberingSink sink;
    volume.ScanInto(sink);
    return sink.unreadable.size();
  };
  volume.File(30, {AName(u"f"), AStream(u"s")});
  CHECK_EQUAL(scan(SyntheticVolume::kRecords), 0);
  CHECK_EQUAL(scan(28), 1);
}

TEST("a file that is there never stands below a deleted folder, a deleted one does") {
  SyntheticVolume volume;
  const auto deleted = [](Bytes record, unsigned flags) {
    return record.U16(16, kSequence + 1u).U16(22, flags);
  };
  volume.Record(30, deleted(AFileRecord({AName(u"gone"), AStream(u"of a folder")}), 2));
  volume.Record(31, deleted(AFileRecord({AName(u"f", ReferenceTo(30)), AStream(u"s")}), 0));
  volume.File(32, {AName(u"live", ReferenceTo(30)), AStream(u"s")});
  volume.Record(33, deleted(AFileRecord({AStream(u"let go of")}).U64(32, ReferenceTo(32)), 0));
  volume.Record(34, AFileRecord({AName(u"torn"), AStream(u"s")}).U16(22, 0).U16(510, 0xFFFF));
  RememberingSink sink;
  Scan(volume.image(), sink, {.include_deleted = true, .exclude = {}});
  CHECK_EQUAL(sink.rows.size(), 3);
  CHECK(sink.Find(u"gone", u"of a folder") != nullptr);
  const Row* const file = sink.Find(u"gone\\f", u"s");
  CHECK(file != nullptr);
  CHECK_EQUAL(file->identity, "ntfs:" + std::to_string(ReferenceTo(31)));
  CHECK(sink.Find(u"$Orphan\\live", u"s") != nullptr);
  CHECK_EQUAL(sink.unreadable.size(), 0);
}
