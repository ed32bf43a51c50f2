// The raw provider on the committed fixture: whole, damaged, cut short, inside a disk.

#include <cstdlib>
#include <fstream>
#include <set>

#include "base/little_endian.h"
#include "base/sha256.h"
#include "bytes.h"
#include "image.h"
#include "ntfs/file_record.h"

using namespace test;
using sidestream::ScanOptions;

namespace {

constexpr std::size_t kMft = 4 * 4096;  // where mkntfs puts $MFT
constexpr std::size_t kRecordSize = 1024;
constexpr std::size_t kStreams = 101;

const std::u16string kInstaller = u"Users\\Public\\Downloads\\AcmeSetup-4.2.exe";
const std::u16string kMany = u"Users\\anna\\Documents\\many-streams.dat";

void Put(MemoryImage& image, std::size_t at, std::initializer_list<int> values) {
  for (const int value : values) image.bytes.at(at++) = static_cast<std::byte>(value);
}

// The byte offset of a record, by looking for it: $MFT is fragmented. 0 if there is none.
std::size_t FindRecord(const MemoryImage& image, std::uint32_t number) {
  for (std::size_t at = 0; at + kRecordSize <= image.bytes.size(); at += kRecordSize) {
    if (std::memcmp(image.bytes.data() + at, "FILE0", 5) != 0) continue;
    if (number < 4 && at < kMft) continue;
    if (sidestream::LoadLe<std::uint32_t>(image.bytes.data() + at + 44) == number) return at;
  }
  return 0;
}

std::uint32_t RecordOf(const Row& row) {
  const auto reference = std::strtoull(row.identity.c_str() + 5, nullptr, 10);
  return static_cast<std::uint32_t>(sidestream::ntfs::RecordNumberOf(reference));
}

// A disk of `sector` bytes a sector with these volumes, each behind the other.
std::shared_ptr<MemoryImage> AnMbrDisk(std::size_t sector,
                                       const std::vector<std::vector<std::byte>>& volumes) {
  std::vector<std::byte> disk(128 * sector);
  disk[510] = std::byte{0x55};
  disk[511] = std::byte{0xAA};
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    Bytes entry(16);
    entry.U8(4, 7).U32(8, static_cast<std::uint32_t>(disk.size() / sector));
    entry.U32(12, static_cast<std::uint32_t>(volumes[i].size() / sector));
    for (std::size_t at = 0; at < 16; ++at) disk[446 + 16 * i + at] = entry[at];
    disk.insert(disk.end(), volumes[i].begin(), volumes[i].end());
  }
  return std::make_shared<MemoryImage>(std::move(disk));
}

// Its GPT at both ends: 32 sectors of entries and a header, which the second time follows them.
std::shared_ptr<MemoryImage> AGptDisk(std::size_t sector, const std::vector<std::byte>& volume) {
  Bytes head(64 * sector);
  Bytes tail(33 * sector);
  const std::size_t volume_sectors = volume.size() / sector;
  head.U16(510, 0xAA55).U8(446 + 4, 0xEE).U32(446 + 8, 1).U32(446 + 12, 0xFFFFFFFF);
  const auto put = [&](Bytes& into, std::size_t header, std::size_t entries, std::size_t at) {
    into.Text(header, "EFI PART").U64(header + 72, at).U32(header + 80, 128).U32(header + 84, 128);
    const std::size_t entry = entries + 2 * 128;  // the third entry
    into.Copy(entry, Bytes{0xA2, 0xA0, 0xD0, 0xEB, 0xE5, 0xB9, 0x33, 0x44});
    into.Copy(entry + 8, Bytes{0x87, 0xC0, 0x68, 0xB6, 0xB7, 0x26, 0x99, 0xC7});
    into.U64(entry + 32, 64).U64(entry + 40, 64 + volume_sectors - 1);
  };
  put(head, sector, 2 * sector, 2);
  put(tail, 32 * sector, 0, 64 + volume_sectors);
  const std::span<const std::byte> bytes = head;
  std::vector<std::byte> disk(bytes.begin(), bytes.end());
  disk.insert(disk.end(), volume.begin(), volume.end());
  const std::span<const std::byte> end = tail;
  disk.insert(disk.end(), end.begin(), end.end());
  return std::make_shared<MemoryImage>(std::move(disk));
}

