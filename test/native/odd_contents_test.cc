// Contents that are more than bytes in a row: in pieces, compressed, encrypted, shorter than they
// seem.

#include "synthetic_volume.h"

using namespace test;

namespace {

constexpr int kFree = static_cast<int>(SyntheticVolume::kFreeCluster);

std::vector<std::byte> ClustersOf(char letter, std::size_t count) {
  return std::vector<std::byte>(count * kCluster, static_cast<std::byte>(letter));
}

// The one stream of the volume, listed exactly once and without a fault.
Row OnlyStream(const SyntheticVolume& volume) {
  RememberingSink sink;
  volume.ScanInto(sink);
  for (const auto& lost : sink.unreadable) check::Fail(__FILE__, __LINE__, lost.error.message);
  CHECK_EQUAL(sink.rows.size(), 1);
  return sink.rows[0];
}

std::string Repeat(char letter, std::size_t count) { return std::string(count, letter); }

}  // namespace

TEST("a stream in pieces over several records is listed once and read in order of VCN") {
  SyntheticVolume volume;
  volume.Put(kFree * kCluster, ClustersOf('a', 1));
  volume.Put((kFree + 5) * kCluster, ClustersOf('b', 2));
  // The later piece lies in the earlier record, and the list names it first.
  volume.File(
      40, {AnAttributeList({{u"s", 1, ReferenceTo(30)}, {u"s", 0, ReferenceTo(41)}}), AName(u"f")});
  volume.Extension(30, ReferenceTo(40),
                   {ANonResidentData(u"s", 1, 2, 0, Bytes{0x21, 2, kFree + 5, 0, 0})});
  volume.Extension(41, ReferenceTo(40),
                   {ANonResidentData(u"s", 0, 0, 10'000, Bytes{0x21, 1, kFree, 0, 0})});
  const Row row = OnlyStream(volume);
  CHECK_EQUAL(row.size, 10'000);
  CHECK_EQUAL(volume.ContentOf(row), Repeat('a', 4096) + Repeat('b', 10'000 - 4096));
}

TEST("bytes past the valid data length read as zeros, whatever the clusters hold") {
  SyntheticVolume volume;
  volume.Put(kFree * kCluster, ClustersOf('x', 2));
  Bytes stream = ANonResidentData(u"s", 0, 1, 8000, Bytes{0x21, 2, kFree, 0, 0});
  volume.File(30, {AName(u"f"), stream.U64(56, 100)});
  CHECK_EQUAL(volume.ContentOf(OnlyStream(volume)), Repeat('x', 100) + Repeat('\0', 7900));
}

TEST("with a valid data length of 0 nothing of the clusters is shown") {
  SyntheticVolume volume;
  volume.Put(kFree * kCluster, ClustersOf('x', 1));
  Bytes stream = ANonResidentData(u"s", 0, 0, 4000, Bytes{0x21, 1, kFree, 0, 0});
  volume.File(30, {AName(u"f"), stream.U64(56, 0)});
  CHECK_EQUAL(volume.ContentOf(OnlyStream(volume)), Repeat('\0', 4000));
}

TEST("a sparse stream's holes are zeros between its clusters") {
  SyntheticVolume volume;
  volume.Put(kFree * kCluster, ClustersOf('s', 1));
  Bytes stream = ANonResidentData(u"s", 0, 2, 3 * 4096, Bytes{0x01, 2, 0x21, 1, kFree, 0, 0});
  volume.File(30, {AName(u"f"), stream.U16(12, 0x8000)});
  CHECK_EQUAL(volume.ContentOf(OnlyStream(volume)), Repeat('\0', 8192) + Repeat('s', 4096));
}

TEST(
    "a compressed stream is expanded: a packed unit, a raw one and a hole; unit 0 means 16 "
    "clusters") {
  for (const unsigned unit : {4u, 0u}) {
    SyntheticVolume volume;
    // One chunk: literal 'z', then itself repeated for the rest of 4096 bytes. The 15 others:
    // zeros.
    volume.Put(kFree * kCluster, Bytes{0x03, 0xB0, 0x02, 'z', 0xFC, 0x0F, 0x00, 0x00});
    volume.Put((kFree + 1) * kCluster, ClustersOf('r', 16));
    Bytes stream = ANonResidentData(u"s", 0, 47, 48 * 4096,
                                    Bytes{0x21, 1, kFree, 0, 0x01, 15, 0x11, 16, 1, 0x01, 16, 0});
    volume.File(30, {AName(u"f"), stream.U16(12, 1).U8(34, unit)});
    const std::string content = volume.ContentOf(OnlyStream(volume));
    CHECK_EQUAL(content.size(), 48 * 4096);
    CHECK_EQUAL(content.substr(0, 4096), Repeat('z', 4096));
    CHECK_EQUAL(content.substr(4096, 15 * 4096), Repeat('\0', 15 * 4096));
    CHECK_EQUAL(content.substr(16 * 4096, 16 * 4096), Repeat('r', 16 * 4096));
    CHECK_EQUAL(content.substr(32 * 4096), Repeat('\0', 16 * 4096));
  }
}

TEST("an encrypted stream is listed, and its contents are unreadable and not shown") {
  SyntheticVolume volume;
  volume.Put(kFree * kCluster, ClustersOf('?', 1));
  Bytes stream = ANonResidentData(u"secret", 0, 0, 100, Bytes{0x21, 1, kFree, 0, 0});
  volume.File(30, {AName(u"f"), stream.U16(12, 0x4000), AStream(u"in the record").U16(12, 0x4000)});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK_EQUAL(sink.rows.size(), 2);
  CHECK_EQUAL(sink.rows[0].size, 100);
  CHECK_EQUAL(sink.unreadable.size(), 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(sink.rows[i].sha256.empty() && sink.rows[i].content_bytes == 0);
    CHECK_EQUAL(sink.unreadable[i].error.code, "ADS_UNSUPPORTED");
    CHECK(sink.unreadable[i].stream == sink.rows[i].name);
  }
}

TEST("an attribute list outside its record, in two runs, is read") {
  SyntheticVolume volume;
  std::vector<std::byte> list(2 * kCluster);
  const Bytes entry = AnAttributeList({{u"s", 0, ReferenceTo(31)}});  // its value lies 24 bytes in
  for (std::size_t at = 0; at < list.size(); at += 32) {
    std::memcpy(list.data() + at, std::span<const std::byte>(entry).data() + 24, 32);
  }
  volume.Put((kFree + 9) * kCluster, std::span(list).first(kCluster));
  volume.Put((kFree + 2) * kCluster, std::span(list).last(kCluster));
  Bytes outside =
      ANonResidentData(u"", 0, 1, list.size(), Bytes{0x21, 1, kFree + 9, 0, 0x11, 1, 0xF9, 0});
  volume.File(30, {outside.U32(0, 0x20), AName(u"f")});
  volume.Extension(31, ReferenceTo(30), {AStream(u"s")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK(sink.Find(u"f", u"s") != nullptr);
  // It promises the one stream 256 times over, so it was read to its end.
  CHECK_EQUAL(sink.unreadable.size(), 1);
  CHECK(sink.unreadable[0].error.message.find("expected 256 piece(s)") != std::string::npos);
}

TEST("$MFT that goes on in extension records is followed step by step") {
  SyntheticVolume volume;
  // Records 0 to 39 by record 0; 40 to 79 by record 20; 80 to 119, out of place, by record 45,
  // which only the second piece leads to.
  const auto record0 = AnAttributeList(
      {{u"", 0, ReferenceTo(0)}, {u"", 10, ReferenceTo(20)}, {u"", 20, ReferenceTo(45)}});
  Bytes first = ANonResidentData(u"", 0, 9, 120 * 1024, Bytes{0x11, 10, 4, 0});
  volume.File(0, {record0, first, AResidentAttribute(0xB0, u"", Bytes(15))});
  volume.Extension(20, ReferenceTo(0), {ANonResidentData(u"", 10, 19, 0, Bytes{0x11, 10, 14, 0})});
  volume.Extension(45, ReferenceTo(0),
                   {ANonResidentData(u"", 20, 29, 0, Bytes{0x21, 10, kFree, 0, 0})});
  volume.File(50, {AName(u"second piece"), AStream(u"s")});
  volume.Put(kFree * kCluster + 5 * 1024, AFileRecord({AName(u"third piece"), AStream(u"s")}));
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK(sink.Find(u"second piece", u"s") != nullptr);
  CHECK(sink.Find(u"third piece", u"s") != nullptr);
  CHECK_EQUAL(sink.Find(u"third piece", u"s")->identity, "ntfs:" + std::to_string(ReferenceTo(85)));
  CHECK_EQUAL(sink.unreadable.size(), 0);
}

TEST("a lost piece of $MFT's own run list is said, and what the first piece holds is listed") {
  SyntheticVolume volume;
  const auto list = AnAttributeList({{u"", 0, ReferenceTo(0)}, {u"", 10, ReferenceTo(20)}});
  volume.File(0, {list, ANonResidentData(u"", 0, 9, 80 * 1024, Bytes{0x11, 10, 4, 0})});
  volume.File(30, {AName(u"f"), AStream(u"s")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK(sink.Find(u"f", u"s") != nullptr);
  CHECK(!sink.unreadable.empty());
}
