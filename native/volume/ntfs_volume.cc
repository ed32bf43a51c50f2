#include "volume/ntfs_volume.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "base/little_endian.h"
#include "ntfs/attribute_list.h"
#include "ntfs/fixup.h"
#include "ntfs/run_list.h"
#include "volume/second_look.h"

namespace sidestream {
namespace {

constexpr std::uint64_t kVolumeRecord = 3;
// A label has at most 32 units; longer ones are cut, for it is only shown.
constexpr std::size_t kMaxLabelUnits = 128;
// Bitmap of a $MFT of 2^32 records.
constexpr std::uint64_t kMaxBitmapSize = 512u << 20;
// How far from the image's end the backup boot sector is looked for where the image was padded.
constexpr std::uint64_t kBackupSearchSize = 1u << 20;

StreamError NotFound(std::uint64_t number, const std::string& why) {
  return {"ADS_NOT_FOUND", 0, "read", "MFT record " + std::to_string(number) + why};
}

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
  if (number >= record_count()) {
    return NotFound(number, ": $MFT has only " + std::to_string(record_count()) + " records");
  }
  LoadedRecord loaded;
  loaded.bytes.resize(boot_.record_size);
  loaded.number = number;
  const std::uint64_t mft_offset = number * boot_.record_size;
  if (Status fault = mft_.Read(reader_, mft_offset, loaded.bytes)) return *fault;
  if (const auto segment = mft_.Locate(mft_offset)) loaded.volume_offset = segment->volume_offset;
  return Decode(std::move(loaded), state);
}

Result<LoadedRecord> NtfsVolume::ReadMirroredRecordZero() const {
  LoadedRecord loaded;
  loaded.bytes.resize(boot_.record_size);
  loaded.volume_offset = boot_.mirror_lcn * boot_.bytes_per_cluster;
  if (Status fault = reader_.Read(loaded.volume_offset, loaded.bytes)) return *fault;
  return Decode(std::move(loaded), ntfs::RecordState::kInUse);
}

Result<LoadedRecord> NtfsVolume::Decode(LoadedRecord loaded, ntfs::RecordState state) {
  const std::string context = "MFT record " + std::to_string(loaded.number);
  switch (ntfs::ClassifyRecord(loaded.bytes)) {
    case ntfs::RecordState::kInUse:
      if (state == ntfs::RecordState::kInUse) break;
      return NotFound(loaded.number, " is in use again");
    case ntfs::RecordState::kFree:
      if (state == ntfs::RecordState::kFree) break;
      return NotFound(loaded.number, " is free");
    case ntfs::RecordState::kEmpty:
      return NotFound(loaded.number, " is free");
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

Result<LoadedRecord> NtfsVolume::ReadRecordPatiently(std::uint64_t number,
                                                     const ScanSink* sink) const {
  auto loaded = ReadRecord(number);
  if (!reader_.CanChange()) return loaded;
  for (const auto pause : kSecondLookPauses) {
    if (loaded.ok() || loaded.error().code != "ADS_CORRUPT") break;
    if (!WaitForSecondLook(pause, sink)) break;
    loaded = ReadRecord(number);
  }
  return loaded;
}

Result<std::vector<std::byte>> NtfsVolume::ReadAttributeValue(
    const ntfs::AttributeRecord& attribute, std::uint64_t max_size) const {
  return ReadPieces(std::span(&attribute, 1), max_size);
}

Result<std::vector<std::byte>> NtfsVolume::ReadPieces(std::span<const ntfs::AttributeRecord> pieces,
                                                      std::uint64_t max_size) const {
  const ntfs::AttributeRecord& first = pieces.front();
  if (!first.is_non_resident) {
    return std::vector<std::byte>(first.value.begin(), first.value.end());
  }
  // More than the volume holds cannot be read in full anyway, and must not be asked of the
  // allocator.
  const std::uint64_t most = std::min(max_size, reader_.size());
  if (first.data_size > most) {
    return CorruptError("read", "attribute's size: expected at most " + std::to_string(most) +
                                    ", found " + std::to_string(first.data_size));
  }
  std::vector<ntfs::Run> runs;
  for (const ntfs::AttributeRecord& piece : pieces) {
    if (const auto fault =
            ntfs::DecodeRunList(piece.run_list, piece.run_list_offset,
                                {piece.first_vcn, piece.last_vcn, boot_.cluster_count()}, runs)) {
      return CorruptError("read", "attribute's run list", *fault);
    }
  }
  // Runs are mapped the same way for every attribute, $MFT's or not.
  const MftMap map(std::move(runs), boot_.bytes_per_cluster, first.data_size);
  std::vector<std::byte> value(static_cast<std::size_t>(first.data_size));
  if (Status fault = map.Read(reader_, 0, value)) return *fault;
  return value;
}

Result<std::vector<std::byte>> NtfsVolume::ReadMftBitmap(const ScanSink* sink) const {
  const auto holders = ReadBitmapHolders(sink);
  if (!holders.ok()) return holders.error();
  std::vector<ntfs::AttributeRecord> pieces;
  for (const LoadedRecord& holder : holders.value()) {
    ntfs::AttributeCursor cursor(holder.record.attributes, holder.record.attributes_offset);
    ntfs::RawAttribute raw;
    while (cursor.Next(raw)) {
      if (raw.type != ntfs::AttributeType::kBitmap || raw.has_name()) continue;
      const auto attribute = ntfs::DecodeAttribute(raw);
      if (!attribute.ok()) return CorruptError("read", "bitmap of $MFT", attribute.error());
      pieces.push_back(attribute.value());
    }
  }
  std::sort(pieces.begin(), pieces.end(),
            [](const auto& a, const auto& b) { return a.first_vcn < b.first_vcn; });
  if (pieces.empty() || pieces.front().is_continuation()) {
    return CorruptError("read", "record 0 of $MFT leads to no bitmap");
  }
  return ReadPieces(pieces, kMaxBitmapSize);
}

Result<std::vector<LoadedRecord>> NtfsVolume::ReadBitmapHolders(const ScanSink* sink) const {
  auto zero = ReadRecordPatiently(0, sink);
  if (!zero.ok()) {
    auto copy = ReadMirroredRecordZero();
    if (!copy.ok()) return zero.error();
    zero = std::move(copy);
  }
  std::vector<std::uint64_t> numbers;
  ntfs::AttributeCursor cursor(zero.value().record.attributes,
                               zero.value().record.attributes_offset);
  ntfs::RawAttribute raw;
  while (cursor.Next(raw)) {
    if (raw.type != ntfs::AttributeType::kAttributeList) continue;
    const auto attribute = ntfs::DecodeAttribute(raw);
    if (!attribute.ok()) return CorruptError("read", "attribute list of $MFT", attribute.error());
    const auto list = ReadAttributeValue(attribute.value(), ntfs::kMaxAttributeListSize);
    if (!list.ok()) return list.error();
    ntfs::AttributeListCursor entries(list.value(), raw.volume_offset);
    ntfs::AttributeListEntry entry;
    while (entries.Next(entry)) {
      const std::uint64_t number = ntfs::RecordNumberOf(entry.reference);
      if (entry.type == ntfs::AttributeType::kBitmap && number != 0) numbers.push_back(number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());

  std::vector<LoadedRecord> holders;
  holders.push_back(std::move(zero.value()));
  for (const std::uint64_t number : numbers) {
    auto holder = ReadRecordPatiently(number, sink);
    if (!holder.ok()) return holder.error();
    const std::uint64_t base = holder.value().record.base_reference;
    if (base == 0 || ntfs::RecordNumberOf(base) != 0) {
      return CorruptError("read", "MFT record " + std::to_string(number) +
                                      ": expected an extension record of $MFT, found another's");
    }
    holders.push_back(std::move(holder.value()));
  }
  return holders;
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