// One primary partition, and an extended one that holds the others as logical ones, each behind a
// sector of its own that leads to the next.
std::shared_ptr<MemoryImage> ADiskWithLogicalPartitions(
    const std::vector<std::vector<std::byte>>& volumes) {
  constexpr std::size_t kGap = 128;
  const auto sectors = [&](std::size_t i) {
    return static_cast<unsigned>(volumes[i].size() / 512);
  };
  const auto disk = AnMbrDisk(512, {volumes[0]});
  std::vector<std::byte>& bytes = disk->bytes;
  const auto extended = static_cast<unsigned>(bytes.size() / 512);
  const auto put = [&](std::size_t at, const Bytes& entry) {
    std::memcpy(&bytes.at(at), std::span<const std::byte>(entry).data(), 16);
  };
  put(446 + 16, Bytes(16).U8(4, 0x0F).U32(8, extended).U32(12, 1u << 20));
  for (std::size_t i = 1; i < volumes.size(); ++i) {
    const std::size_t link = bytes.size();
    bytes.resize(link + kGap * 512);
    bytes[link + 510] = std::byte{0x55};
    bytes[link + 511] = std::byte{0xAA};
    put(link + 446, Bytes(16).U8(4, 7).U32(8, kGap).U32(12, sectors(i)));
    bytes.insert(bytes.end(), volumes[i].begin(), volumes[i].end());
    if (i + 1 == volumes.size()) break;
    const auto next = static_cast<unsigned>(bytes.size() / 512) - extended;
    put(link + 446 + 16, Bytes(16).U8(4, 5).U32(8, next).U32(12, kGap + sectors(i + 1)));
  }
  return disk;
}

}  // namespace

TEST("the fixture's listing equals what ntfs-3g saw: path, name, size and hash") {
  RememberingSink sink;
  Scan(AFixture(), sink,
       {.hash = true, .content_bytes = 16, .include_internal = false, .exclude = {}});
  CHECK_EQUAL(sink.rows.size(), kStreams);
  CHECK_EQUAL(sink.unreadable.size(), 0);
  std::set<std::string> found;
  for (const Row& row : sink.rows) {
    CHECK_EQUAL(row.content_bytes, std::min<std::uint64_t>(row.size, 16));
    for (std::size_t i = 0; i < row.links.size(); ++i) {
      found.insert(std::to_string(row.size) + " " +
                   sidestream::HexFromBytes(std::as_bytes(std::span(row.sha256))));
    }
  }
  const char* const truth_path = std::getenv("SIDESTREAM_FIXTURE_TRUTH");
  if (truth_path == nullptr) throw check::Skipped("SIDESTREAM_FIXTURE_TRUTH is not set");
  std::ifstream truth(truth_path);
  std::string line;
  std::size_t lines = 0;
  while (std::getline(truth, line)) {
    ++lines;
    const std::size_t hash = line.rfind('\t');
    const std::size_t size = line.rfind('\t', hash - 1);
    CHECK(found.contains(line.substr(size + 1, hash - size - 1) + " " + line.substr(hash + 1)));
  }
  CHECK_EQUAL(lines, kStreams + 1);  // one carrier has two paths
}

TEST("a hard-linked carrier is listed once, with both paths") {
  RememberingSink sink;
  Scan(AFixture(), sink);
  const Row* const row = sink.Find(u"Users\\anna\\Desktop\\Setup link.exe", u"Zone.Identifier");
  CHECK(row != nullptr);
  CHECK_EQUAL(row->links.size(), 2);
  CHECK(row == sink.Find(u"Users\\anna\\Downloads\\AcmeSetup-4.2.exe", u"Zone.Identifier"));
}

TEST("streams on the root and on directories are listed, a deleted file's is not") {
  RememberingSink sink;
  Scan(AFixture(), sink);
  CHECK(sink.Find(u".", u"root-note") != nullptr);
  CHECK(sink.Find(u"Users\\anna\\Documents\\Projects", u"note.txt") != nullptr);
  CHECK(sink.Find(u"Users\\Public\\Downloads\\deleted.exe", u"Zone.Identifier") == nullptr);
}

