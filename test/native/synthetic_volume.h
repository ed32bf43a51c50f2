// A small volume built record by record, for what no program can be made to write on demand.
//
// 512-byte sectors, 4 KiB clusters, 1 KiB records. $MFT has kRecords records from cluster 4 on; the
// clusters from kFreeCluster on are the test's. Every record has sequence 7.

#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "bytes.h"
#include "image.h"
#include "ntfs/file_record.h"

namespace test {

constexpr std::uint16_t kSequence = 7;
constexpr std::size_t kCluster = 4096;

inline std::uint64_t ReferenceTo(std::uint64_t record, std::uint16_t sequence = kSequence) {
  return sidestream::ntfs::MakeReference(record, sequence);
}

inline const std::uint64_t kRoot = ReferenceTo(5);

// $FILE_NAME. Name spaces: 0 POSIX, 1 Win32, 2 DOS, 3 both.
inline Bytes AName(std::u16string_view name, std::uint64_t parent = kRoot, unsigned space = 1) {
  Bytes value(66 + 2 * name.size());
  value.U64(0, parent).U8(64, static_cast<unsigned>(name.size())).U8(65, space);
  return AResidentAttribute(0x30, u"", value.Utf16(66, name));
}

inline Bytes AStream(std::u16string_view name, std::string_view content = "content") {
  return AResidentAttribute(0x80, name, Bytes(content.size()).Text(0, content));
}

struct ListEntry {
  std::u16string name;
  std::uint64_t lowest_vcn;
  std::uint64_t holder;
  std::uint32_t type = 0x80;
};

inline Bytes AnAttributeList(const std::vector<ListEntry>& entries) {
  std::size_t size = 0;
  for (const ListEntry& entry : entries) size += (26 + 2 * entry.name.size() + 7) / 8 * 8;
  Bytes list(size);
  std::size_t at = 0;
  for (const ListEntry& entry : entries) {
    const std::size_t length = (26 + 2 * entry.name.size() + 7) / 8 * 8;
    list.U32(at, entry.type).U16(at + 4, static_cast<unsigned>(length));
    list.U8(at + 6, static_cast<unsigned>(entry.name.size())).U8(at + 7, 26);
    list.U64(at + 8, entry.lowest_vcn).U64(at + 16, entry.holder).Utf16(at + 26, entry.name);
    at += length;
  }
  return AResidentAttribute(0x20, u"", list);
}

class SyntheticVolume {
 public:
  static constexpr std::size_t kRecords = 400;
  static constexpr std::size_t kMftClusters = kRecords / 4;
  static constexpr std::size_t kFreeCluster = 4 + kMftClusters;
  static constexpr std::size_t kClusters = kFreeCluster + 100;

  SyntheticVolume()
      : image_(std::make_shared<MemoryImage>(std::vector<std::byte>(kClusters * kCluster))) {
    Put(0, ABootSector().U64(40, kClusters * 8));
    MftWithBitmap({});
    Record(5, AFileRecord({}).U16(22, 3));
  }

  SyntheticVolume& Put(std::size_t at, std::span<const std::byte> bytes) {
    std::memcpy(&image_->bytes.at(at), bytes.data(), bytes.size());
    return *this;
  }
  SyntheticVolume& Record(std::size_t number, const Bytes& record) {
    return Put(4 * kCluster + number * 1024, record);
  }
  SyntheticVolume& File(std::size_t number, std::initializer_list<Bytes> attributes) {
    return Record(number, AFileRecord(attributes));
  }
  SyntheticVolume& Folder(std::size_t number, std::initializer_list<Bytes> attributes) {
    return Record(number, AFileRecord(attributes).U16(22, 3));
  }
  SyntheticVolume& Extension(std::size_t number, std::uint64_t base,
                             std::initializer_list<Bytes> attributes) {
    return Record(number, AFileRecord(attributes).U64(32, base));
  }

  // $MFT's own record, with a bitmap that has these records in use.
  SyntheticVolume& MftWithBitmap(std::initializer_list<std::size_t> in_use,
                                 std::size_t records = kRecords) {
    Bytes bitmap(kRecords / 8);
    bitmap.U8(0, 1u << 0 | 1u << 5);
    for (const std::size_t number : in_use) {
      bitmap.U8(number / 8, std::to_integer<unsigned>(bitmap[number / 8]) | 1u << (number % 8));
    }
    return Record(0,
                  AFileRecord({ANonResidentData(u"", 0, kMftClusters - 1, records * 1024,
                                                Bytes{0x11, static_cast<int>(kMftClusters), 4, 0}),
                               AResidentAttribute(0xB0, u"", bitmap)}));
  }

  const std::shared_ptr<MemoryImage>& image() const { return image_; }

  void ScanInto(RememberingSink& sink) const {
    Scan(image_, sink,
         {.hash = true, .content_bytes = 64, .include_internal = false, .exclude = {}});
  }
  // A stream's whole content, or the code of the failure.
  std::string ContentOf(const Row& row) const {
    const auto provider = sidestream::OpenNtfsBlocks(image_, "synthetic");
    const auto carrier = provider.value()->OpenCarrier(row.path, row.identity);
    if (!carrier.ok()) return carrier.error().code;
    const auto bytes = carrier.value()->Read(row.name, 0, row.size);
    if (!bytes.ok()) return bytes.error().code;
    return {reinterpret_cast<const char*>(bytes.value().data()), bytes.value().size()};
  }

 private:
  std::shared_ptr<MemoryImage> image_;
};

}  // namespace test
