#include "volume/stream_emitter.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/run_on_threads.h"
#include "base/sha256.h"
#include "ntfs/file_record.h"
#include "volume/cluster_bitmap.h"
#include "volume/part_order.h"
#include "volume/stream_content.h"

namespace sidestream {
namespace {

constexpr std::size_t kHashPiece = 1u << 20;
// A stream of holes costs its writer nothing; hashing it costs a second for each gigabyte.
constexpr std::uint64_t kMaxHoleBytesHashed = 4ull << 30;
// What a thread emits at a time: findings enough to be worth their way to the caller.
constexpr std::uint64_t kPieceRecords = 8 * RecordTable::kPageRecords;

// Where a continuation of a carrier's stream lies.
struct Continuation {
  std::u16string_view name;
  std::uint64_t record;
};

bool ByName(const Continuation& a, const Continuation& b) { return a.name < b.name; }

bool IsLeftOut(const ScanOptions& options, const PathBuilder& paths, RowId base) {
  return !options.include_internal && paths.IsInternal(base);
}

// One thread's work.
class Emitter {
 public:
  Emitter(const NtfsVolume& volume, const ScanOptions& scan_options, const EmitOptions& options,
          const RecordTable& table, PathBuilder paths, ScanSink& sink, PartOrder& order)
      : volume_(volume),
        scan_options_(scan_options),
        options_(options),
        table_(table),
        paths_(std::move(paths)),
        sink_(sink),
        order_(order) {}

  // Hands over all it found unless the scan is cancelled.
  void EmitPiece(std::uint64_t piece, std::unique_ptr<ScanPart> part) {
    part_ = std::move(part);
    piece_ = piece;
    const std::uint64_t end = std::min((piece + 1) * kPieceRecords, table_.record_limit());
    for (std::uint64_t record = FirstRecord(); record < end; ++record) {
      const RowId id = table_.Find(record);
      if (id == kNoRow || table_.Row(id).is_extension()) continue;
      if (sink_.IsCancelled()) return;
      if (HasStreams(id)) EmitCarrier(id);
    }
    order_.Finish(piece, std::move(part_));
  }

 private:
  bool HasStreams(RowId base) const {
    for (RowId id = base; id != kNoRow; id = table_.Row(id).next_extension) {
      if (table_.Row(id).stream_count > 0) return true;
    }
    return false;
  }

  std::uint64_t FirstRecord() const { return piece_ * kPieceRecords; }
  bool WantsContent() const { return scan_options_.hash || scan_options_.content_bytes > 0; }

  void EmitCarrier(RowId base) {
    if (IsLeftOut(scan_options_, paths_, base)) return;
    const RecordRow& carrier = table_.Row(base);
    links_ = paths_.PathsOf(base);
    SetIdentity(ntfs::MakeReference(carrier.record, carrier.sequence));
    FindContinuations(base);
    for (RowId id = base; id != kNoRow; id = table_.Row(id).next_extension) {
      const RecordRow& row = table_.Row(id);
      const RecordShard& shard = table_.ShardOf(id);
      for (std::uint32_t i = 0; i < row.stream_count; ++i) {
        const StreamRow& stream = shard.streams[row.first_stream + i];
        if (stream.first_vcn == 0) EmitStream(carrier, row, shard, stream);
        if (sink_.IsCancelled()) return;
      }
    }
  }

  void SetIdentity(std::uint64_t reference) {
    constexpr std::size_t kMostDigits = 20;
    char digits[kMostDigits];
    char* const end = std::to_chars(digits, digits + kMostDigits, reference).ptr;
    identity_.assign("ntfs:").append(digits, end).append(options_.identity_suffix);
  }

  void FindContinuations(RowId base) {
    continuations_.clear();
    if (!WantsContent()) return;
    for (RowId id = base; id != kNoRow; id = table_.Row(id).next_extension) {
      const RecordRow& row = table_.Row(id);
      const RecordShard& shard = table_.ShardOf(id);
      for (std::uint32_t i = 0; i < row.stream_count; ++i) {
        const StreamRow& stream = shard.streams[row.first_stream + i];
        if (stream.first_vcn != 0) continuations_.push_back({shard.TextOf(stream), row.record});
      }
    }
    std::sort(continuations_.begin(), continuations_.end(), ByName);
  }

