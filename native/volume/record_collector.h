// Decodes one $MFT record after another and keeps what is worth keeping in a shard. One collector
// per worker; nothing here is shared but the sink.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ntfs/attribute_record.h"
#include "ntfs/file_name.h"
#include "ntfs/file_record.h"
#include "streams/stream_provider.h"
#include "volume/ntfs_volume.h"
#include "volume/record_table.h"

namespace sidestream {

struct CollectOptions {
  // Keep the values of resident streams, so that contents need no second read, up to this many
  // bytes a worker. What does not fit is read again when it is wanted.
  std::uint64_t kept_value_bytes = 0;
  // Not empty: keep no streams, but directories and the files that have this name, whatever its
  // case.
  std::u16string_view wanted_name;
  // Also keep what records hold that are not in use, as far as it still decodes.
  bool include_deleted = false;
};

// The path under which a damaged record is reported.
std::u16string MftRecordPath(std::u16string_view path_prefix, std::uint64_t record);

// Equal but for the case of letters, by simple rules: enough to find what somebody typed.
bool EqualsIgnoringCase(std::u16string_view a, std::u16string_view b);

class RecordCollector {
 public:
  RecordCollector(const NtfsVolume& volume, const std::vector<std::byte>& mft_bitmap,
                  const CollectOptions& options, std::u16string_view path_prefix, ScanSink& sink,
                  RecordTable& table, std::size_t shard)
      : volume_(volume),
        mft_bitmap_(mft_bitmap),
        options_(options),
        path_prefix_(path_prefix),
        sink_(sink),
        table_(table),
        shard_index_(shard),
        shard_(table.Shard(shard)) {}

  // Takes a raw record; fixes it up in place. One that is torn, or has lost its header, is not
  // reported but kept for a second look: on a live volume it may be whole a moment later.
  void Collect(std::span<std::byte> bytes, std::uint64_t number, std::uint64_t volume_offset);
  std::vector<std::uint64_t> TakeSecondLooks() { return std::exchange(second_looks_, {}); }
  // The last look: what is still damaged is reported.
  void CollectFinally(std::span<std::byte> bytes, std::uint64_t number,
                      std::uint64_t volume_offset);

  // Keeps a base record that the pass let go, because an extension record turned out to belong to
  // it.
  RowId Keep(const LoadedRecord& loaded);

  // A row without names for a base record that is lost, so that what its extension records hold is
  // listed under the file's identity.
  RowId KeepLost(std::uint64_t reference);

  // Stream names met for the first time since the last call, or nearly so. They live as long as the
  // table.
  std::vector<std::u16string_view> TakeNewNames() { return std::exchange(new_names_, {}); }
  std::size_t new_name_count() const { return new_names_.size(); }

  // Files and directories seen since the last call.
  std::uint64_t TakeCarriersSeen() { return std::exchange(carriers_seen_, 0); }

 private:
  // What keeps the record from being decoded, in words; nothing if it was, or is none in use.
  std::optional<std::string> TryCollect(std::span<std::byte> bytes, std::uint64_t number,
                                        std::uint64_t volume_offset);
  bool IsLostToItsFlag(std::span<const std::byte> bytes, std::uint64_t number) const;
  void CollectDeleted(std::span<std::byte> bytes, std::uint64_t number,
                      std::uint64_t volume_offset);
  enum class Use { kInUse, kInUseAndWanted, kDeleted };
  void CollectRecord(const ntfs::FileRecord& record, std::uint64_t number, Use use);
  // Returns the first fault. What was decoded before it stays.
  ntfs::ParseStatus CollectAttribute(const ntfs::RawAttribute& raw, RecordRow& row);
  ntfs::ParseStatus AddStream(const ntfs::RawAttribute& raw);
  void AddNames(RecordRow& row);
  std::uint32_t AddText(std::span<const std::byte> name);
  // The same for a name that many have; it is not empty.
  std::uint32_t AddStreamName(std::span<const std::byte> name);
  void AddPromises(const ntfs::RawAttribute& raw, const RecordRow& row);
  bool IsLookingForName() const { return !options_.wanted_name.empty(); }
  bool IsWanted(const ntfs::FileName& name) const;
  bool IsMarkedInUse(std::uint64_t number, ntfs::RecordState state) const;
  void ReportDamage(std::uint64_t number, const std::string& what);

  const NtfsVolume& volume_;
  const std::vector<std::byte>& mft_bitmap_;
  const CollectOptions& options_;
  const std::u16string_view path_prefix_;
  ScanSink& sink_;
  RecordTable& table_;
  const std::size_t shard_index_;
  RecordShard& shard_;

  // Of the record at hand. Names are copied only once it is known that the record is kept: most are
  // not, and that is most of the cost of a pass.
  std::vector<ntfs::FileName> pending_names_;
  std::vector<std::uint64_t> pending_holders_;
  bool has_attribute_list_ = false;
  bool has_wanted_name_ = false;
  std::uint64_t carriers_seen_ = 0;
  std::vector<std::uint64_t> second_looks_;

  // Where names of streams lie in the shard's text already.
  struct KnownName {
    std::uint32_t text = 0;
    std::size_t units = 0;
  };
  std::array<KnownName, 256> known_names_{};
  std::unordered_set<std::u16string_view> names_met_;
  std::vector<std::u16string_view> new_names_;
};

}  // namespace sidestream
