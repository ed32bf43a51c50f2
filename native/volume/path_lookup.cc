#include "volume/path_lookup.h"

#include <atomic>
#include <optional>

#include "volume/mft_pass.h"
#include "volume/path_builder.h"
#include "volume/record_collector.h"

namespace sidestream {
namespace {

// Damage elsewhere on the volume does not matter here, but it decides how sure "not found" is.
class CountingSink final : public ScanSink {
 public:
  void Add(const FoundStream&) override {}
  void AddUnreadable(Unreadable) override { ++unreadable_; }
  void Advance(std::uint64_t, double) override {}
  bool IsCancelled() const override { return false; }
  std::uint64_t unreadable() const { return unreadable_; }

 private:
  std::atomic<std::uint64_t> unreadable_{0};
};

}  // namespace

Result<std::uint64_t> FindRecordByPath(const NtfsVolume& volume, std::u16string_view path) {
  if (path == u"." || path.empty()) return ntfs::kRootRecord;
  CollectOptions options;
  options.wanted_name = path.substr(path.rfind(u'\\') + 1);
  CountingSink sink;
  RecordTable table(volume.record_count(), CountPassShards(volume, false));
  RunMftPass(volume, options, u"", {}, sink, table);
  LinkExtensions(volume, u"", sink, table);
  PathBuilder paths(table, u"");

  std::optional<std::uint64_t> other_case;
  for (std::uint64_t record = 0; record < table.record_limit(); ++record) {
    const RowId id = table.Find(record);
    if (id == kNoRow || table.Row(id).is_extension()) continue;
    for (const std::u16string_view found : paths.PathsOf(id)) {
      if (found == path) return record;
      if (!other_case && EqualsIgnoringCase(found, path)) other_case = record;
    }
  }
  if (other_case) return *other_case;
  std::string message = "no file or directory has this path";
  if (sink.unreadable() > 0) {
    message += "; " + std::to_string(sink.unreadable()) + " place(s) of $MFT could not be read";
  }
  return StreamError{"ADS_NOT_FOUND", 0, "open", std::move(message)};
}

}  // namespace sidestream
