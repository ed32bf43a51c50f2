#include "volume/mft_provider.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "volume/image_format.h"
#include "volume/mft_carrier.h"
#include "volume/mft_pass.h"
#include "volume/named_records.h"
#include "volume/ntfs_volume.h"
#include "volume/partition_table.h"
#include "volume/path_builder.h"
#include "volume/path_lookup.h"
#include "volume/stream_emitter.h"

namespace sidestream {
namespace {

// Resident contents kept from the pass, all workers together. Beyond it they are read again, which
// nobody waits for in the background.
constexpr std::uint64_t kKeptValueBytes = 12u << 20;
constexpr std::uint64_t kKeptValueBytesInBackground = 512u << 10;
// The part of a scan's time that the pass takes, for the progress bar.
constexpr double kPassShare = 0.75;

struct ImageVolume {
  std::shared_ptr<const NtfsVolume> volume;
  std::u16string path_prefix;   // empty, or `Partition<n>\`
  std::string identity_suffix;  // empty, or `@<n>`
};

// A partition that may hold streams and cannot be read.
struct ClosedPartition {
  std::u16string path;
  StreamError error;
};

std::u16string PartitionName(std::uint32_t number) {
  const std::string digits = std::to_string(number);
  return u"Partition" + std::u16string(digits.begin(), digits.end());
}

class MftProvider final : public StreamProvider {
 public:
  MftProvider(std::vector<ImageVolume> volumes, std::vector<ClosedPartition> closed)
      : volumes_(std::move(volumes)), closed_(std::move(closed)) {}

  TargetInfo target() const override {
    const NtfsVolume& first = *volumes_.front().volume;
    TargetInfo info;
    info.provider = "mft";
    info.kind = "image";
    info.file_system = "NTFS";
    info.volume_id = first.volume_id();
    info.label = first.label();
    return info;
  }

  Status Scan(const ScanOptions& options, ScanSink& sink) const override {
    for (const ClosedPartition& partition : closed_) {
      sink.AddUnreadable({partition.path, std::nullopt, partition.error});
    }
    for (std::size_t i = 0; i < volumes_.size() && !sink.IsCancelled(); ++i) {
      ScanVolume(i, options, sink);
    }
    return std::nullopt;
  }

  Result<std::unique_ptr<Carrier>> OpenCarrier(
      std::u16string_view path, const std::optional<std::string>& identity) const override {
    const ImageVolume* const where = FindVolume(path);
    if (where == nullptr) {
      return StreamError{"ADS_NOT_FOUND", 0, "open", "no partition of this image has this path"};
    }
    if (!identity) {
      const auto record = FindRecordByPath(*where->volume, path.substr(where->path_prefix.size()));
      if (!record.ok()) return record.error();
      return OpenMftCarrier(where->volume, record.value(), std::nullopt, where->identity_suffix);
    }
    const auto reference = ParseIdentity(*identity, where->identity_suffix);
    if (!reference) {
      return StreamError{"ADS_IDENTITY_CHANGED", 0, "open",
                         "expected an identity of this volume, found " + *identity};
    }
    return OpenMftCarrier(where->volume, ntfs::RecordNumberOf(reference->value), reference,
                          where->identity_suffix);
  }

