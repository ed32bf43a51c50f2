#include "volume/ntfs_volume.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <thread>

#include "base/little_endian.h"
#include "ntfs/fixup.h"
#include "ntfs/run_list.h"

namespace sidestream {
namespace {

constexpr std::uint64_t kVolumeRecord = 3;
// A label has at most 32 units; longer ones are cut, for it is only shown.
constexpr std::size_t kMaxLabelUnits = 128;
// Bitmap of a $MFT of 2^32 records.
constexpr std::uint64_t kMaxBitmapSize = 512u << 20;
// How far from the image's end the backup boot sector is looked for where the image was padded.
constexpr std::uint64_t kBackupSearchSize = 1u << 20;

// The copy lies right after the volume's last sector. How long the volume is, the lost boot sector
// knew: so it is looked for at the end, where the image of a partition has it.
std::optional<ntfs::BootSector> FindBackupBootSector(const VolumeReader& reader) {
  const std::uint64_t end = reader.size() / ntfs::kBootSectorSize * ntfs::kBootSectorSize;
  const std::uint64_t first = end > kBackupSearchSize ? end - kBackupSearchSize : 0;
  std::vector<std::byte> tail(static_cast<std::size_t>(end - first));
  if (reader.Read(first, tail)) return std::nullopt;
  for (std::size_t at = tail.size(); at >= ntfs::kBootSectorSize;) {
    at -= ntfs::kBootSectorSize;
    const auto sector = std::span(tail).subspan(at, ntfs::kBootSectorSize);
    if (!ntfs::HasNtfsOemId(sector)) continue;
    const auto boot = ntfs::ParseBootSector(sector, first + at);
    if (boot.ok()) return boot.value();
  }
  return std::nullopt;
}

}  // namespace

NtfsVolume::NtfsVolume(VolumeReader reader, ntfs::BootSector boot, MftBootstrap bootstrap)
    : reader_(std::move(reader)),
      boot_(boot),
      mft_(std::move(bootstrap.map)),
      faults_(std::move(bootstrap.faults)) {}

Result<std::shared_ptr<const NtfsVolume>> NtfsVolume::Open(std::shared_ptr<const BlockReader> image,
                                                           std::uint64_t start,
                                                           std::uint64_t length) {
  const VolumeReader reader(std::move(image), start, length);
  std::optional<StreamError> primary_fault;
  std::array<std::byte, ntfs::kBootSectorSize> sector{};
  primary_fault = reader.Read(0, sector);
  if (!primary_fault) {
    const auto boot = ntfs::ParseBootSector(sector, 0);
    if (boot.ok()) {
      auto bootstrap = BootstrapMft(reader, boot.value());
      if (bootstrap.ok()) {
        const std::shared_ptr<NtfsVolume> volume(
            new NtfsVolume(reader, boot.value(), std::move(bootstrap.value())));
        volume->ReadLabel();
        return std::shared_ptr<const NtfsVolume>(volume);
      }
      primary_fault = bootstrap.error();
    } else {
      primary_fault = CorruptError("open", "boot sector", boot.error());
    }
  }

  // Geometry that parses but leads nowhere may be wrong itself; the backup decides.
  const auto backup = FindBackupBootSector(reader);
  if (!backup) return *primary_fault;
  auto bootstrap = BootstrapMft(reader, *backup);
  if (!bootstrap.ok()) return *primary_fault;
  const std::shared_ptr<NtfsVolume> volume(
      new NtfsVolume(reader, *backup, std::move(bootstrap.value())));
  volume->faults_.push_back(CorruptError(
      "open", "the backup boot sector was used instead of the first: " + primary_fault->message));
  volume->ReadLabel();
  return std::shared_ptr<const NtfsVolume>(volume);
}

std::string NtfsVolume::volume_id() const {
  char text[24];
  std::snprintf(text, sizeof text, "ntfs-%016llx", static_cast<unsigned long long>(boot_.serial));
  return text;
}

Result<LoadedRecord> NtfsVolume::ReadRecord(std::uint64_t number) const {
  return ReadRecordIn(number, ntfs::RecordState::kInUse);
}

Result<LoadedRecord> NtfsVolume::ReadDeletedRecord(std::uint64_t number) const {
  return ReadRecordIn(number, ntfs::RecordState::kFree);
}

Result<LoadedRecord> NtfsVolume::ReadRecordIn(std::uint64_t number, ntfs::RecordState state) const {
  const auto not_found = [number](const std::string& why) {
    return StreamError{"ADS_NOT_FOUND", 0, "read", "MFT record " + std::to_string(number) + why};
  };
  if (number >= record_count()) {
    return not_found(": $MFT has only " + std::to_string(record_count()) + " records");
  }
  LoadedRecord loaded;
  loaded.bytes.resize(boot_.record_size);
  loaded.number = number;
  const std::uint64_t mft_offset = number * boot_.record_size;
  if (Status fault = mft_.Read(reader_, mft_offset, loaded.bytes)) return *fault;
  if (const auto segment = mft_.Locate(mft_offset)) loaded.volume_offset = segment->volume_offset;

  const std::string context = "MFT record " + std::to_string(number);
  switch (ntfs::ClassifyRecord(loaded.bytes)) {
    case ntfs::RecordState::kInUse:
      if (state == ntfs::RecordState::kInUse) break;
      return not_found(" is in use again");
    case ntfs::RecordState::kFree:
      if (state == ntfs::RecordState::kFree) break;
      return not_found(" is free");
    case ntfs::RecordState::kEmpty:
      return not_found(" is free");
    case ntfs::RecordState::kDamaged:
    case ntfs::RecordState::kForeign:
      return CorruptError("read", context + " at volume offset " +
                                      std::to_string(loaded.volume_offset) +
                                      ": expected signature FILE, found other bytes");
  }
  if (const auto fault = ntfs::ApplyFixup(loaded.bytes, loaded.volume_offset)) {
    return CorruptError("read", context, *fault);
  }
  const auto record = ntfs::ParseFileRecord(loaded.bytes, loaded.volume_offset);
  if (!record.ok()) return CorruptError("read", context, record.error());
  loaded.record = record.value();
  return loaded;
}

Result<LoadedRecord> NtfsVolume::ReadRecordPatiently(std::uint64_t number) const {
  auto loaded = ReadRecord(number);
  if (!reader_.CanChange()) return loaded;
  for (const auto pause : kSecondLookPauses) {
    if (loaded.ok() || loaded.error().code != "ADS_CORRUPT") break;
    std::this_thread::sleep_for(pause);
    loaded = ReadRecord(number);
  }
  return loaded;
}

Result<std::vector<std::byte>> NtfsVolume::ReadAttributeValue(
    const ntfs::AttributeRecord& attribute, std::uint64_t max_size) const {
  if (!attribute.is_non_resident) {
    return std::vector<std::byte>(attribute.value.begin(), attribute.value.end());
  }
  // More than the volume holds cannot be read in full anyway, and must not be asked of the
  // allocator.
  const std::uint64_t most = std::min(max_size, reader_.size());
  if (attribute.data_size > most) {
    return CorruptError("read", "attribute's size: expected at most " + std::to_string(most) +
                                    ", found " + std::to_string(attribute.data_size));
  }
  std::vector<ntfs::Run> runs;
  if (const auto fault = ntfs::DecodeRunList(
          attribute.run_list, attribute.run_list_offset,
          {attribute.first_vcn, attribute.last_vcn, boot_.cluster_count()}, runs)) {
    return CorruptError("read", "attribute's run list", *fault);
  }
  // Runs are mapped the same way for every attribute, $MFT's or not.
  const MftMap map(std::move(runs), boot_.bytes_per_cluster, attribute.data_size);
  std::vector<std::byte> value(static_cast<std::size_t>(attribute.data_size));
  if (Status fault = map.Read(reader_, 0, value)) return *fault;
  return value;
}

std::vector<std::byte> NtfsVolume::ReadMftBitmap() const {
  const auto loaded = ReadRecord(0);
  if (!loaded.ok()) return {};
  ntfs::AttributeCursor cursor(loaded.value().record.attributes,
                               loaded.value().record.attributes_offset);
  ntfs::RawAttribute raw;
  while (cursor.Next(raw)) {
    if (raw.type != ntfs::AttributeType::kBitmap) continue;
    const auto attribute = ntfs::DecodeAttribute(raw);
    if (!attribute.ok()) return {};
    auto bitmap = ReadAttributeValue(attribute.value(), kMaxBitmapSize);
    return bitmap.ok() ? std::move(bitmap.value()) : std::vector<std::byte>{};
  }
  return {};
}

void NtfsVolume::ReadLabel() {
  const auto loaded = ReadRecord(kVolumeRecord);
  if (!loaded.ok()) return;
  ntfs::AttributeCursor cursor(loaded.value().record.attributes,
                               loaded.value().record.attributes_offset);
  ntfs::RawAttribute raw;
  while (cursor.Next(raw)) {
    if (raw.type != ntfs::AttributeType::kVolumeName) continue;
    const auto attribute = ntfs::DecodeAttribute(raw);
    if (!attribute.ok() || attribute.value().is_non_resident) return;
    const auto value = attribute.value().value;
    AppendUtf16Le(value.data(), std::min(value.size() / 2, kMaxLabelUnits), label_);
    return;
  }
}

}  // namespace sidestream
