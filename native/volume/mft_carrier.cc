#include "volume/mft_carrier.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/little_endian.h"
#include "ntfs/attribute_list.h"
#include "ntfs/standard_information.h"
#include "volume/stream_content.h"

namespace sidestream {
namespace {

using ntfs::AttributeType;

// More in one piece than anybody can use; a sparse stream would let a caller ask for 2^60 bytes.
constexpr std::uint64_t kMaxReadBytes = 1ull << 30;

struct StreamPiece {
  StreamEntry entry;
  std::uint64_t record = 0;
  bool is_continuation = false;
};

class MftCarrier final : public Carrier {
 public:
  MftCarrier(std::shared_ptr<const NtfsVolume> volume, const LoadedRecord& base, std::string suffix)
      : volume_(std::move(volume)),
        reference_(base.reference()),
        suffix_(std::move(suffix)),
        is_directory_(base.record.is_directory) {
    std::vector<std::uint64_t> holders;
    list_fault_ = Gather(base, &holders);
    std::sort(holders.begin(), holders.end());
    holders.erase(std::unique(holders.begin(), holders.end()), holders.end());
    for (const std::uint64_t holder : holders) {
      if (list_fault_) return;
      list_fault_ = GatherExtension(holder);
    }
  }

  std::string identity() const override { return "ntfs:" + std::to_string(reference_) + suffix_; }
  bool is_directory() const override { return is_directory_; }
  std::int64_t modified_ns() const override { return modified_ns_; }

  Result<std::vector<StreamEntry>> List() override {
    if (list_fault_) return *list_fault_;
    std::vector<StreamEntry> entries;
    for (const StreamPiece& piece : pieces_) {
      if (!piece.is_continuation) entries.push_back(piece.entry);
    }
    return entries;
  }

  Result<std::vector<std::byte>> Read(std::u16string_view name, std::uint64_t offset,
                                      std::uint64_t length) override {
    std::vector<std::uint64_t> records;
    for (const StreamPiece& piece : pieces_) {
      if (piece.entry.name == name) records.push_back(piece.record);
    }
    std::sort(records.begin(), records.end());
    records.erase(std::unique(records.begin(), records.end()), records.end());
    // A stream that was not found is only known to be absent if all was looked at.
    if (records.empty() && list_fault_) return *list_fault_;
    if (!content_ || content_name_ != name) {
      auto content = StreamContent::Load(*volume_, records, name);
      if (!content.ok()) return content.error();
      content_ = std::move(content.value());
      content_name_ = name;
    }
    if (offset >= content_->size()) return std::vector<std::byte>{};
    std::vector<std::byte> bytes(
        static_cast<std::size_t>(std::min({length, content_->size() - offset, kMaxReadBytes})));
    if (Status fault = content_->Read(offset, bytes)) return *fault;
    return bytes;
  }

  Result<RemoveOutcome> Remove(std::u16string_view, std::uint64_t,
                               std::span<const std::byte>) override {
    return ReadOnly("remove");
  }
  Result<RemoveOutcome> Replace(std::u16string_view, std::uint64_t, std::span<const std::byte>,
                                std::span<const std::byte>) override {
    return ReadOnly("replace");
  }
  Status Create(std::u16string_view, std::span<const std::byte>) override {
    return ReadOnly("create");
  }

 private:
  static StreamError ReadOnly(std::string operation) {
    return {"ADS_READ_ONLY", 0, std::move(operation),
            "this volume is read raw; strip works on a mounted volume"};
  }

