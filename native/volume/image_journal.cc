#include "volume/image_journal.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/little_endian.h"
#include "volume/mft_carrier.h"
#include "volume/ntfs_volume.h"
#include "volume/path_lookup.h"

namespace sidestream {
namespace {

constexpr char16_t kRecords[] = u"$J";
constexpr char16_t kSettings[] = u"$Max";
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kPagesAtOnce = 64;
constexpr std::size_t kIdOffset = 16;
constexpr std::size_t kLowestUsnOffset = 24;
constexpr std::size_t kSettingsSize = 32;

class ImageJournal final : public ChangeJournal {
 public:
  // `carrier` is null where the volume has no journal.
  ImageJournal(std::string volume_id, std::unique_ptr<Carrier> carrier)
      : volume_id_(std::move(volume_id)), carrier_(std::move(carrier)) {}

  std::string volume_id() const override { return volume_id_; }
  bool has_ntfs_references() const override { return true; }

  Result<JournalState> Query() const override {
    const std::lock_guard lock(mutex_);
    const StreamError not_active{"ADS_NOT_FOUND", kJournalNotActive, "query",
                                 "the volume has no change journal"};
    if (!carrier_) return not_active;
    const auto streams = carrier_->List();
    if (!streams.ok()) return streams.error();
    const auto records = std::find_if(streams.value().begin(), streams.value().end(),
                                      [](const auto& entry) { return entry.name == kRecords; });
    if (records == streams.value().end()) return not_active;
    const auto settings = carrier_->Read(kSettings, 0, kSettingsSize);
    if (!settings.ok()) return settings.error();
    if (settings.value().size() < kSettingsSize) {
      return CorruptError("query", "$UsnJrnl:$Max: expected " + std::to_string(kSettingsSize) +
                                       " bytes, found " + std::to_string(settings.value().size()));
    }
    JournalState state;
    state.id = LoadLe<std::uint64_t>(settings.value().data() + kIdOffset);
    state.lowest_valid_usn = LoadLe<std::uint64_t>(settings.value().data() + kLowestUsnOffset);
    state.next_usn = records->size;
    const auto first = FindFirstPage(records->size);
    if (!first.ok()) return first.error();
    state.first_usn = std::min(first.value(), state.next_usn);
    return state;
  }

  Result<std::vector<std::byte>> Read(std::uint64_t, std::uint64_t from) const override {
    const std::lock_guard lock(mutex_);
    const std::uint64_t start = from / kPage * kPage;
    const auto read = carrier_->Read(kRecords, start, kPagesAtOnce * kPage);
    if (!read.ok()) return read.error();
    const std::span<const std::byte> bytes = read.value();
    std::vector<std::byte> answer(sizeof(std::uint64_t));
    for (std::size_t page = 0; page < bytes.size(); page += kPage) {
      const auto records = bytes.subspan(page, std::min<std::size_t>(kPage, bytes.size() - page));
      AppendRecords(records, page == 0 ? static_cast<std::size_t>(from - start) : 0, answer);
    }
    const std::uint64_t next = start + bytes.size();
    for (std::size_t i = 0; i < sizeof next; ++i) {
      answer[i] = static_cast<std::byte>(next >> (8 * i));
    }
    return answer;
  }

 private:
  // A page's records up to the zeros behind them. What is no record is passed on as it is: whoever
  // decodes it will say so.
  static void AppendRecords(std::span<const std::byte> page, std::size_t at,
                            std::vector<std::byte>& answer) {
    std::size_t end = at;
    while (end + sizeof(std::uint32_t) <= page.size()) {
      const std::size_t length = LoadLe<std::uint32_t>(page.data() + end);
      if (length == 0) break;
      end = length > page.size() - end ? page.size() : end + length;
    }
    answer.insert(answer.end(), page.begin() + static_cast<std::ptrdiff_t>(at),
                  page.begin() + static_cast<std::ptrdiff_t>(end));
  }

  // By halves: every page from the first one on begins with a record, and a hole reads as zeros.
  Result<std::uint64_t> FindFirstPage(std::uint64_t size) const {
    std::uint64_t low = 0;
    std::uint64_t high = (size + kPage - 1) / kPage;
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      const auto head = carrier_->Read(kRecords, middle * kPage, sizeof(std::uint32_t));
      if (!head.ok()) return head.error();
      const bool is_hole = std::all_of(head.value().begin(), head.value().end(),
                                       [](std::byte byte) { return byte == std::byte{0}; });
      if (is_hole) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low * kPage;
  }

  const std::string volume_id_;
  mutable std::mutex mutex_;  // a Carrier is for one thread at a time
  const std::unique_ptr<Carrier> carrier_;
};

}  // namespace

Result<std::unique_ptr<ChangeJournal>> OpenImageJournal(const std::string& native_path) {
  auto image = OpenBlockReader(native_path);
  if (!image.ok()) return image.error();
  auto journal = OpenBlocksJournal(std::move(image.value()));
  if (journal.ok()) return journal;
  StreamError error = journal.error();
  error.message = native_path + ": " + error.message;
  return error;
}

Result<std::unique_ptr<ChangeJournal>> OpenBlocksJournal(std::shared_ptr<const BlockReader> image) {
  const std::uint64_t size = image->size();
  const auto volume = NtfsVolume::Open(std::move(image), 0, size);
  if (!volume.ok()) return volume.error();
  std::unique_ptr<Carrier> carrier;
  const auto record = FindRecordByPath(*volume.value(), u"$Extend\\$UsnJrnl");
  if (record.ok()) {
    auto opened = OpenMftCarrier(volume.value(), record.value(), std::nullopt, "");
    if (!opened.ok()) return opened.error();
    carrier = std::move(opened.value());
  } else if (record.error().code != "ADS_NOT_FOUND") {
    return record.error();
  }
  return std::unique_ptr<ChangeJournal>(
      std::make_unique<ImageJournal>(volume.value()->volume_id(), std::move(carrier)));
}

}  // namespace sidestream
