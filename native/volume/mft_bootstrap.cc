// BootstrapMft(): from the boot sector to the whole map of $MFT.

#include <algorithm>

#include "ntfs/attribute_list.h"
#include "ntfs/attribute_record.h"
#include "ntfs/file_record.h"
#include "ntfs/fixup.h"
#include "volume/mft_map.h"

namespace sidestream {
namespace {

using ntfs::AttributeRecord;
using ntfs::AttributeType;

constexpr char kOperation[] = "open";

// A truncated image may lack most of its $MFT, and each lost part of it must be said.
constexpr std::uint64_t kMaxTimesImage = 16;

// A piece of $MFT's own $DATA that lies in an extension record.
struct Continuation {
  std::uint64_t lowest_vcn;
  std::uint64_t record;
};

class Bootstrapper {
 public:
  Bootstrapper(const VolumeReader& reader, const ntfs::BootSector& boot)
      : reader_(reader), boot_(boot) {}

  Result<MftBootstrap> Run() {
    const std::uint64_t cluster = boot_.bytes_per_cluster;
    if (Status fault = ReadRecordZero(boot_.mft_lcn * cluster)) {
      Status mirror_fault =
          CorruptError(kOperation, "first cluster of $MFTMirr lies past the volume");
      if (boot_.mirror_lcn < boot_.cluster_count()) {
        mirror_fault = ReadRecordZero(boot_.mirror_lcn * cluster);
      }
      if (mirror_fault) {
        return CorruptError(kOperation, "$MFT cannot be read: " + fault->message +
                                            "; nor its copy in $MFTMirr: " + mirror_fault->message);
      }
      faults_.push_back(CorruptError(
          kOperation, "$MFT record 0 was read from $MFTMirr instead: " + fault->message));
    }
    FollowContinuations();
    return Finish();
  }

 private:
  Status LoadRecord(std::uint64_t volume_offset, std::span<std::byte> bytes) {
    if (ntfs::ClassifyRecord(bytes) != ntfs::RecordState::kInUse) {
      return CorruptError(kOperation, "volume offset " + std::to_string(volume_offset) +
                                          ": expected an MFT record in use, found other bytes");
    }
    if (const auto fault = ntfs::ApplyFixup(bytes, volume_offset)) {
      return CorruptError(kOperation, "$MFT", *fault);
    }
    return std::nullopt;
  }

  // Takes the first piece of $MFT's run list, and its attribute list, from record 0 or its copy.
  Status ReadRecordZero(std::uint64_t volume_offset) {
    runs_.clear();
    continuations_.clear();
    std::vector<std::byte> bytes(boot_.record_size);
    if (Status fault = reader_.Read(volume_offset, bytes)) return fault;
    if (Status fault = LoadRecord(volume_offset, bytes)) return fault;
    const auto record = ntfs::ParseFileRecord(bytes, volume_offset);
    if (!record.ok()) return CorruptError(kOperation, "$MFT", record.error());

    bool has_data = false;
    ntfs::AttributeCursor cursor(record.value().attributes, record.value().attributes_offset);
    ntfs::RawAttribute raw;
    while (cursor.Next(raw)) {
      if (raw.has_name()) continue;
      if (raw.type != AttributeType::kData && raw.type != AttributeType::kAttributeList) continue;
      const auto decoded = ntfs::DecodeAttribute(raw);
      if (!decoded.ok()) return CorruptError(kOperation, "$MFT", decoded.error());
      const AttributeRecord& attribute = decoded.value();
      if (raw.type == AttributeType::kAttributeList) {
        ReadAttributeList(attribute, raw.volume_offset);
      } else if (attribute.is_non_resident && !attribute.is_continuation()) {
        if (const auto fault = AppendRuns(attribute)) {
          return CorruptError(kOperation, "$MFT", *fault);
        }
        data_size_ = attribute.data_size;
        initialized_size_ = attribute.initialized_size;
        has_data = true;
      }
    }
    if (cursor.error()) return CorruptError(kOperation, "$MFT", *cursor.error());
    if (!has_data || runs_.empty()) {
      return CorruptError(kOperation,
                          "volume offset " + std::to_string(volume_offset) +
                              ": expected the run list of $MFT in its record 0, found none");
    }
    return std::nullopt;
  }

  ntfs::ParseStatus AppendRuns(const AttributeRecord& attribute) {
    return ntfs::DecodeRunList(attribute.run_list, attribute.run_list_offset,
                               {attribute.first_vcn, attribute.last_vcn, boot_.cluster_count()},
                               runs_);
  }

  // Notes where $MFT's run list goes on. A list that cannot be read costs a part of $MFT, not all.
  void ReadAttributeList(const AttributeRecord& attribute, std::uint64_t volume_offset) {
    std::vector<std::byte> list(attribute.value.begin(), attribute.value.end());
    if (attribute.is_non_resident) {
      if (Status fault = ReadNonResidentList(attribute, list)) {
        faults_.push_back(*fault);
        return;
      }
    }
    ntfs::AttributeListCursor cursor(list, volume_offset);
    ntfs::AttributeListEntry entry;
    while (cursor.Next(entry)) {
      if (entry.type == AttributeType::kData && entry.name.empty() && entry.lowest_vcn != 0) {
        continuations_.push_back({entry.lowest_vcn, ntfs::RecordNumberOf(entry.reference)});
      }
    }
    if (cursor.error()) {
      faults_.push_back(CorruptError(kOperation, "attribute list of $MFT", *cursor.error()));
    }
  }