 private:
  void ScanVolume(std::size_t index, const ScanOptions& options, ScanSink& sink) const {
    const ImageVolume& image_volume = volumes_[index];
    const NtfsVolume& volume = *image_volume.volume;
    const std::u16string& prefix = image_volume.path_prefix;
    for (const StreamError& fault : volume.faults()) {
      sink.AddUnreadable({prefix + u"$MFT", std::nullopt, fault});
    }
    const double share = 1.0 / static_cast<double>(volumes_.size());
    const double from = share * static_cast<double>(index);
    const std::size_t shards =
        options.carriers.empty() ? CountPassShards(volume, options.background) : 2;
    RecordTable table(volume.record_count(), shards);
    CollectOptions collect;
    collect.include_deleted = options.include_deleted;
    if (options.hash || options.content_bytes > 0) {
      // The last shard is for records kept after the pass.
      collect.kept_value_bytes =
          options.background ? kKeptValueBytesInBackground : kKeptValueBytes / (shards - 1);
    }
    if (options.carriers.empty()) {
      RunMftPass(volume, collect, prefix, {from, share * kPassShare}, sink, table);
    } else {
      const auto references = ReferencesIn(options.carriers, image_volume.identity_suffix);
      CollectNamedRecords(volume, references, collect, prefix, sink, table);
    }
    if (sink.IsCancelled()) return;
    LinkExtensions(volume, prefix, sink, table);
    PathBuilder paths(table, prefix);
    EmitStreams(
        volume, options,
        {prefix, image_volume.identity_suffix, from + share * kPassShare, share * (1 - kPassShare)},
        table, paths, sink);
  }

  // Of those identities that are of the volume with this suffix.
  static std::vector<std::uint64_t> ReferencesIn(const std::vector<std::u16string>& identities,
                                                 std::string_view suffix) {
    std::vector<std::uint64_t> references;
    for (const std::u16string& identity : identities) {
      const auto reference = ParseIdentity(std::string(identity.begin(), identity.end()), suffix);
      if (reference) references.push_back(reference->value);
    }
    return references;
  }

  const ImageVolume* FindVolume(std::u16string_view path) const {
    for (const ImageVolume& candidate : volumes_) {
      if (path.starts_with(candidate.path_prefix)) return &candidate;
    }
    return nullptr;
  }

