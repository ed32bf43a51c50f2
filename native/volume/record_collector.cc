#include "volume/record_collector.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/little_endian.h"
#include "ntfs/attribute_list.h"
#include "ntfs/fixup.h"
#include "ntfs/standard_information.h"

namespace sidestream {
namespace {

using ntfs::AttributeType;

constexpr std::size_t kMostNamesMet = 4096;

char16_t FoldCase(char16_t unit) {
  if (unit >= u'a' && unit <= u'z') return static_cast<char16_t>(unit - 32);
  if (unit < 0xE0) return unit;
  if (unit <= 0xFE && unit != 0xF7) return static_cast<char16_t>(unit - 32);     // Latin-1
  if (unit >= 0x100 && unit <= 0x137) return static_cast<char16_t>(unit & ~1u);  // Latin A
  if (unit >= 0x3B1 && unit <= 0x3C9 && unit != 0x3C2) return static_cast<char16_t>(unit - 32);
  if (unit >= 0x430 && unit <= 0x44F) return static_cast<char16_t>(unit - 32);  // Cyrillic
  if (unit >= 0x450 && unit <= 0x45F) return static_cast<char16_t>(unit - 80);
  return unit;
}

std::u16string Digits(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return {digits.begin(), digits.end()};
}

}  // namespace

std::u16string MftRecordPath(std::u16string_view path_prefix, std::uint64_t record) {
  return std::u16string(path_prefix) + u"$MFT record " + Digits(record);
}

bool EqualsIgnoringCase(std::u16string_view a, std::u16string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char16_t x, char16_t y) { return FoldCase(x) == FoldCase(y); });
}

void RecordCollector::Collect(std::span<std::byte> bytes, std::uint64_t number,
                              std::uint64_t volume_offset) {
  if (TryCollect(bytes, number, volume_offset)) second_looks_.push_back(number);
}

void RecordCollector::CollectFinally(std::span<std::byte> bytes, std::uint64_t number,
                                     std::uint64_t volume_offset) {
  const auto fault = TryCollect(bytes, number, volume_offset);
  if (!fault) return;
  ReportDamage(number, *fault);
  if (ntfs::ClassifyRecord(bytes) != ntfs::RecordState::kFree) return;
  // What it holds may be a file's still or not; its extension records' streams have a file.
  if (options_.include_deleted) return CollectDeleted(bytes, number, volume_offset);
  const auto record = ntfs::ParseFileRecord(bytes, volume_offset);
  if (record.ok() && record.value().base_reference == 0) {
    KeepLost(ntfs::MakeReference(number, record.value().sequence));
  }
}

std::optional<std::string> RecordCollector::TryCollect(std::span<std::byte> bytes,
                                                       std::uint64_t number,
                                                       std::uint64_t volume_offset) {
  switch (ntfs::ClassifyRecord(bytes)) {
    case ntfs::RecordState::kFree:
      if (IsLostToItsFlag(bytes, number)) {
        return "record at volume offset " + std::to_string(volume_offset) +
               ": its flags say that it is free; the bitmap of $MFT has it in use";
      }
      if (options_.include_deleted) CollectDeleted(bytes, number, volume_offset);
      return std::nullopt;
    case ntfs::RecordState::kDamaged:
      return "record at volume offset " + std::to_string(volume_offset) +
             ": expected signature FILE, found BAAD";
    case ntfs::RecordState::kEmpty:
    case ntfs::RecordState::kForeign:
      // Where no file is, anything may lie. Where the bitmap says that one is, it is lost.
      if (!IsMarkedInUse(number, ntfs::ClassifyRecord(bytes))) return std::nullopt;
      return "record at volume offset " + std::to_string(volume_offset) +
             ": not marked free; expected signature FILE, found " +
             std::to_string(LoadLe<std::uint32_t>(bytes.data()));
    case ntfs::RecordState::kInUse:
      break;
  }
  if (const auto fault = ntfs::ApplyFixup(bytes, volume_offset)) return Describe(*fault);
  const auto record = ntfs::ParseFileRecord(bytes, volume_offset);
  if (!record.ok()) return Describe(record.error());
  CollectRecord(record.value(), number, Use::kInUse);
  return std::nullopt;
}

// A file that is deleted lets go of its record in the bitmap, too; but a live volume's driver may
// write the two seconds apart, and deletes all the time. The records of the volume's own files are
// marked in use before there is anything in them.
bool RecordCollector::IsLostToItsFlag(std::span<const std::byte> bytes,
                                      std::uint64_t number) const {
  return !volume_.reader().IsDevice() && number >= ntfs::kFirstUserRecord &&
         IsMarkedInUse(number, ntfs::RecordState::kFree) && ntfs::HasOwner(bytes);
}

// Nobody promised that stale bytes can be read: what does not decode is no loss to report.
void RecordCollector::CollectDeleted(std::span<std::byte> bytes, std::uint64_t number,
                                     std::uint64_t volume_offset) {
  if (ntfs::ApplyFixup(bytes, volume_offset)) return;
  const auto record = ntfs::ParseFileRecord(bytes, volume_offset);
  if (record.ok()) CollectRecord(record.value(), number, Use::kDeleted);
}