  // Takes what one record holds; from a base record (`holders` given) also where the rest lies.
  Status Gather(const LoadedRecord& loaded, std::vector<std::uint64_t>* holders) {
    const std::string context = "MFT record " + std::to_string(loaded.number);
    ntfs::AttributeCursor cursor(loaded.record.attributes, loaded.record.attributes_offset);
    ntfs::RawAttribute raw;
    while (cursor.Next(raw)) {
      const bool is_stream = raw.type == AttributeType::kData && raw.has_name();
      const bool is_of_base = raw.type == AttributeType::kAttributeList ||
                              raw.type == AttributeType::kStandardInformation;
      if (!is_stream && !(is_of_base && holders != nullptr)) continue;
      const auto decoded = ntfs::DecodeAttribute(raw);
      if (!decoded.ok()) return CorruptError("list", context, decoded.error());
      if (is_stream) {
        AddPiece(decoded.value(), loaded.number);
      } else if (raw.type == AttributeType::kAttributeList) {
        if (Status fault = GatherHolders(decoded.value(), raw.volume_offset, *holders))
          return fault;
      } else if (const auto ns = ntfs::ParseLastWriteNs(decoded.value().value, raw.volume_offset);
                 ns.ok()) {
        modified_ns_ = ns.value();
      }
    }
    if (cursor.error()) return CorruptError("list", context, *cursor.error());
    return std::nullopt;
  }

  void AddPiece(const ntfs::AttributeRecord& attribute, std::uint64_t record) {
    StreamPiece piece;
    AppendUtf16Le(attribute.name.data(), attribute.name_units(), piece.entry.name);
    piece.entry.size = attribute.data_size;
    piece.entry.allocated = attribute.allocated_size;
    piece.entry.is_resident = !attribute.is_non_resident;
    piece.record = record;
    piece.is_continuation = attribute.is_continuation();
    pieces_.push_back(std::move(piece));
  }

  Status GatherHolders(const ntfs::AttributeRecord& attribute, std::uint64_t volume_offset,
                       std::vector<std::uint64_t>& holders) {
    const auto list = volume_->ReadAttributeValue(attribute, ntfs::kMaxAttributeListSize);
    if (!list.ok()) return list.error();
    ntfs::AttributeListCursor cursor(list.value(), volume_offset);
    ntfs::AttributeListEntry entry;
    while (cursor.Next(entry)) {
      const std::uint64_t holder = ntfs::RecordNumberOf(entry.reference);
      if (entry.type != AttributeType::kData || entry.name.empty()) continue;
      if (holder != ntfs::RecordNumberOf(reference_)) holders.push_back(holder);
    }
    if (cursor.error()) return CorruptError("list", "attribute list", *cursor.error());
    return std::nullopt;
  }

  Status GatherExtension(std::uint64_t holder) {
    const auto loaded = volume_->ReadRecordPatiently(holder);
    if (!loaded.ok()) {
      return CorruptError("list", "extension record: " + loaded.error().message);
    }
    if (loaded.value().record.base_reference != reference_) {
      return CorruptError("list", "MFT record " + std::to_string(holder) +
                                      ": expected base reference " + std::to_string(reference_) +
                                      ", found " +
                                      std::to_string(loaded.value().record.base_reference));
    }
    return Gather(loaded.value(), nullptr);
  }

  const std::shared_ptr<const NtfsVolume> volume_;
  const std::uint64_t reference_;
  const std::string suffix_;
  const bool is_directory_;
  std::int64_t modified_ns_ = 0;
  std::vector<StreamPiece> pieces_;
  Status list_fault_;
  // The stream read last: callers read one in many pieces.
  std::u16string content_name_;
  std::optional<StreamContent> content_;
};

}  // namespace

Result<std::unique_ptr<Carrier>> OpenMftCarrier(std::shared_ptr<const NtfsVolume> volume,
                                                std::uint64_t record,
                                                std::optional<FileReference> expected,
                                                std::string identity_suffix) {
  const auto loaded = volume->ReadRecordPatiently(record);
  if (!loaded.ok()) {
    StreamError error = loaded.error();
    error.operation = "open";
    return error;
  }
  const std::uint64_t reference = loaded.value().reference();
  const bool is_extension = loaded.value().record.base_reference != 0;
  if (is_extension || (expected && expected->value != reference)) {
    return StreamError{"ADS_IDENTITY_CHANGED", 0, "open",
                       "MFT record " + std::to_string(record) + ": expected file reference " +
                           std::to_string(expected ? expected->value : record) + ", found " +
                           (is_extension ? "an extension record" : std::to_string(reference))};
  }
  return std::unique_ptr<Carrier>(
      std::make_unique<MftCarrier>(std::move(volume), loaded.value(), std::move(identity_suffix)));
}

}  // namespace sidestream