TEST("odd stream names come through unit by unit: half a surrogate pair, an emoji, a bell, $DATA") {
  RememberingSink sink;
  Scan(AFixture(), sink);
  const std::u16string odd = u"Users\\anna\\Documents\\odd-names.bin";
  const std::u16string lone = {u'l', u'o', u'n', u'e', char16_t{0xD800},
                               u's', u'u', u'r', u'r', u'o',
                               u'g', u'a', u't', u'e'};
  CHECK(sink.Find(u"Users\\anna\\Documents\\half-a-pair.bin", lone) != nullptr);
  CHECK(sink.Find(odd, u"\U0001F389 party") != nullptr);
  CHECK(sink.Find(odd, u"be\u0007ll") != nullptr);
  CHECK(sink.Find(odd, u"$DATA") != nullptr);
}

TEST("internal streams are listed only on request") {
  RememberingSink sink;
  Scan(AFixture(), sink,
       {.hash = false, .content_bytes = 0, .include_internal = true, .exclude = {}});
  CHECK(sink.Find(u"$Secure", u"$SDS") != nullptr);
  CHECK(sink.Find(u"$BadClus", u"$Bad") != nullptr);
}

TEST("a carrier opens by identity and by path, in any case of letters, with the same streams") {
  RememberingSink sink;
  const auto image = AFixture();
  Scan(image, sink);
  const auto provider = sidestream::OpenNtfsBlocks(image, "test image");
  const Row* const row = sink.Find(kMany, u"large-among-many");
  CHECK(row != nullptr);
  const auto by_identity = provider.value()->OpenCarrier(kMany, row->identity);
  CHECK(by_identity.ok());
  CHECK_EQUAL(by_identity.value()->List().value().size(), 81);
  const auto bytes = by_identity.value()->Read(u"large-among-many", 8990, 100);
  CHECK_EQUAL(bytes.value().size(), 10);
  CHECK(bytes.value()[9] == std::byte{'z'});
  const auto by_path =
      provider.value()->OpenCarrier(u"users\\ANNA\\Documents\\Many-Streams.dat", std::nullopt);
  CHECK(by_path.ok());
  CHECK_EQUAL(by_path.value()->identity(), row->identity);
}

TEST("a carrier that was replaced, or is gone, is not opened, and nothing can be changed") {
  const auto provider = sidestream::OpenNtfsBlocks(AFixture(), "test image");
  RememberingSink sink;
  CHECK(!provider.value()->Scan({}, sink));
  const Row* const row = sink.Find(kInstaller, u"Zone.Identifier");
  const std::uint64_t reference = std::strtoull(row->identity.c_str() + 5, nullptr, 10);
  const auto changed =
      provider.value()->OpenCarrier(u"", "ntfs:" + std::to_string(reference + (1ull << 48)));
  CHECK_EQUAL(changed.error().code, "ADS_IDENTITY_CHANGED");
  CHECK_EQUAL(provider.value()->OpenCarrier(u"", "ntfs:1000000").error().code, "ADS_NOT_FOUND");
  CHECK_EQUAL(provider.value()->OpenCarrier(u"", "posix:1:2").error().code, "ADS_IDENTITY_CHANGED");
  CHECK_EQUAL(provider.value()->OpenCarrier(u"no\\such", std::nullopt).error().code,
              "ADS_NOT_FOUND");
  const auto carrier = provider.value()->OpenCarrier(u"", row->identity);
  CHECK_EQUAL(carrier.value()->Remove(u"Zone.Identifier", 132, {}).error().code, "ADS_READ_ONLY");
  CHECK_EQUAL(carrier.value()->Create(u"x", {})->code, "ADS_READ_ONLY");
}

TEST("a torn record is reported with its place, and everything else is still listed") {
  const auto image = AFixture();
  RememberingSink whole;
  Scan(image, whole);
  const std::uint32_t record = RecordOf(*whole.Find(kInstaller, u"Zone.Identifier"));
  const std::size_t at = FindRecord(*image, record);
  CHECK(at != 0);
  Put(*image, at + 510, {0xAB, 0xCD});
  RememberingSink sink;
  Scan(image, sink);
  CHECK_EQUAL(sink.rows.size(), kStreams - 1);
  CHECK_EQUAL(sink.unreadable.size(), 1);
  CHECK_EQUAL(sink.unreadable[0].error.code, "ADS_CORRUPT");
  CHECK(sink.unreadable[0].error.message.find(std::to_string(at + 510)) != std::string::npos);
  const std::string digits = std::to_string(record);
  CHECK(sink.unreadable[0].path == u"$MFT record " + std::u16string(digits.begin(), digits.end()));
}