  void EmitStream(const RecordRow& carrier, const RecordRow& holder, const RecordShard& shard,
                  const StreamRow& stream) {
    FoundStream found;
    found.path = links_.front();
    found.links = links_;
    found.name = shard.TextOf(stream);
    found.identity = identity_;
    found.size = stream.size;
    found.allocated = stream.allocated;
    found.modified_ns = carrier.modified_ns;
    found.is_directory = carrier.is_directory;
    found.is_resident = stream.is_resident;
    found.is_deleted = carrier.is_deleted;
    if (WantsContent()) {
      // Values of records before this piece may be given back at any moment.
      const bool is_kept = stream.value != StreamRow::kNoValue && holder.record >= FirstRecord();
      Status fault = is_kept ? UseKeptValue(shard, stream, found) : ReadContent(holder, found);
      // A record that the scan did not wait for may be whole.
      if (fault && sink_.IsCancelled()) return;
      if (fault) {
        part_->AddUnreadable(
            {std::u16string(found.path), std::u16string(found.name), std::move(*fault)});
      }
    }
    part_->Add(found);
    if (part_->IsFull()) order_.AddSome(piece_, std::exchange(part_, sink_.NewPart()));
  }

  Status UseKeptValue(const RecordShard& shard, const StreamRow& stream, FoundStream& found) {
    const auto value = shard.values.Run(stream.value, static_cast<std::size_t>(stream.size));
    if (scan_options_.hash) {
      Sha256 sha256;
      sha256.Update(value);
      hash_ = sha256.Finish();
      found.sha256 = hash_;
    }
    if (scan_options_.content_bytes > 0) {
      found.content = value.first(std::min<std::size_t>(value.size(), scan_options_.content_bytes));
    }
    return std::nullopt;
  }

  Status ReadContent(const RecordRow& holder_row, FoundStream& found) {
    const std::uint64_t holder = holder_row.record;
    records_.assign(1, holder);
    const auto pieces = std::equal_range(continuations_.begin(), continuations_.end(),
                                         Continuation{found.name, 0}, ByName);
    for (auto piece = pieces.first; piece != pieces.second; ++piece) {
      if (piece->record != holder) records_.push_back(piece->record);
    }
    std::sort(records_.begin(), records_.end());
    records_.erase(std::unique(records_.begin(), records_.end()), records_.end());
    auto content = holder_row.is_deleted
                       ? StreamContent::LoadDeleted(volume_, records_, found.name)
                       : StreamContent::Load(volume_, records_, found.name, &sink_);
    if (!content.ok()) return content.error();
    if (holder_row.is_deleted) {
      if (!clusters_) clusters_.emplace(ClusterBitmap::Read(volume_));
      if (Status fault = content.value().CheckStillFree(*clusters_)) return fault;
    }

    if (scan_options_.content_bytes > 0) {
      head_.resize(static_cast<std::size_t>(
          std::min<std::uint64_t>(content.value().size(), scan_options_.content_bytes)));
      if (Status fault = content.value().Read(0, head_)) return fault;
      sink_.Spend(head_.size());
      found.content = head_;
    }
    if (scan_options_.hash) return Hash(content.value(), found);
    return std::nullopt;
  }

  Status Hash(StreamContent& content, FoundStream& found) {
    if (content.hole_bytes() > kMaxHoleBytesHashed) {
      return StreamError{"ADS_UNSUPPORTED", 0, "read",
                         "not hashed: expected at most " + std::to_string(kMaxHoleBytesHashed) +
                             " bytes of holes, found " + std::to_string(content.hole_bytes())};
    }
    Sha256 sha256;
    for (std::uint64_t offset = 0; offset < content.size();) {
      if (sink_.IsCancelled()) return std::nullopt;
      buffer_.resize(
          static_cast<std::size_t>(std::min<std::uint64_t>(content.size() - offset, kHashPiece)));
      if (Status fault = content.Read(offset, buffer_)) return fault;
      sink_.Spend(buffer_.size());
      sha256.Update(buffer_);
      offset += buffer_.size();
    }
    hash_ = sha256.Finish();
    found.sha256 = hash_;
    return std::nullopt;
  }

  const NtfsVolume& volume_;
  const ScanOptions& scan_options_;
  const EmitOptions& options_;
  const RecordTable& table_;
  PathBuilder paths_;
  ScanSink& sink_;
  PartOrder& order_;
  std::uint64_t piece_ = 0;
  std::unique_ptr<ScanPart> part_;

