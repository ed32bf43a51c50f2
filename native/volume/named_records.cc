#include "volume/named_records.h"

#include <string>
#include <unordered_set>
#include <vector>

#include "ntfs/attribute_list.h"
#include "ntfs/file_name.h"

namespace sidestream {
namespace {

using ntfs::AttributeType;

class NamedCollector {
 public:
  NamedCollector(const NtfsVolume& volume, const CollectOptions& options,
                 std::u16string_view path_prefix, ScanSink& sink, RecordTable& table)
      : volume_(volume),
        path_prefix_(path_prefix),
        sink_(sink),
        collector_(volume, no_bitmap_, options, path_prefix, sink, table, 0) {}

  void Run(std::span<const std::uint64_t> references) {
    for (const std::uint64_t reference : references) {
      if (sink_.IsCancelled()) return;
      sink_.Advance(1, -1);
      CollectFile(reference);
    }
    // Parents add theirs behind the end as they are read.
    for (std::size_t next = 0; next < waiting_.size() && !sink_.IsCancelled(); ++next) {
      CollectRecord(waiting_[next]);
    }
  }

 private:
  // Only where the record is this file's still: under another sequence it is somebody else's.
  void CollectFile(std::uint64_t reference) {
    const std::uint64_t number = ntfs::RecordNumberOf(reference);
    if (seen_.contains(number)) return;
    const auto loaded = Load(number);
    if (!loaded || loaded->reference() != reference) return;
    seen_.insert(number);
    Keep(*loaded);
  }

  void CollectRecord(std::uint64_t number) {
    if (const auto loaded = Load(number)) Keep(*loaded);
  }

  std::optional<LoadedRecord> Load(std::uint64_t number) {
    auto loaded = volume_.ReadRecordPatiently(number, &sink_);
    if (sink_.IsCancelled()) return std::nullopt;
    if (loaded.ok()) return std::move(loaded.value());
    if (loaded.error().code != "ADS_NOT_FOUND") AddUnreadable(number, loaded.error());
    return std::nullopt;
  }

  void Keep(const LoadedRecord& loaded) {
    collector_.Keep(loaded);
    ntfs::AttributeCursor cursor(loaded.record.attributes, loaded.record.attributes_offset);
    ntfs::RawAttribute raw;
    while (cursor.Next(raw)) {
      // A fault in either was reported by the collector.
      if (raw.type == AttributeType::kFileName) WaitForParent(raw);
      if (raw.type == AttributeType::kAttributeList) WaitForExtensions(loaded.number, raw);
    }
  }

  void WaitForParent(const ntfs::RawAttribute& raw) {
    const auto attribute = ntfs::DecodeAttribute(raw);
    if (!attribute.ok()) return;
    const auto name = ntfs::ParseFileName(attribute.value().value, raw.volume_offset);
    if (name.ok()) Wait(ntfs::RecordNumberOf(name.value().parent_reference));
  }

  // All of them: names of a file with many hard links lie in extension records, too.
  void WaitForExtensions(std::uint64_t number, const ntfs::RawAttribute& raw) {
    const auto attribute = ntfs::DecodeAttribute(raw);
    if (!attribute.ok()) return;
    const auto list = volume_.ReadAttributeValue(attribute.value(), ntfs::kMaxAttributeListSize);
    if (!list.ok()) return AddUnreadable(number, list.error());
    ntfs::AttributeListCursor cursor(list.value(), raw.volume_offset);
    ntfs::AttributeListEntry entry;
    while (cursor.Next(entry)) Wait(ntfs::RecordNumberOf(entry.reference));
  }

  void Wait(std::uint64_t number) {
    if (seen_.insert(number).second) waiting_.push_back(number);
  }

  void AddUnreadable(std::uint64_t number, const StreamError& error) {
    sink_.AddUnreadable({MftRecordPath(path_prefix_, number), std::nullopt, error});
  }

  const NtfsVolume& volume_;
  const std::u16string_view path_prefix_;
  ScanSink& sink_;
  const std::vector<std::byte> no_bitmap_;
  RecordCollector collector_;
  std::unordered_set<std::uint64_t> seen_;
  std::vector<std::uint64_t> waiting_;
};

}  // namespace

void CollectNamedRecords(const NtfsVolume& volume, std::span<const std::uint64_t> references,
                         const CollectOptions& options, std::u16string_view path_prefix,
                         ScanSink& sink, RecordTable& table) {
  NamedCollector(volume, options, path_prefix, sink, table).Run(references);
}

}  // namespace sidestream