RowId RecordCollector::Keep(const LoadedRecord& loaded) {
  CollectRecord(loaded.record, loaded.number, Use::kInUseAndWanted);
  return table_.Find(loaded.number);
}

RowId RecordCollector::KeepLost(std::uint64_t reference) {
  const std::uint64_t number = ntfs::RecordNumberOf(reference);
  ntfs::FileRecord record;
  record.sequence = ntfs::SequenceOf(reference);
  CollectRecord(record, number, Use::kInUseAndWanted);
  return table_.Find(number);
}

void RecordCollector::CollectRecord(const ntfs::FileRecord& record, std::uint64_t number, Use use) {
  const bool keep_always = use == Use::kInUseAndWanted;
  pending_names_.clear();
  has_attribute_list_ = false;
  has_wanted_name_ = false;

  RecordRow row{};
  row.base_reference = record.base_reference;
  row.record = static_cast<std::uint32_t>(number);
  row.is_deleted = use == Use::kDeleted;
  row.sequence = row.is_deleted ? ntfs::SequenceBeforeDeletion(record.sequence) : record.sequence;
  row.is_directory = record.is_directory;
  row.first_stream = static_cast<std::uint32_t>(shard_.streams.size());
  row.next_extension = row.parent = row.own_name = kNoRow;

  ntfs::AttributeCursor cursor(record.attributes, record.attributes_offset);
  ntfs::RawAttribute raw;
  ntfs::ParseStatus fault;
  while (cursor.Next(raw)) {
    if (auto found = CollectAttribute(raw, row); found && !fault) fault = found;
  }
  if (cursor.error()) fault = cursor.error();
  if (fault && !row.is_deleted) ReportDamage(number, Describe(*fault));

  row.stream_count = static_cast<std::uint32_t>(shard_.streams.size()) - row.first_stream;
  if (!row.is_extension() && use == Use::kInUse) ++carriers_seen_;
  const bool is_kept = row.is_extension() ? row.stream_count > 0 || !pending_names_.empty()
                                          : row.is_directory || row.stream_count > 0 ||
                                                has_attribute_list_ || has_wanted_name_;
  if (!is_kept && !keep_always) return;
  if (shard_.rows.size() >= kMaxIndex || shard_.text.size() > UINT32_MAX - 0x10000) {
    return ReportDamage(number, "more directories and streams than one scan can hold");
  }
  AddNames(row);
  table_.Set(number, RecordTable::MakeId(shard_index_, shard_.rows.size()));
  shard_.rows.push_back(row);
}