  static std::optional<FileReference> ParseIdentity(std::string_view identity,
                                                    std::string_view suffix) {
    constexpr std::string_view kScheme = "ntfs:";
    if (!identity.starts_with(kScheme) || !identity.ends_with(suffix)) return std::nullopt;
    identity.remove_prefix(kScheme.size());
    if (identity.size() < suffix.size()) return std::nullopt;
    identity.remove_suffix(suffix.size());
    FileReference reference;
    const char* const end = identity.data() + identity.size();
    const auto [stop, error] = std::from_chars(identity.data(), end, reference.value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return reference;
  }

  const std::vector<ImageVolume> volumes_;
  const std::vector<ClosedPartition> closed_;
};

Result<std::unique_ptr<StreamProvider>> MakeProvider(std::vector<ImageVolume> volumes,
                                                     std::vector<ClosedPartition> closed) {
  return std::unique_ptr<StreamProvider>(
      std::make_unique<MftProvider>(std::move(volumes), std::move(closed)));
}

bool MayHoldStreams(ImageFormat format) {
  return format != ImageFormat::kExfat && format != ImageFormat::kFat &&
         format != ImageFormat::kUnknown;
}

// What a partition is but a part of, where no volume begins in it.
const char* GroupOf(const Partition& partition) {
  if (partition.format != ImageFormat::kUnknown) return nullptr;
  if (partition.use == PartitionUse::kDynamicDisk) return "a dynamic disk";
  return partition.use == PartitionUse::kStoragePool ? "a pool of Storage Spaces" : nullptr;
}

Result<std::unique_ptr<StreamProvider>> OpenDisk(const std::shared_ptr<const BlockReader>& image,
                                                 const PartitionTable& table,
                                                 const std::string& name) {
  std::vector<ImageVolume> volumes;
  std::vector<ClosedPartition> closed;
  std::vector<ClosedPartition> lost;
  std::string found;
  const auto ntfs_count = std::count_if(
      table.partitions.begin(), table.partitions.end(),
      [](const Partition& partition) { return partition.format == ImageFormat::kNtfs; });
  for (const Partition& partition : table.partitions) {
    const std::string number = std::to_string(partition.number);
    const std::string what = DescribeImageFormat(partition.format);
    found += (found.empty() ? "" : ", ") + number + ": " + what;
    if (partition.format != ImageFormat::kNtfs) {
      if (MayHoldStreams(partition.format)) {
        closed.push_back({PartitionName(partition.number),
                          {"ADS_UNSUPPORTED", 0, "open", "partition " + number + " is " + what}});
      } else if (const char* const group = GroupOf(partition)) {
        closed.push_back({PartitionName(partition.number),
                          {"ADS_UNSUPPORTED", 0, "open",
                           "partition " + number + " belongs to " + group +
                               ", whose volumes are not put together"}});
      } else if (partition.format == ImageFormat::kUnknown &&
                 partition.use == PartitionUse::kWindowsVolume) {
        lost.push_back({PartitionName(partition.number),
                        CorruptError("open", "partition " + number +
                                                 " is said to be a volume of Windows'; neither its "
                                                 "first sector nor its last is that of one")});
      }
      continue;
    }
    auto volume = NtfsVolume::Open(image, partition.start, partition.length);
    if (!volume.ok()) {
      closed.push_back({PartitionName(partition.number), volume.error()});
      continue;
    }
    ImageVolume entry{std::move(volume.value()), {}, {}};
    if (ntfs_count > 1) {
      entry.path_prefix = PartitionName(partition.number) + u"\\";
      entry.identity_suffix = "@" + number;
    }
    volumes.push_back(std::move(entry));
  }
  for (const TableFault& fault : table.faults) {
    lost.push_back({fault.number == 0 ? u"Partition table" : PartitionName(fault.number),
                    CorruptError("open", fault.message)});
  }
  if (!volumes.empty()) {
    closed.insert(closed.end(), lost.begin(), lost.end());
    return MakeProvider(std::move(volumes), std::move(closed));
  }
  if (!closed.empty()) {
    StreamError error = closed.front().error;
    error.message = name + ": " + error.message;
    return error;
  }
  return StreamError{"ADS_NOT_A_SOURCE", 0, "open",
                     name + ": a disk with a partition table (" + table.kind +
                         ") but no NTFS partition; found " + (found.empty() ? "none" : found)};
}

}  // namespace

Result<std::unique_ptr<StreamProvider>> OpenNtfsImage(const std::string& native_path) {
  auto opened = OpenBlockReader(native_path);
  if (!opened.ok()) return opened.error();
  return OpenNtfsBlocks(std::move(opened.value()), native_path);
}

Result<std::unique_ptr<StreamProvider>> OpenNtfsBlocks(std::shared_ptr<const BlockReader> image,
                                                       const std::string& name) {
  std::array<std::byte, ntfs::kBootSectorSize> sector{};
  const auto read = image->ReadAt(0, sector);
  if (!read.ok()) return read.error();
  const auto head = std::span<const std::byte>(sector).first(read.value());
  const ImageFormat format = IdentifyImage(head);
  if (format != ImageFormat::kNtfs && format != ImageFormat::kUnknown) {
    return StreamError{"ADS_UNSUPPORTED", 0, "open",
                       name + " is " + DescribeImageFormat(format) +
                           "; found at offset 3: " + DescribeOemId(head)};
  }
  if (format == ImageFormat::kUnknown) {
    const auto table = ReadPartitionTable(*image);
    if (!table.ok()) return table.error();
    if (!table.value().partitions.empty()) return OpenDisk(image, table.value(), name);
  }

  auto volume = NtfsVolume::Open(image, 0, image->size());
  if (volume.ok()) {
    std::vector<ImageVolume> volumes;
    volumes.push_back({std::move(volume.value()), {}, {}});
    return MakeProvider(std::move(volumes), {});
  }
  if (format == ImageFormat::kUnknown) {
    return StreamError{
        "ADS_NOT_A_SOURCE", 0, "open",
        name + ": no NTFS volume: expected \"NTFS    \" at offset 3, found " + DescribeOemId(head)};
  }
  StreamError error = volume.error();
  error.message = name + ": " + error.message;
  return error;
}

}  // namespace sidestream
