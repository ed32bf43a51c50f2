#include "volume/cluster_bitmap.h"

#include "ntfs/attribute_record.h"

namespace sidestream {
namespace {

constexpr std::uint64_t kBitmapRecord = 6;
// Of 2^33 clusters: 32 TiB in clusters of 4 KiB.
constexpr std::uint64_t kMaxBitmapSize = 1u << 30;

}  // namespace

ClusterBitmap ClusterBitmap::Read(const NtfsVolume& volume) {
  ClusterBitmap bitmap;
  const auto loaded = volume.ReadRecordPatiently(kBitmapRecord);
  if (!loaded.ok()) return bitmap;
  const ntfs::FileRecord& record = loaded.value().record;
  ntfs::AttributeCursor cursor(record.attributes, record.attributes_offset);
  ntfs::RawAttribute raw;
  while (cursor.Next(raw)) {
    if (raw.type != ntfs::AttributeType::kData || raw.has_name()) continue;
    const auto attribute = ntfs::DecodeAttribute(raw);
    if (!attribute.ok()) return bitmap;
    auto value = volume.ReadAttributeValue(attribute.value(), kMaxBitmapSize);
    if (value.ok()) bitmap.bits_ = std::move(value.value());
    return bitmap;
  }
  return bitmap;
}

Status ClusterBitmap::CheckFree(std::uint64_t lcn, std::uint64_t count) const {
  for (std::uint64_t cluster = lcn; cluster < lcn + count; ++cluster) {
    const bool is_known = cluster / 8 < bits_.size();
    if (is_known && (std::to_integer<unsigned>(bits_[cluster / 8]) >> (cluster % 8) & 1u) == 0) {
      continue;
    }
    return StreamError{"ADS_NOT_FOUND", 0, "read",
                       "content unavailable: the stream was deleted, and its cluster " +
                           std::to_string(cluster) +
                           (is_known ? " is in use again" : " is not known to be free")};
  }
  return std::nullopt;
}

}  // namespace sidestream