TEST("BAAD, garbage and zeros in a used record are reported; garbage in a free one is not") {
  RememberingSink whole;
  Scan(AFixture(), whole);
  const std::uint32_t record = RecordOf(*whole.Find(kInstaller, u"Zone.Identifier"));
  const std::size_t offset = FindRecord(*AFixture(), record);
  for (const char* const bytes : {"BAAD", "what", "\0\0\0\0"}) {
    const auto image = AFixture();
    std::memcpy(image->bytes.data() + offset, bytes, 4);
    if (bytes[0] == '\0') std::memset(image->bytes.data() + offset, 0, kRecordSize);
    RememberingSink sink;
    Scan(image, sink);
    CHECK_EQUAL(sink.unreadable.size(), 1);
    CHECK_EQUAL(sink.rows.size(), kStreams - 1);
  }
  // Record 313 or so was deleted.exe: free by its own flag, and by the bitmap.
  const auto image = AFixture();
  bool damaged = false;
  for (std::size_t at = kMft; at + kRecordSize <= image->bytes.size(); at += kRecordSize) {
    std::byte* const bytes = image->bytes.data() + at;
    if (std::memcmp(bytes, "FILE0", 5) != 0 || (std::to_integer<int>(bytes[22]) & 1) != 0) continue;
    Put(*image, at + 510, {7, 7});
    Put(*image, at + 20, {255, 255});
    damaged = true;
  }
  CHECK(damaged);
  RememberingSink sink;
  Scan(image, sink);
  CHECK_EQUAL(sink.rows.size(), kStreams);
  CHECK_EQUAL(sink.unreadable.size(), 0);
}

TEST("a lost extension record is missed by its file's attribute list, with the file's path") {
  const auto image = AFixture();
  bool damaged = false;
  for (std::size_t at = kMft; at + kRecordSize <= image->bytes.size() && !damaged;
       at += kRecordSize) {
    std::byte* const bytes = image->bytes.data() + at;
    const bool is_extension = std::memcmp(bytes, "FILE0", 5) == 0 && bytes[22] == std::byte{1} &&
                              sidestream::LoadLe<std::uint64_t>(bytes + 32) != 0;
    // The one that begins with a $DATA that has a name.
    if (!is_extension) continue;
    const std::size_t first = sidestream::LoadLe<std::uint16_t>(bytes + 20);
    if (bytes[first] != std::byte{0x80} || bytes[first + 9] == std::byte{0}) continue;
    bytes[22] = std::byte{0};
    damaged = true;
  }
  CHECK(damaged);
  RememberingSink sink;
  Scan(image, sink);
  CHECK(sink.rows.size() < kStreams);
  // The record by its number, since the bitmap has it in use, and the file.
  CHECK_EQUAL(sink.unreadable.size(), 2);
  CHECK(sink.unreadable[1].path == kMany);
}

TEST("with record 0 destroyed the volume is read by $MFTMirr, and says so") {
  const auto image = AFixture();
  std::memset(image->bytes.data() + kMft, 0xFF, kRecordSize);
  RememberingSink sink;
  Scan(image, sink);
  CHECK_EQUAL(sink.rows.size(), kStreams);
  CHECK(!sink.unreadable.empty());
  CHECK(sink.unreadable[0].error.message.find("$MFTMirr") != std::string::npos);
}

TEST("with the boot sector destroyed the volume is read by its backup, and says so") {
  const auto image = AFixture();
  std::memset(image->bytes.data(), 0, 512);
  RememberingSink sink;
  Scan(image, sink);
  CHECK_EQUAL(sink.rows.size(), kStreams);
  CHECK(sink.unreadable[0].error.message.find("backup boot sector") != std::string::npos);
}

TEST("an image cut short is ADS_CORRUPT without its $MFT, and else says which part is lost") {
  const auto none = AFixture();
  none->bytes.resize(kMft / 2);
  std::string message;
  CHECK_EQUAL(RefusalOf(none, &message), "ADS_CORRUPT");
  CHECK(message.find("expected 1024 bytes, found 0") != std::string::npos);

  const auto part = AFixture();
  part->bytes.resize(kMft + 100 * kRecordSize);
  RememberingSink sink;
  Scan(part, sink);
  CHECK(sink.rows.size() > 5);
  CHECK(!sink.unreadable.empty());
}