ntfs::ParseStatus RecordCollector::CollectAttribute(const ntfs::RawAttribute& raw, RecordRow& row) {
  switch (raw.type) {
    case AttributeType::kData:
      if (!raw.has_name() || IsLookingForName()) return std::nullopt;
      return AddStream(raw);
    case AttributeType::kFileName: {
      const auto attribute = ntfs::DecodeAttribute(raw);
      if (!attribute.ok()) return attribute.error();
      const auto name = ntfs::ParseFileName(attribute.value().value, raw.volume_offset);
      if (!name.ok()) return name.error();
      pending_names_.push_back(name.value());
      if (IsLookingForName() && IsWanted(name.value())) has_wanted_name_ = true;
      return std::nullopt;
    }
    case AttributeType::kStandardInformation: {
      const auto attribute = ntfs::DecodeAttribute(raw);
      if (!attribute.ok()) return attribute.error();
      const auto modified = ntfs::ParseLastWriteNs(attribute.value().value, raw.volume_offset);
      if (!modified.ok()) return modified.error();
      row.modified_ns = modified.value();
      return std::nullopt;
    }
    case AttributeType::kAttributeList:
      has_attribute_list_ = true;
      if (!row.is_extension() && !row.is_deleted && !IsLookingForName() &&
          row.record >= ntfs::kRootRecord) {
        AddPromises(raw, row);
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

ntfs::ParseStatus RecordCollector::AddStream(const ntfs::RawAttribute& raw) {
  const auto decoded = ntfs::DecodeAttribute(raw);
  if (!decoded.ok()) return decoded.error();
  const ntfs::AttributeRecord& attribute = decoded.value();
  StreamRow stream{};
  stream.size = attribute.data_size;
  stream.allocated = attribute.allocated_size;
  stream.first_vcn = attribute.first_vcn;
  stream.is_resident = !attribute.is_non_resident;
  stream.units = static_cast<std::uint8_t>(attribute.name_units());
  stream.text = AddStreamName(attribute.name);
  stream.value = StreamRow::kNoValue;
  // What is encrypted is nothing to show. That it is not, is said where the contents are wanted.
  if (stream.is_resident && !attribute.is_encrypted &&
      shard_.values.size() + attribute.value.size() <= options_.kept_value_bytes) {
    std::size_t start = 0;
    const auto kept = shard_.values.AppendRun(attribute.value.size(), start);
    std::copy(attribute.value.begin(), attribute.value.end(), kept.begin());
    stream.value = static_cast<std::uint32_t>(start);
  }
  shard_.streams.push_back(stream);
  return std::nullopt;
}

// Where in the shard's text the UTF-16LE `name` lies from now on.
std::uint32_t RecordCollector::AddText(std::span<const std::byte> name) {
  std::size_t start = 0;
  CopyUtf16Le(name.data(), shard_.text.AppendRun(name.size() / 2, start));
  return static_cast<std::uint32_t>(start);
}

// Streams have few names between them: one that was met before is kept once.
std::uint32_t RecordCollector::AddStreamName(std::span<const std::byte> name) {
  const std::size_t units = name.size() / 2;
  const auto unit_before_end = [&](std::size_t i) {
    return LoadLe<std::uint16_t>(name.data() + name.size() - 2 * std::min(i, units));
  };
  // Names of one family differ at their end.
  const std::size_t hash =
      units * 31 + unit_before_end(1) + unit_before_end(2) * 10u + unit_before_end(3) * 100u;
  KnownName& known = known_names_[hash % known_names_.size()];
  if (known.units == units) {
    const auto text = shard_.text.Run(known.text, units);
    const auto is_same = [&](std::size_t i) {
      return LoadLe<std::uint16_t>(name.data() + 2 * i) == text[i];
    };
    std::size_t same = 0;
    while (same < units && is_same(same)) ++same;
    if (same == units) return known.text;
  }
  known = {AddText(name), units};
  if (names_met_.size() < kMostNamesMet) {
    const auto text = shard_.text.Run(known.text, units);
    const auto [met, is_new] = names_met_.emplace(text.data(), text.size());
    if (is_new) new_names_.push_back(*met);
  }
  return known.text;
}

void RecordCollector::AddNames(RecordRow& row) {
  row.first_name = static_cast<std::uint32_t>(shard_.names.size());
  row.name_count = static_cast<std::uint16_t>(std::min<std::size_t>(pending_names_.size(), 0xFFFF));
  for (std::size_t i = 0; i < row.name_count; ++i) {
    const ntfs::FileName& name = pending_names_[i];
    shard_.names.push_back({name.parent_reference, AddText(name.name),
                            static_cast<std::uint8_t>(name.name.size() / 2), name.name_space});
  }
}

// Notes which records the attribute list says hold named streams, so that after the pass a record
// that was lost or overwritten is missed, and the carrier is not taken for complete.
void RecordCollector::AddPromises(const ntfs::RawAttribute& raw, const RecordRow& row) {
  const auto attribute = ntfs::DecodeAttribute(raw);
  if (!attribute.ok()) return ReportDamage(row.record, Describe(attribute.error()));
  const bool is_resident = !attribute.value().is_non_resident;
  std::vector<std::byte> read;
  std::span<const std::byte> list = attribute.value().value;
  if (!is_resident) {
    auto value = volume_.ReadAttributeValue(attribute.value(), ntfs::kMaxAttributeListSize);
    if (!value.ok()) {
      return ReportDamage(row.record, "attribute list: " + value.error().message);
    }
    read = std::move(value.value());
    list = read;
  }
  pending_holders_.clear();
  ntfs::AttributeListCursor cursor(list, raw.volume_offset);
  ntfs::AttributeListEntry entry;
  while (cursor.Next(entry)) {
    if (entry.type != AttributeType::kData || entry.name.empty()) continue;
    if (ntfs::RecordNumberOf(entry.reference) == row.record) continue;
    pending_holders_.push_back(entry.reference);
  }
  if (cursor.error()) ReportDamage(row.record, Describe(*cursor.error()));

  std::sort(pending_holders_.begin(), pending_holders_.end());
  for (std::size_t i = 0; i < pending_holders_.size();) {
    std::size_t end = i;
    while (end < pending_holders_.size() && pending_holders_[end] == pending_holders_[i]) ++end;
    shard_.promised.push_back(
        {pending_holders_[i], row.record, static_cast<std::uint32_t>(end - i)});
    i = end;
  }
}

bool RecordCollector::IsWanted(const ntfs::FileName& name) const {
  const std::size_t units = name.name.size() / 2;
  if (units != options_.wanted_name.size()) return false;
  std::u16string text;
  AppendUtf16Le(name.name.data(), units, text);
  return EqualsIgnoringCase(text, options_.wanted_name);
}

bool RecordCollector::IsMarkedInUse(std::uint64_t number, ntfs::RecordState state) const {
  // Without a bitmap, strange bytes count as a lost record, and zeros as one never used.
  if (mft_bitmap_.empty()) return state == ntfs::RecordState::kForeign;
  const std::uint64_t byte = number / 8;
  if (byte >= mft_bitmap_.size()) return false;
  return (std::to_integer<unsigned>(mft_bitmap_[byte]) >> (number % 8) & 1u) != 0;
}

void RecordCollector::ReportDamage(std::uint64_t number, const std::string& what) {
  sink_.AddUnreadable({MftRecordPath(path_prefix_, number), std::nullopt,
                       CorruptError("list", "MFT record " + std::to_string(number) + ": " + what)});
}

}  // namespace sidestream
