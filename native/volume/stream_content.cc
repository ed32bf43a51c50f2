#include "volume/stream_content.h"

#include <algorithm>
#include <cstring>

#include "base/little_endian.h"
#include "ntfs/lznt1.h"

namespace sidestream {
namespace {

constexpr char kOperation[] = "read";

// Sixteen clusters; Windows XP left 0 in the attribute and meant the same.
constexpr std::uint8_t kUsualCompressionUnit = 4;
// Windows compresses only where a cluster has at most 4 KiB; ntfs-3g up to 64 KiB.
constexpr std::uint64_t kMaxUnitBytes = 1u << 20;

std::u16string NameOf(const ntfs::AttributeRecord& attribute) {
  std::u16string name;
  AppendUtf16Le(attribute.name.data(), attribute.name_units(), name);
  return name;
}

void FillZero(std::span<std::byte> bytes) {
  if (!bytes.empty()) std::memset(bytes.data(), 0, bytes.size());
}

}  // namespace

Result<StreamContent> StreamContent::Load(const NtfsVolume& volume,
                                          std::span<const std::uint64_t> records,
                                          std::u16string_view name, const ScanSink* sink) {
  return LoadFrom(volume, records, name, [&volume, sink](std::uint64_t number) {
    return volume.ReadRecordPatiently(number, sink);
  });
}

Result<StreamContent> StreamContent::LoadDeleted(const NtfsVolume& volume,
                                                 std::span<const std::uint64_t> records,
                                                 std::u16string_view name) {
  return LoadFrom(volume, records, name,
                  [&volume](std::uint64_t number) { return volume.ReadDeletedRecord(number); });
}

Result<StreamContent> StreamContent::LoadFrom(const NtfsVolume& volume,
                                              std::span<const std::uint64_t> records,
                                              std::u16string_view name, const ReadRecord& read) {
  StreamContent content(volume);
  for (const std::uint64_t number : records) {
    const auto loaded = read(number);
    if (!loaded.ok()) return loaded.error();
    const std::string context = "MFT record " + std::to_string(number);
    ntfs::AttributeCursor cursor(loaded.value().record.attributes,
                                 loaded.value().record.attributes_offset);
    ntfs::RawAttribute raw;
    while (cursor.Next(raw)) {
      if (raw.type != ntfs::AttributeType::kData || !raw.has_name()) continue;
      const auto attribute = ntfs::DecodeAttribute(raw);
      if (!attribute.ok()) return CorruptError(kOperation, context, attribute.error());
      if (NameOf(attribute.value()) != name) continue;
      if (Status fault = content.AddPiece(attribute.value(), number)) return *fault;
    }
    if (cursor.error()) return CorruptError(kOperation, context, *cursor.error());
  }
  if (Status fault = content.CheckPieces(name)) return *fault;
  return content;
}

Status StreamContent::AddPiece(const ntfs::AttributeRecord& attribute, std::uint64_t record) {
  const std::string context = "MFT record " + std::to_string(record);
  if (attribute.is_encrypted) {
    return StreamError{"ADS_UNSUPPORTED", 0, kOperation, context + ": the stream is encrypted"};
  }
  if (!attribute.is_continuation()) {
    if (has_first_piece_) {
      return CorruptError(kOperation, context + ": expected one stream of this name, found two");
    }
    has_first_piece_ = true;
    is_resident_ = !attribute.is_non_resident;
    value_.assign(attribute.value.begin(), attribute.value.end());
    size_ = attribute.data_size;
    initialized_size_ = std::min(attribute.initialized_size, size_);
    if (attribute.is_compressed && attribute.is_non_resident) {
      const unsigned unit =
          attribute.compression_unit == 0 ? kUsualCompressionUnit : attribute.compression_unit;
      if (unit > 16 || (std::uint64_t{volume_->boot().bytes_per_cluster} << unit) > kMaxUnitBytes) {
        return CorruptError(kOperation, context + ": compression unit: expected at most " +
                                            std::to_string(kMaxUnitBytes) + " bytes, found 2^" +
                                            std::to_string(unit) + " clusters");
      }
      unit_clusters_ = 1ull << unit;
    }
  }
  if (!attribute.is_non_resident) return std::nullopt;
  if (const auto fault = ntfs::DecodeRunList(
          attribute.run_list, attribute.run_list_offset,
          {attribute.first_vcn, attribute.last_vcn, volume_->boot().cluster_count()}, runs_)) {
    return CorruptError(kOperation, context, *fault);
  }
  return std::nullopt;
}

// All there, without gap or overlap: else some other stream's bytes could pass for this one's.
Status StreamContent::CheckPieces(std::u16string_view name) {
  if (!has_first_piece_) {
    return StreamError{"ADS_NOT_FOUND", 0, kOperation,
                       "no stream of this name (" + std::to_string(name.size()) + " units)"};
  }
  if (is_resident_) return std::nullopt;
  std::sort(runs_.begin(), runs_.end(),
            [](const ntfs::Run& a, const ntfs::Run& b) { return a.vcn < b.vcn; });
  std::uint64_t vcn = 0;
  for (const ntfs::Run& run : runs_) {
    if (run.vcn != vcn) {
      return CorruptError(kOperation, "run list: expected a run at VCN " + std::to_string(vcn) +
                                          ", found one at " + std::to_string(run.vcn));
    }
    vcn = run.end_vcn();
  }
  const std::uint64_t cluster = volume_->boot().bytes_per_cluster;
  if (initialized_size_ > vcn * cluster) {
    return CorruptError(kOperation, "run list: expected clusters for " +
                                        std::to_string(initialized_size_) + " bytes, found " +
                                        std::to_string(vcn * cluster));
  }
  return std::nullopt;
}

Status StreamContent::CheckStillFree(const ClusterBitmap& clusters) const {
  for (const ntfs::Run& run : runs_) {
    if (run.is_hole()) continue;
    if (Status fault = clusters.CheckFree(run.lcn, run.clusters)) return fault;
  }
  return std::nullopt;
}

std::uint64_t StreamContent::hole_bytes() const {
  if (is_resident_) return 0;
  std::uint64_t stored = 0;
  for (const ntfs::Run& run : runs_) {
    if (!run.is_hole()) stored += run.clusters * volume_->boot().bytes_per_cluster;
  }
  // What a few clusters stand for when compressed is stored too, but not worth telling apart here.
  return size_ > stored ? size_ - stored : 0;
}

Status StreamContent::Read(std::uint64_t offset, std::span<std::byte> into) {
  if (is_resident_) {
    std::memcpy(into.data(), value_.data() + offset, into.size());
    return std::nullopt;
  }
  // Past the initialized size the clusters hold somebody's older data; readers get zeros.
  const std::uint64_t valid = offset < initialized_size_ ? initialized_size_ - offset : 0;
  const auto real =
      into.first(static_cast<std::size_t>(std::min<std::uint64_t>(valid, into.size())));
  FillZero(into.subspan(real.size()));
  return unit_clusters_ > 0 ? ReadCompressed(offset, real) : ReadClusters(offset, real);
}

const ntfs::Run* StreamContent::FindRun(std::uint64_t vcn) const {
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), vcn,
                       [](std::uint64_t value, const ntfs::Run& run) { return value < run.vcn; });
  if (after == runs_.begin()) return nullptr;
  const ntfs::Run& run = *(after - 1);
  return vcn < run.end_vcn() ? &run : nullptr;
}