TEST("a stream whose clusters are missing is listed, and its content is unreadable by name") {
  const auto image = AFixture();
  RememberingSink whole;
  Scan(image, whole);
  const std::size_t at = FindRecord(
      *image, RecordOf(*whole.Find(u"Users\\anna\\Documents\\invoice.pdf", u"update.exe")));
  // The run list of the payload: make it point to the volume's last cluster but one, and cut that
  // off.
  bool changed = false;
  for (std::size_t i = at; i + 4 < at + kRecordSize && !changed; ++i) {
    if (image->bytes[i] == std::byte{0x21} && image->bytes[i + 1] == std::byte{2}) {
      Put(*image, i + 2, {0xF8, 0x17});
      changed = true;
    }
  }
  CHECK(changed);
  image->bytes.resize(0x17F8 * 4096 + 100);
  RememberingSink sink;
  Scan(image, sink, {.hash = true, .content_bytes = 0, .include_internal = false, .exclude = {}});
  CHECK_EQUAL(sink.rows.size(), kStreams);
  bool is_reported = false;
  for (const auto& lost : sink.unreadable) is_reported |= lost.stream == u"update.exe";
  CHECK(is_reported);
}

TEST("a stale parent puts a file below $Orphan, never below the record's new owner") {
  const auto image = AFixture();
  RememberingSink whole;
  Scan(image, whole);
  const std::size_t at = FindRecord(*image, RecordOf(*whole.Find(kInstaller, u"Zone.Identifier")));
  // $FILE_NAME's parent reference: raise its sequence. The value begins 24 bytes into the
  // attribute.
  std::size_t attribute = at + sidestream::LoadLe<std::uint16_t>(image->bytes.data() + at + 20);
  while (sidestream::LoadLe<std::uint32_t>(image->bytes.data() + attribute) != 0x30) {
    attribute += sidestream::LoadLe<std::uint32_t>(image->bytes.data() + attribute + 4);
  }
  Put(*image, attribute + 24 + 6, {0x77, 0x00});
  RememberingSink sink;
  Scan(image, sink);
  CHECK(sink.Find(u"$Orphan\\AcmeSetup-4.2.exe", u"Zone.Identifier") != nullptr);
  CHECK(sink.Find(kInstaller, u"Zone.Identifier") == nullptr);
}

TEST("disks with MBR and GPT, with sectors of 512 and 4096 bytes, lead to their NTFS partition") {
  const std::vector<std::byte> volume = AFixture()->bytes;
  for (const std::size_t sector : {512u, 4096u}) {
    for (const auto& disk : {AnMbrDisk(sector, {volume}), AGptDisk(sector, volume)}) {
      RememberingSink sink;
      Scan(disk, sink);
      CHECK_EQUAL(sink.rows.size(), kStreams);
      CHECK_EQUAL(sink.unreadable.size(), 0);
      CHECK(sink.Find(kInstaller, u"Zone.Identifier") != nullptr);
    }
  }
}

TEST("several NTFS partitions are told apart by path and identity; a BitLocker one is unreadable") {
  const std::vector<std::byte> volume = AFixture()->bytes;
  std::vector<std::byte> locked(1u << 20);
  std::memcpy(locked.data() + 3, "-FVE-FS-", 8);
  const auto disk = AnMbrDisk(512, {volume, locked, volume});
  RememberingSink sink;
  Scan(disk, sink);
  CHECK_EQUAL(sink.rows.size(), 2 * kStreams);
  const Row* const third = sink.Find(u"Partition3\\" + kInstaller, u"Zone.Identifier");
  CHECK(third != nullptr && sink.Find(u"Partition1\\.", u"root-note") != nullptr);
  CHECK_EQUAL(sink.unreadable.size(), 1);
  CHECK(sink.unreadable[0].path == u"Partition2");
  CHECK_EQUAL(sink.unreadable[0].error.code, "ADS_UNSUPPORTED");
  const auto provider = sidestream::OpenNtfsBlocks(disk, "disk");
  const auto carrier = provider.value()->OpenCarrier(third->path, third->identity);
  CHECK(carrier.ok());
  CHECK_EQUAL(carrier.value()->identity(), third->identity);
  CHECK_EQUAL(provider.value()->OpenCarrier(u"Partition1\\.", third->identity).error().code,
              "ADS_IDENTITY_CHANGED");
}

