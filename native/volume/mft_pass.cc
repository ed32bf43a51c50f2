#include "volume/mft_pass.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "volume/second_look.h"

namespace sidestream {
namespace {

// More threads gain nothing: copying out of the page cache fills the memory bus.
constexpr std::size_t kMaxWorkers = 4;
// More torn records than a writer can be in the middle of are damage.
constexpr std::size_t kMostBeingWritten = 1024;
// A worker's piece. Large enough for a disk's sequential speed, small enough for a core's cache.
constexpr std::uint64_t kPieceBytes = 256u << 10;

std::u16string Widen(const std::string& text) { return {text.begin(), text.end()}; }

// Records in one piece: whole pages of the table, since a page belongs to one worker.
std::uint64_t PieceRecords(const NtfsVolume& volume) {
  const std::uint64_t pages = kPieceBytes / (volume.boot().record_size * RecordTable::kPageRecords);
  return std::max<std::uint64_t>(pages, 1) * RecordTable::kPageRecords;
}

std::size_t CountWorkers(const NtfsVolume& volume) {
  const std::uint64_t pieces = volume.record_count() / PieceRecords(volume) + 1;
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  return static_cast<std::size_t>(std::min<std::uint64_t>({kMaxWorkers, cores, pieces}));
}

// Names that are worth telling the caller of before the pass ends, which costs about as much as one
// batch of findings.
constexpr std::size_t kNamesToTell = 64;

// A row of records that could not be read, for one message instead of thousands.
struct LostRecords {
  std::uint64_t first;
  std::uint64_t end;
  StreamError error;
};

class Pass {
 public:
  Pass(const NtfsVolume& volume, const CollectOptions& options, std::u16string_view path_prefix,
       const PassProgress& progress, ScanSink& sink, RecordTable& table)
      : volume_(volume),
        options_(options),
        path_prefix_(path_prefix),
        progress_(progress),
        sink_(sink),
        table_(table) {}

  void Run() {
    ReadBitmap();
    const std::size_t workers = table_.shard_count() - 1;
    std::vector<std::thread> threads;
    // If the system will not give another thread, the ones there are do the work.
    try {
      for (std::size_t i = 1; i < workers; ++i) threads.emplace_back([this, i] { TryWork(i); });
    } catch (const std::system_error&) {
    }
    TryWork(0);
    for (std::thread& thread : threads) thread.join();
    // Out of memory: thrown on where the caller can catch it, instead of ending the process here.
    if (failure_) std::rethrow_exception(failure_);
    ReportRecordsPastEnd();
    LookAgain();
    ReportLost();
  }

 private:
  void ReadBitmap() {
    auto bitmap = volume_.ReadMftBitmap(&sink_);
    if (sink_.IsCancelled()) return;
    if (bitmap.ok()) {
      bitmap_ = std::move(bitmap.value());
      return;
    }
    StreamError error = bitmap.error();
    error.message =
        "without the bitmap of $MFT, records that lost what marks them in use are not missed: " +
        error.message;
    sink_.AddUnreadable({std::u16string(path_prefix_) + u"$MFT", std::nullopt, std::move(error)});
  }

  void TryWork(std::size_t shard) {
    try {
      Work(shard);
    } catch (...) {
      const std::lock_guard lock(lost_mutex_);
      failure_ = std::current_exception();
    }
  }

  void Work(std::size_t shard) {
    RecordCollector collector(volume_, bitmap_, options_, path_prefix_, sink_, table_, shard);
    const std::uint64_t record_size = volume_.boot().record_size;
    const std::uint64_t per_piece = PieceRecords(volume_);
    const std::uint64_t count = volume_.record_count();
    std::vector<std::byte> buffer(static_cast<std::size_t>(per_piece * record_size));
    while (!sink_.IsCancelled()) {
      const std::uint64_t first = next_piece_.fetch_add(1) * per_piece;
      if (first >= count) break;
      const std::uint64_t records = std::min(per_piece, count - first);
      const auto bytes = std::span(buffer).first(static_cast<std::size_t>(records * record_size));
      if (volume_.mft().Read(volume_.reader(), first * record_size, bytes)) {
        CollectOneByOne(first, records, bytes, collector);
      } else {
        CollectPiece(first, bytes, collector);
      }
      sink_.Spend(bytes.size());
      if (collector.new_name_count() >= kNamesToTell) sink_.Announce(collector.TakeNewNames());
      const double done = static_cast<double>(first + records) / static_cast<double>(count);
      sink_.Advance(collector.TakeCarriersSeen(), progress_.from + progress_.share * done);
    }
    sink_.Announce(collector.TakeNewNames());
    KeepSecondLooks(collector);
  }

  void KeepSecondLooks(RecordCollector& collector) {
    const std::vector<std::uint64_t> records = collector.TakeSecondLooks();
    if (records.empty()) return;
    const std::lock_guard lock(lost_mutex_);
    second_looks_.insert(second_looks_.end(), records.begin(), records.end());
  }