Status StreamContent::ReadClusters(std::uint64_t offset, std::span<std::byte> into) const {
  const std::uint64_t cluster = volume_->boot().bytes_per_cluster;
  while (!into.empty()) {
    const ntfs::Run* const run = FindRun(offset / cluster);
    if (run == nullptr) {
      return CorruptError(kOperation, "run list: nothing for byte " + std::to_string(offset));
    }
    const std::uint64_t into_run = offset - run->vcn * cluster;
    const auto length = static_cast<std::size_t>(
        std::min<std::uint64_t>(run->clusters * cluster - into_run, into.size()));
    const auto part = into.first(length);
    if (run->is_hole()) {
      FillZero(part);
    } else if (Status fault = volume_->reader().Read(run->lcn * cluster + into_run, part)) {
      return fault;
    }
    offset += length;
    into = into.subspan(length);
  }
  return std::nullopt;
}

Status StreamContent::ReadCompressed(std::uint64_t offset, std::span<std::byte> into) {
  const std::uint64_t unit_bytes = unit_clusters_ * volume_->boot().bytes_per_cluster;
  while (!into.empty()) {
    if (Status fault = LoadUnit(offset / unit_bytes)) return fault;
    const auto from = static_cast<std::size_t>(offset % unit_bytes);
    const std::size_t length = std::min(unit_.size() - from, into.size());
    std::memcpy(into.data(), unit_.data() + from, length);
    offset += length;
    into = into.subspan(length);
  }
  return std::nullopt;
}

// A unit with all of its clusters stored is as it is, one with none is zeros, and anything between
// is compressed into those that are there, which come first.
Status StreamContent::LoadUnit(std::uint64_t index) {
  if (index == unit_index_) return std::nullopt;
  unit_index_ = UINT64_MAX;
  const std::uint64_t cluster = volume_->boot().bytes_per_cluster;
  const std::uint64_t first = index * unit_clusters_;
  std::uint64_t stored = 0;
  std::uint64_t where = 0;
  while (stored < unit_clusters_) {
    const ntfs::Run* const run = FindRun(first + stored);
    if (run == nullptr || run->is_hole()) break;
    if (stored == 0) where = (run->lcn + (first - run->vcn)) * cluster;
    stored += run->end_vcn() - (first + stored);
  }
  stored = std::min(stored, unit_clusters_);

  unit_.resize(static_cast<std::size_t>(unit_clusters_ * cluster));
  if (stored == unit_clusters_) {
    if (Status fault = ReadClusters(first * cluster, unit_)) return fault;
  } else if (stored == 0) {
    FillZero(unit_);
  } else {
    std::vector<std::byte> packed(static_cast<std::size_t>(stored * cluster));
    if (Status fault = ReadClusters(first * cluster, packed)) return fault;
    if (const auto fault = ntfs::DecompressLznt1(packed, where, unit_)) {
      return CorruptError(kOperation, "compressed stream", *fault);
    }
  }
  unit_index_ = index;
  return std::nullopt;
}

}  // namespace sidestream