TEST("a partition of Windows' that lost both its boot sectors is not passed over") {
  const std::vector<std::byte> volume = AFixture()->bytes;
  const std::vector<std::byte> lost(1u << 20, std::byte{0x5A});
  RememberingSink sink;
  Scan(AnMbrDisk(512, {volume, lost}), sink);
  CHECK_EQUAL(sink.rows.size(), kStreams);
  CHECK_EQUAL(sink.unreadable.size(), 1);
  CHECK(sink.unreadable[0].path == u"Partition2");
  CHECK_EQUAL(sink.unreadable[0].error.code, "ADS_CORRUPT");
}

TEST("parts of dynamic disks and of storage pools beside a volume are said to be unsupported") {
  const std::vector<std::byte> volume = AFixture()->bytes;
  const std::vector<std::byte> part(1u << 20, std::byte{0x5A});
  const auto expect = [&](const std::shared_ptr<MemoryImage>& disk, std::u16string_view partition,
                          std::string_view code, std::string_view word) {
    RememberingSink sink;
    Scan(disk, sink);
    CHECK_EQUAL(sink.rows.size(), kStreams);
    CHECK_EQUAL(sink.unreadable.size(), 1);
    CHECK(sink.unreadable[0].path == partition);
    CHECK_EQUAL(sink.unreadable[0].error.code, code);
    CHECK(sink.unreadable[0].error.message.find(word) != std::string::npos);
  };
  const auto mbr = AnMbrDisk(512, {volume, part});
  Put(*mbr, 446 + 16 + 4, {0x42});
  expect(mbr, u"Partition2", "ADS_UNSUPPORTED", "dynamic disk");

  const auto gpt = [&](const Bytes& type) {
    const auto disk = AGptDisk(512, volume);
    // The first entry: a few sectors behind the list of entries, where no volume begins.
    std::byte* const entry = disk->bytes.data() + 2 * 512;
    const std::span<const std::byte> bytes = type;
    std::memcpy(entry, bytes.data(), 16);
    const Bytes sectors = Bytes(16).U64(0, 40).U64(8, 50);
    std::memcpy(entry + 32, std::span<const std::byte>(sectors).data(), 16);
    return disk;
  };
  expect(gpt(Bytes{0xA0, 0x60, 0x9B, 0xAF, 0x31, 0x14, 0x62, 0x4F, 0xBC, 0x68, 0x33, 0x11, 0x71,
                   0x4A, 0x69, 0xAD}),
         u"Partition1", "ADS_UNSUPPORTED", "dynamic disk");
  expect(gpt(Bytes{0x8F, 0xAF, 0x5C, 0xE7, 0x80, 0xF6, 0xEE, 0x4C, 0xAF, 0xA3, 0xB0, 0x01, 0xE5,
                   0x6E, 0xFC, 0x2D}),
         u"Partition1", "ADS_UNSUPPORTED", "Storage Spaces");
  expect(gpt(Bytes{0xA4, 0xBB, 0x94, 0xDE, 0xD1, 0x06, 0x40, 0x4D, 0xA1, 0x6A, 0xBF, 0xD5, 0x01,
                   0x79, 0xD6, 0xAC}),
         u"Partition1", "ADS_CORRUPT", "said to be a volume");
}

TEST("logical partitions are followed, and a broken chain of them is said") {
  const std::vector<std::byte> volume = AFixture()->bytes;
  const auto disk = ADiskWithLogicalPartitions({volume, volume, volume});
  RememberingSink whole;
  Scan(disk, whole);
  CHECK_EQUAL(whole.rows.size(), 3 * kStreams);
  CHECK_EQUAL(whole.unreadable.size(), 0);
  CHECK(whole.Find(u"Partition6\\" + kInstaller, u"Zone.Identifier") != nullptr);
  // The sector before the second logical partition, which only the first one's leads to.
  const std::size_t link = disk->bytes.size() - volume.size() - 128 * 512;
  std::memset(disk->bytes.data() + link, 0, 512);
  RememberingSink broken;
  Scan(disk, broken);
  CHECK_EQUAL(broken.rows.size(), 2 * kStreams);
  CHECK_EQUAL(broken.unreadable.size(), 1);
  CHECK(broken.unreadable[0].path == u"Partition table");
  CHECK(broken.unreadable[0].error.message.find(std::to_string(link / 512)) != std::string::npos);
}