  Status ReadNonResidentList(const AttributeRecord& attribute, std::vector<std::byte>& list) {
    if (attribute.data_size > ntfs::kMaxAttributeListSize) {
      return CorruptError(kOperation, "attribute list of $MFT: expected at most " +
                                          std::to_string(ntfs::kMaxAttributeListSize) +
                                          " bytes, found " + std::to_string(attribute.data_size));
    }
    std::vector<ntfs::Run> runs;
    if (const auto fault = ntfs::DecodeRunList(
            attribute.run_list, attribute.run_list_offset,
            {attribute.first_vcn, attribute.last_vcn, boot_.cluster_count()}, runs)) {
      return CorruptError(kOperation, "attribute list of $MFT", *fault);
    }
    list.resize(static_cast<std::size_t>(attribute.data_size));
    const MftMap map(std::move(runs), boot_.bytes_per_cluster, list.size());
    return map.Read(reader_, 0, list);
  }

  // Follows the pieces in order of VCN, so that each is looked for with all before it known.
  void FollowContinuations() {
    std::sort(continuations_.begin(), continuations_.end(),
              [](const auto& a, const auto& b) { return a.lowest_vcn < b.lowest_vcn; });
    for (const Continuation& piece : continuations_) {
      if (piece.lowest_vcn < runs_.back().end_vcn()) continue;  // had already
      if (Status fault = ReadContinuation(piece)) {
        faults_.push_back(
            CorruptError(kOperation, "$MFT from cluster " + std::to_string(piece.lowest_vcn) +
                                         " on cannot be located (record " +
                                         std::to_string(piece.record) + "): " + fault->message));
        return;
      }
    }
  }

  Status ReadContinuation(const Continuation& piece) {
    if (piece.lowest_vcn != runs_.back().end_vcn()) {
      return CorruptError(
          kOperation, "expected a piece from cluster " + std::to_string(runs_.back().end_vcn()));
    }
    const MftMap map(runs_, boot_.bytes_per_cluster, data_size_);
    std::vector<std::byte> bytes(boot_.record_size);
    if (piece.record > UINT32_MAX) return CorruptError(kOperation, "record number is impossible");
    const std::uint64_t mft_offset = piece.record * boot_.record_size;
    if (Status fault = map.Read(reader_, mft_offset, bytes)) return fault;
    const std::uint64_t volume_offset = map.Locate(mft_offset)->volume_offset;
    if (Status fault = LoadRecord(volume_offset, bytes)) return fault;
    const auto record = ntfs::ParseFileRecord(bytes, volume_offset);
    if (!record.ok()) return CorruptError(kOperation, "$MFT", record.error());
    if (ntfs::RecordNumberOf(record.value().base_reference) != 0 ||
        record.value().base_reference == 0) {
      return CorruptError(kOperation,
                          "volume offset " + std::to_string(volume_offset) +
                              ": expected an extension record of $MFT, found another's");
    }
    ntfs::AttributeCursor cursor(record.value().attributes, record.value().attributes_offset);
    ntfs::RawAttribute raw;
    while (cursor.Next(raw)) {
      if (raw.type != AttributeType::kData || raw.has_name()) continue;
      const auto attribute = ntfs::DecodeAttribute(raw);
      if (!attribute.ok()) return CorruptError(kOperation, "$MFT", attribute.error());
      if (!attribute.value().is_non_resident || attribute.value().first_vcn != piece.lowest_vcn) {
        continue;
      }
      if (const auto fault = AppendRuns(attribute.value())) {
        return CorruptError(kOperation, "$MFT", *fault);
      }
      return std::nullopt;
    }
    return CorruptError(kOperation, "volume offset " + std::to_string(volume_offset) +
                                        ": expected a piece of $MFT, found none");
  }

  // How much of $MFT to look at, from three numbers of which none can be trusted alone.
  MftBootstrap Finish() {
    // $MFT has no holes. What comes after one would be reached only by counting through it.
    const auto hole = std::find_if(runs_.begin(), runs_.end(),
                                   [](const ntfs::Run& run) { return run.is_hole(); });
    runs_.erase(hole, runs_.end());
    const std::uint64_t mapped =
        runs_.empty() ? 0 : runs_.back().end_vcn() * boot_.bytes_per_cluster;

    // A size too small for the system files is damage, and hiding files by it would be easy.
    const std::uint64_t least = ntfs::kFirstUserRecord * boot_.record_size;
    std::uint64_t size = data_size_;
    if (size < least && mapped > size) {
      faults_.push_back(CorruptError(kOperation, "size of $MFT: expected at least " +
                                                     std::to_string(least) + ", found " +
                                                     std::to_string(size)));
      size = mapped;
    }
    // What lies past the initialized size was never written as $MFT; it may be an older volume's.
    if (initialized_size_ >= least) size = std::min(size, initialized_size_);
    // Far more than the image could hold is not worth looking for, nor the memory to count it.
    const std::uint64_t most = std::min(mapped, kMaxTimesImage * reader_.size());
    if (size > most) {
      faults_.push_back(CorruptError(kOperation, "$MFT: expected " + std::to_string(size) +
                                                     " bytes, found clusters for " +
                                                     std::to_string(most)));
      size = most;
    }
    return {MftMap(std::move(runs_), boot_.bytes_per_cluster, size), std::move(faults_)};
  }

  const VolumeReader& reader_;
  const ntfs::BootSector& boot_;
  std::vector<ntfs::Run> runs_;
  std::vector<Continuation> continuations_;
  std::vector<StreamError> faults_;
  std::uint64_t data_size_ = 0;
  std::uint64_t initialized_size_ = 0;
};

}  // namespace

Result<MftBootstrap> BootstrapMft(const VolumeReader& reader, const ntfs::BootSector& boot) {
  return Bootstrapper(reader, boot).Run();
}

}  // namespace sidestream