  // All records that were damaged are read again together, so that the pauses do not add up.
  void LookAgain() {
    RecordCollector collector(volume_, bitmap_, options_, path_prefix_, sink_, table_,
                              table_.shard_count() - 1);
    const std::size_t record_size = volume_.boot().record_size;
    std::vector<std::byte> buffer(record_size);
    const auto read_all = [&](auto collect) {
      std::vector<std::uint64_t> records = std::exchange(second_looks_, {});
      std::sort(records.begin(), records.end());
      for (const std::uint64_t number : records) {
        if (sink_.IsCancelled()) return;
        if (Status fault = volume_.mft().Read(volume_.reader(), number * record_size, buffer)) {
          AddLost(number, std::move(*fault));
          continue;
        }
        const auto segment = volume_.mft().Locate(number * record_size);
        collect(buffer, number, segment ? segment->volume_offset : 0);
      }
      KeepSecondLooks(collector);
    };
    const auto read_all_again = [&] {
      // What was deleted since the bitmap was read is free in both by now.
      if (auto now = volume_.ReadMftBitmap(&sink_); now.ok()) bitmap_ = std::move(now.value());
      read_all([&](auto&&... record) { collector.Collect(record...); });
    };
    if (volume_.reader().CanChange() && !second_looks_.empty()) {
      read_all_again();
      for (const auto pause : kSecondLookPauses) {
        if (second_looks_.empty() || second_looks_.size() > kMostBeingWritten) break;
        if (!WaitForSecondLook(pause, &sink_)) return;
        read_all_again();
      }
    }
    read_all([&](auto&&... record) { collector.CollectFinally(record...); });
    sink_.Advance(collector.TakeCarriersSeen(), progress_.from + progress_.share);
  }

  void CollectPiece(std::uint64_t first, std::span<std::byte> bytes, RecordCollector& collector) {
    const std::size_t record_size = volume_.boot().record_size;
    std::uint64_t mft_offset = first * record_size;
    MftMap::Segment segment;
    for (std::size_t at = 0; at < bytes.size(); at += record_size, mft_offset += record_size) {
      // Where the record lies is for messages only; looked up anew at the end of each run.
      if (segment.length < record_size) {
        segment = volume_.mft().Locate(mft_offset).value_or(MftMap::Segment{});
      }
      collector.Collect(bytes.subspan(at, record_size), mft_offset / record_size,
                        segment.volume_offset);
      segment.volume_offset += record_size;
      segment.length -= std::min<std::uint64_t>(segment.length, record_size);
    }
  }

  // A piece of which some part cannot be read: everything else in it still counts.
  void CollectOneByOne(std::uint64_t first, std::uint64_t records, std::span<std::byte> bytes,
                       RecordCollector& collector) {
    const std::size_t record_size = volume_.boot().record_size;
    for (std::uint64_t number = first; number < first + records; ++number) {
      if (sink_.IsCancelled()) return;
      const auto record = bytes.first(record_size);
      if (Status fault = volume_.mft().Read(volume_.reader(), number * record_size, record)) {
        AddLost(number, std::move(*fault));
      } else {
        CollectPiece(number, record, collector);
      }
    }
  }

  void AddLost(std::uint64_t number, StreamError error) {
    // A record that the bitmap calls free loses nothing by being unreadable.
    if (number / 8 < bitmap_.size() && !IsMarkedInUse(number)) return;
    const std::lock_guard lock(lost_mutex_);
    if (!lost_.empty() && lost_.back().end == number) {
      ++lost_.back().end;
    } else {
      lost_.push_back({number, number + 1, std::move(error)});
    }
  }

  void ReportLost() {
    std::sort(lost_.begin(), lost_.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < lost_.size();) {
      LostRecords lost = lost_[i++];
      while (i < lost_.size() && lost_[i].first == lost.end) lost.end = lost_[i++].end;
      std::u16string path = MftRecordPath(path_prefix_, lost.first);
      if (lost.end - lost.first > 1) path += u"-" + Widen(std::to_string(lost.end - 1));
      lost.error.message = std::to_string(lost.end - lost.first) +
                           " MFT record(s) lost; the first: " + lost.error.message;
      sink_.AddUnreadable({std::move(path), std::nullopt, std::move(lost.error)});
    }
  }

  // The bitmap was written apart from $MFT's size, and tells where that has become too small.
  void ReportRecordsPastEnd() {
    const std::uint64_t count = volume_.record_count();
    for (std::uint64_t number = count; number / 8 < bitmap_.size(); ++number) {
      if (!IsMarkedInUse(number)) continue;
      sink_.AddUnreadable({std::u16string(path_prefix_) + u"$MFT", std::nullopt,
                           CorruptError("list", "$MFT has " + std::to_string(count) +
                                                    " records, and its bitmap has record " +
                                                    std::to_string(number) + " in use")});
      return;
    }
  }

  bool IsMarkedInUse(std::uint64_t number) const {
    return (std::to_integer<unsigned>(bitmap_[number / 8]) >> (number % 8) & 1u) != 0;
  }

  const NtfsVolume& volume_;
  const CollectOptions& options_;
  const std::u16string_view path_prefix_;
  const PassProgress progress_;
  ScanSink& sink_;
  RecordTable& table_;
  std::vector<std::byte> bitmap_;  // empty: not to be had
  std::atomic<std::uint64_t> next_piece_{0};
  std::mutex lost_mutex_;
  std::vector<std::uint64_t> second_looks_;  // and these, while the workers run
  std::vector<LostRecords> lost_;
  std::exception_ptr failure_;
};

}  // namespace

std::size_t CountPassShards(const NtfsVolume& volume, bool background) {
  return (background ? 1 : CountWorkers(volume)) + 1;
}

void RunMftPass(const NtfsVolume& volume, const CollectOptions& options,
                std::u16string_view path_prefix, const PassProgress& progress, ScanSink& sink,
                RecordTable& table) {
  Pass(volume, options, path_prefix, progress, sink, table).Run();
}

}  // namespace sidestream
