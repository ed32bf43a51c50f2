// Records that a bit hides: $MFT's bitmap says that a file is there, and the record that none is.

#include <functional>

#include "synthetic_volume.h"

using namespace test;

namespace {

Bytes Unused(Bytes record) { return record.U16(22, 0); }

// A volume on which something happens once its records have been read.
class ChangingImage final : public sidestream::BlockReader {
 public:
  ChangingImage(std::shared_ptr<MemoryImage> image, std::function<void()> change)
      : image_(std::move(image)), change_(std::move(change)) {}
  std::uint64_t size() const override { return image_->size(); }
  sidestream::Result<std::size_t> ReadAt(std::uint64_t offset,
                                         std::span<std::byte> into) const override {
    auto read = image_->ReadAt(offset, into);
    if (into.size() > 64 * 1024) change_();
    return read;
  }

 private:
  const std::shared_ptr<MemoryImage> image_;
  const std::function<void()> change_;
};

}  // namespace

TEST("a record that lost its in-use bit is unreadable where the bitmap has it in use") {
  for (const bool can_change : {true, false}) {
    SyntheticVolume volume;
    volume.MftWithBitmap({30, 31, 32});
    volume.Record(30, Unused(AFileRecord({AName(u"hidden"), AStream(u"s")})));
    volume.File(31, {AName(u"f"), AStream(u"s")});
    volume.Record(32, Unused(AFileRecord({}).U16(18, 0)));  // kept free for whatever comes
    volume.Record(33, Unused(AFileRecord({AName(u"deleted"), AStream(u"s")})));
    volume.image()->can_change = can_change;
    RememberingSink sink;
    volume.ScanInto(sink);
    CHECK_EQUAL(sink.rows.size(), 1);
    CHECK(sink.Find(u"f", u"s") != nullptr);
    CHECK_EQUAL(sink.unreadable.size(), 1);
    CHECK(sink.unreadable[0].path == u"$MFT record 30");
    CHECK_EQUAL(sink.unreadable[0].error.code, "ADS_CORRUPT");
  }
}

TEST("a file that lost its in-use bit still gives its identity to streams in extension records") {
  SyntheticVolume volume;
  volume.MftWithBitmap({30, 31});
  volume.Record(30, Unused(AFileRecord({AName(u"hidden")})));
  volume.Extension(31, ReferenceTo(30), {AStream(u"s")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK_EQUAL(sink.rows.size(), 1);
  CHECK_EQUAL(sink.rows[0].identity, "ntfs:" + std::to_string(ReferenceTo(30)));
  CHECK_EQUAL(sink.unreadable.size(), 1);
}

TEST("a record without its in-use bit is also listed where deleted files are asked for") {
  SyntheticVolume volume;
  volume.MftWithBitmap({30});
  volume.Record(30, Unused(AFileRecord({AName(u"hidden"), AStream(u"s")})));
  volume.Record(33, Unused(AFileRecord({AName(u"deleted"), AStream(u"s")})));
  RememberingSink sink;
  Scan(volume.image(), sink, {.include_deleted = true, .exclude = {}});
  CHECK_EQUAL(sink.rows.size(), 2);
  CHECK_EQUAL(sink.unreadable.size(), 1);
}

TEST("a file that is deleted while the volume is read is neither listed nor unreadable") {
  SyntheticVolume volume;
  volume.MftWithBitmap({30, 31});
  volume.Record(30, Unused(AFileRecord({AName(u"just deleted"), AStream(u"s")})));
  volume.File(31, {AName(u"f"), AStream(u"s")});
  const auto image =
      std::make_shared<ChangingImage>(volume.image(), [&] { volume.MftWithBitmap({31}); });
  const auto provider = sidestream::OpenNtfsBlocks(image, "changing image");
  RememberingSink sink;
  CHECK(!provider.value()->Scan({}, sink));
  CHECK_EQUAL(sink.rows.size(), 1);
  CHECK_EQUAL(sink.unreadable.size(), 0);
}

TEST("the bitmap of $MFT is had by the copy of record 0, and through its attribute list") {
  SyntheticVolume copied;
  constexpr std::size_t kMirror = SyntheticVolume::kFreeCluster;
  copied.MftWithBitmap({30});
  copied.Record(30, Unused(AFileRecord({AName(u"hidden"), AStream(u"s")})));
  copied.Put(0, ABootSector().U64(40, SyntheticVolume::kClusters * 8).U64(56, kMirror));
  std::byte* const zero = copied.image()->bytes.data() + 4 * kCluster;
  copied.Put(kMirror * kCluster, std::span(zero, 1024));
  std::memset(zero, 0xFF, 1024);

  SyntheticVolume listed;
  const auto clusters = static_cast<int>(SyntheticVolume::kMftClusters);
  Bytes bitmap(SyntheticVolume::kRecords / 8);
  bitmap.U8(30 / 8, 1u << (30 % 8));
  listed.File(0, {AnAttributeList({{u"", 0, ReferenceTo(0)}, {u"", 0, ReferenceTo(40), 0xB0}}),
                  ANonResidentData(u"", 0, SyntheticVolume::kMftClusters - 1,
                                   SyntheticVolume::kRecords * 1024, Bytes{0x11, clusters, 4, 0})});
  listed.Extension(40, ReferenceTo(0), {AResidentAttribute(0xB0, u"", bitmap)});
  listed.Record(30, Unused(AFileRecord({AName(u"hidden"), AStream(u"s")})));

  for (const SyntheticVolume* const volume : {&copied, &listed}) {
    RememberingSink sink;
    volume->ScanInto(sink);
    bool is_missed = false;
    for (const auto& lost : sink.unreadable) is_missed |= lost.path == u"$MFT record 30";
    CHECK(is_missed);
  }
}

TEST("where the bitmap of $MFT cannot be had, that is said once") {
  SyntheticVolume volume;
  const auto clusters = static_cast<int>(SyntheticVolume::kMftClusters);
  volume.File(0, {ANonResidentData(u"", 0, SyntheticVolume::kMftClusters - 1,
                                   SyntheticVolume::kRecords * 1024, Bytes{0x11, clusters, 4, 0})});
  volume.File(30, {AName(u"f"), AStream(u"s")});
  RememberingSink sink;
  volume.ScanInto(sink);
  CHECK_EQUAL(sink.rows.size(), 1);
  CHECK_EQUAL(sink.unreadable.size(), 1);
  CHECK(sink.unreadable[0].path == u"$MFT");
  CHECK(sink.unreadable[0].error.message.find("bitmap") != std::string::npos);
}