  // Of the carrier and the stream at hand; members to spare the allocator.
  std::span<const std::u16string_view> links_;
  std::string identity_;
  std::vector<Continuation> continuations_;
  std::vector<std::uint64_t> records_;
  std::array<std::byte, 32> hash_{};
  std::vector<std::byte> head_;
  std::vector<std::byte> buffer_;
  std::optional<ClusterBitmap> clusters_;  // read for the first deleted stream that has some
};

// Gives back the values of carriers that have been emitted, so that the memory is free when the
// caller needs it for what it was given. A worker of the pass kept its values in the order of its
// rows; so all before a row's value belong to rows before it.
class ValueRelease {
 public:
  explicit ValueRelease(RecordTable& table) : table_(table), next_row_(table.shard_count()) {}

  // Those of records below `limit`.
  void Before(std::uint64_t limit) {
    for (std::size_t i = 0; i < next_row_.size(); ++i) {
      RecordShard& shard = table_.Shard(i);
      std::size_t& next = next_row_[i];
      std::uint32_t last = StreamRow::kNoValue;
      for (; next < shard.rows.size() && shard.rows[next].record < limit; ++next) {
        const RecordRow& row = shard.rows[next];
        if (row.stream_count == 0) continue;
        const StreamRow& first = shard.streams[row.first_stream];
        if (first.value != StreamRow::kNoValue) last = first.value;
      }
      if (last != StreamRow::kNoValue) shard.values.ReleaseBefore(last);
    }
  }

 private:
  RecordTable& table_;
  std::vector<std::size_t> next_row_;  // of each shard
};

// An attribute list that names more streams than were found: the carrier is incomplete, because a
// record was lost or overwritten. Its path makes the loss findable.
void ReportBrokenPromises(const RecordTable& table, const ScanOptions& scan_options,
                          PathBuilder& paths, ScanSink& sink) {
  for (std::size_t shard = 0; shard < table.shard_count(); ++shard) {
    for (const PromisedStreams& promise : table.Shard(shard).promised) {
      const std::uint64_t holder = ntfs::RecordNumberOf(promise.holder_reference);
      const RowId base = table.Find(promise.base_record);
      const RowId id = table.Find(holder);
      std::uint32_t found = 0;
      if (id != kNoRow &&
          ntfs::RecordNumberOf(table.Row(id).base_reference) == promise.base_record) {
        found = table.Row(id).stream_count;
      }
      if (found >= promise.count || base == kNoRow || IsLeftOut(scan_options, paths, base)) {
        continue;
      }
      sink.AddUnreadable(
          {std::u16string(paths.PathsOf(base).front()), std::nullopt,
           CorruptError("list", "attribute list of MFT record " +
                                    std::to_string(promise.base_record) + ": expected " +
                                    std::to_string(promise.count) +
                                    " piece(s) of named streams in record " +
                                    std::to_string(holder) + ", found " + std::to_string(found))});
    }
  }
}

}  // namespace

void EmitStreams(const NtfsVolume& volume, const ScanOptions& scan_options,
                 const EmitOptions& options, RecordTable& table, PathBuilder& paths,
                 ScanSink& sink) {
  ReportBrokenPromises(table, scan_options, paths, sink);
  const std::uint64_t pieces = (table.record_limit() + kPieceRecords - 1) / kPieceRecords;
  ValueRelease values(table);
  PartOrder order(sink, [&](std::uint64_t piece) {
    values.Before((piece + 1) * kPieceRecords);
    // All is done only when the scan has ended.
    const double done = static_cast<double>(piece) / static_cast<double>(pieces);
    sink.Advance(0, options.progress_from + options.progress_share * done);
  });
  std::atomic<std::uint64_t> next_piece{0};
  const std::size_t threads = scan_options.background ? 1 : CountUsefulThreads(pieces);
  RunOnThreads(threads, [&](std::size_t) {
    try {
      Emitter emitter(volume, scan_options, options, table, paths.ForAnotherThread(), sink, order);
      while (!sink.IsCancelled()) {
        const std::uint64_t piece = next_piece.fetch_add(1);
        if (piece >= pieces) return;
        emitter.EmitPiece(piece, sink.NewPart());
      }
      order.Abandon();
    } catch (...) {
      order.Abandon();
      throw;
    }
  });
}

}  // namespace sidestream