TEST("a partition of Windows' that lies past the image's end is said to be missing") {
  const std::vector<std::byte> volume = AFixture()->bytes;
  const auto disk = AnMbrDisk(512, {volume, volume});
  disk->bytes.resize(disk->bytes.size() - volume.size());
  RememberingSink sink;
  Scan(disk, sink);
  CHECK_EQUAL(sink.rows.size(), kStreams);
  CHECK_EQUAL(sink.unreadable.size(), 1);
  CHECK(sink.unreadable[0].path == u"Partition2");
  CHECK_EQUAL(sink.unreadable[0].error.code, "ADS_CORRUPT");
}

TEST("with the first GPT destroyed the disk is read by its copy, and says so") {
  const std::vector<std::byte> volume = AFixture()->bytes;
  for (const std::size_t sector : {512u, 4096u}) {
    // The header, the list of partitions, all of the disk's beginning.
    for (const auto& [from, sectors] : {std::pair{1u, 1u}, {2u, 32u}, {0u, 64u}}) {
      const auto disk = AGptDisk(sector, volume);
      std::memset(disk->bytes.data() + from * sector, 0, sectors * sector);
      RememberingSink sink;
      Scan(disk, sink);
      CHECK_EQUAL(sink.rows.size(), kStreams);
      CHECK_EQUAL(sink.unreadable.size(), 1);
      CHECK(sink.unreadable[0].path == u"Partition table");
      CHECK(sink.unreadable[0].error.message.find("copy") != std::string::npos);
    }
  }
}

TEST("what is no NTFS is refused by name, and what may hold streams as unsupported") {
  const auto refused = [](std::size_t at, std::string_view signature) {
    std::vector<std::byte> bytes(1u << 16);
    std::memcpy(bytes.data() + at, signature.data(), signature.size());
    std::string message;
    const std::string code = RefusalOf(std::make_shared<MemoryImage>(bytes), &message);
    return code + " " + message;
  };
  const auto says = [](const std::string& text, const char* code, const char* word) {
    CHECK(text.starts_with(code));
    CHECK(text.find(word) != std::string::npos);
  };
  says(refused(3, "-FVE-FS-"), "ADS_UNSUPPORTED", "BitLocker");
  says(refused(0, "vhdxfile"), "ADS_UNSUPPORTED", "VHDX");
  says(refused(0, "conectix"), "ADS_UNSUPPORTED", "VHD");
  says(refused(0, "KDMV"), "ADS_UNSUPPORTED", "VMDK");
  says(refused(0, "QFI\xfb"), "ADS_UNSUPPORTED", "QCOW2");
  says(refused(0, std::string_view("EVF\t\r\n\xff\0", 8)), "ADS_UNSUPPORTED", "EWF");
  says(refused(0x40, "\x7f\x10\xda\xbe"), "ADS_UNSUPPORTED", "VDI");
  says(refused(3, "EXFAT   "), "ADS_UNSUPPORTED", "exFAT");
  says(refused(82, "FAT32   "), "ADS_UNSUPPORTED", "FAT");
  says(refused(3, std::string_view("ReFS\0\0\0\0", 8)), "ADS_UNSUPPORTED", "ReFS");
  says(refused(3, "whatever"), "ADS_NOT_A_SOURCE", "whatever");
  CHECK_EQUAL(RefusalOf(std::make_shared<MemoryImage>(std::vector<std::byte>{})),
              "ADS_NOT_A_SOURCE");
  CHECK_EQUAL(RefusalOf(std::make_shared<MemoryImage>(std::vector<std::byte>(5))),
              "ADS_NOT_A_SOURCE");
}

TEST("a cancelled scan returns and adds nothing more") {
  RememberingSink sink;
  sink.cancelled = true;
  Scan(AFixture(), sink);
  CHECK_EQUAL(sink.rows.size(), 0);
}
