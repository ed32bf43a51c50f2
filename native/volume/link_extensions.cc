// LinkExtensions(): which extension record belongs to which file.

#include <string>

#include "volume/mft_pass.h"

namespace sidestream {
namespace {

class Linker {
 public:
  Linker(const NtfsVolume& volume, std::u16string_view path_prefix, ScanSink& sink,
         RecordTable& table)
      : volume_(volume),
        path_prefix_(path_prefix),
        sink_(sink),
        table_(table),
        collector_(volume, no_bitmap_, no_options_, path_prefix, sink, table,
                   table.shard_count() - 1) {}

  void Run() {
    // From the last record down, each put before the others: the lists end up in ascending order.
    for (std::uint64_t record = table_.record_limit(); record-- > 0;) {
      if (record % RecordTable::kPageRecords == 0 && sink_.IsCancelled()) return;
      const RowId id = table_.Find(record);
      if (id == kNoRow || !table_.Row(id).is_extension()) continue;
      if (sink_.IsCancelled()) return;
      Link(id);
    }
  }

 private:
  // What the pass found whole may be torn by now; what it found damaged will be torn for ever, and
  // there may be many of those.
  Result<LoadedRecord> ReadBase(std::uint64_t number) {
    if (patience_ == 0) return volume_.ReadRecord(number);
    auto loaded = volume_.ReadRecordPatiently(number, &sink_);
    if (!loaded.ok() && loaded.error().code == "ADS_CORRUPT") --patience_;
    return loaded;
  }

  void Link(RowId id) {
    const RecordRow& extension = table_.Row(id);
    // The extension records of $MFT, $Secure and so on are no concern unless they hold streams.
    const std::uint64_t base_number = ntfs::RecordNumberOf(extension.base_reference);
    RowId base = table_.Find(base_number);
    if (base == kNoRow) {
      // An ordinary file that the pass let go, or nothing. A name alone is no reason to look.
      if (extension.stream_count == 0 || extension.is_deleted) return;
      const auto loaded = ReadBase(base_number);
      if (sink_.IsCancelled()) return;
      if (loaded.ok()) {
        base = collector_.Keep(loaded.value());
      } else if (loaded.error().code == "ADS_NOT_FOUND") {
        return ReportStray(id, loaded.error().message);
      } else {
        // The pass reported it as lost; these streams of its file are not.
        base = collector_.KeepLost(extension.base_reference);
      }
      if (base == kNoRow) return;
    }
    // Keep() may have moved the rows.
    RecordRow& row = table_.Row(id);
    RecordRow& base_row = table_.Row(base);
    if (base_row.is_deleted != row.is_deleted) {
      // What a file left behind when it let go of a record is neither its own nor lost.
      if (row.is_deleted) return;
      return ReportStray(id, "record " + std::to_string(base_number) + " is free");
    }
    if (base_row.is_extension()) {
      return ReportStray(id, "record " + std::to_string(base_number) + " is itself an extension");
    }
    const std::uint16_t sequence = ntfs::SequenceOf(row.base_reference);
    if (sequence != base_row.sequence) {
      return ReportStray(id, "record " + std::to_string(base_number) +
                                 " belongs to another file now: expected sequence " +
                                 std::to_string(sequence) + ", found " +
                                 std::to_string(base_row.sequence));
    }
    row.next_extension = base_row.next_extension;
    base_row.next_extension = id;
  }

  // Streams in use whose file cannot be told. Not to be listed, and not to be passed over.
  void ReportStray(RowId id, const std::string& why) {
    const RecordRow& row = table_.Row(id);
    if (row.stream_count == 0 || row.is_deleted) return;
    sink_.AddUnreadable(
        {MftRecordPath(path_prefix_, row.record), std::nullopt,
         CorruptError("list", "MFT record " + std::to_string(row.record) + " holds " +
                                  std::to_string(row.stream_count) + " named stream(s) of record " +
                                  std::to_string(ntfs::RecordNumberOf(row.base_reference)) +
                                  ", which cannot be matched: " + why)});
  }

  const NtfsVolume& volume_;
  const std::u16string_view path_prefix_;
  ScanSink& sink_;
  RecordTable& table_;
  const std::vector<std::byte> no_bitmap_;
  const CollectOptions no_options_;
  RecordCollector collector_;
  int patience_ = 8;
};

}  // namespace

void LinkExtensions(const NtfsVolume& volume, std::u16string_view path_prefix, ScanSink& sink,
                    RecordTable& table) {
  Linker(volume, path_prefix, sink, table).Run();
}

}  // namespace sidestream
