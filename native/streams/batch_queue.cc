#include "streams/batch_queue.h"

#include <algorithm>
#include <utility>

namespace sidestream {
namespace {

// Enough for the scan to go on while the caller handles one batch.
constexpr std::size_t kMaxQueued = 3;
// A batch is handed over at this many bytes whatever its row count.
constexpr std::size_t kBatchBytes = 4 << 20;
// And a part, of which several may wait for an earlier one.
constexpr std::size_t kPartBytes = 2 << 20;
// Names are chosen by whoever wrote the streams: past some number of them, no more are told.
constexpr std::size_t kMostAnnounced = 4096;
// How old rows may grow while the caller waits for some: results should appear as they are found.
constexpr auto kMaxAge = std::chrono::milliseconds(50);

StreamError Cancelled() { return {"ADS_CANCELLED", 0, "scan", "the scan was cancelled"}; }

bool IsFull(const Batch& batch, const BatchOptions& options) {
  return std::max(batch.stream_count(), batch.unreadable.size()) >= options.streams ||
         batch.BytesHeld() >= kBatchBytes;
}

void AddStream(Batch& batch, const FoundStream& stream, const BatchOptions& options) {
  if (options.line_writer && options.line_writer->Append(stream, batch.lines)) {
    ++batch.line_count;
  } else {
    AddRow(batch, stream, options.with_sha256);
  }
}

}  // namespace

// Batches that are finished but for being queued.
class BatchQueue::Part final : public ScanPart {
 public:
  explicit Part(BatchQueue& queue) : queue_(queue) { StartBatch(); }

  void Add(const FoundStream& stream) override {
    AddStream(BatchWithRoom(), stream, queue_.options_);
  }
  void AddUnreadable(Unreadable unreadable) override {
    BatchWithRoom().unreadable.push_back(std::move(unreadable));
  }
  bool IsFull() const override { return bytes_ + batches_.back().BytesHeld() >= kPartBytes; }
  bool IsDue() const override {
    if (batches_.size() > 1 || sidestream::IsFull(batches_.back(), queue_.options_)) return true;
    return !batches_.back().empty() &&
           queue_.is_consumer_waiting_.load(std::memory_order_relaxed) &&
           Clock::now() - since_ >= kMaxAge;
  }

  std::vector<Batch>& batches() { return batches_; }

 private:
  Batch& BatchWithRoom() {
    if (sidestream::IsFull(batches_.back(), queue_.options_)) {
      bytes_ += batches_.back().BytesHeld();
      StartBatch();
    }
    if (batches_.back().empty()) since_ = Clock::now();
    return batches_.back();
  }
  void StartBatch() {
    batches_.push_back(queue_.spares_.Take());
    if (queue_.options_.line_writer) batches_.back().lines = queue_.spares_.TakeLines();
  }

  BatchQueue& queue_;
  std::vector<Batch> batches_;
  std::size_t bytes_ = 0;    // of all but the last
  Clock::time_point since_;  // when something came into the last
};

BatchQueue::BatchQueue(BatchOptions options, std::function<void()> on_ready)
    : options_(std::move(options)), on_ready_(std::move(on_ready)), pace_(options_.limits) {}

void BatchQueue::Add(const FoundStream& stream) {
  // Making a line takes longer than all else here, so it is made before anybody has to wait.
  thread_local ByteBuffer line;
  line.Clear();
  const bool is_line = options_.line_writer && options_.line_writer->Append(stream, line);
  AddFinding([&](Batch& batch) {
    if (is_line) {
      batch.lines.Append(line.View());
      ++batch.line_count;
    } else {
      AddRow(batch, stream, options_.with_sha256);
    }
    streams_found_.fetch_add(1, std::memory_order_relaxed);
  });
}

void BatchQueue::AddUnreadable(Unreadable unreadable) {
  AddFinding([&](Batch& batch) {
    batch.unreadable.push_back(std::move(unreadable));
    unreadable_count_.fetch_add(1, std::memory_order_relaxed);
  });
}

void BatchQueue::Announce(std::span<const std::u16string_view> names) {
  if (!options_.line_writer) return;
  {
    const std::lock_guard lock(mutex_);
    if (IsCancelled()) return;
    if (current_.empty()) current_since_ = Clock::now();
    for (const std::u16string_view name : names) {
      if (announced_.size() >= kMostAnnounced) break;
      const auto [announced, is_new] = announced_.emplace(name);
      if (is_new) current_.names_to_come.push_back(*announced);
    }
    // Else they go along with what comes next.
    if (current_.names_to_come.empty() || !queue_.empty()) return;
    QueueCurrent();
  }
  on_ready_();
}

std::unique_ptr<ScanPart> BatchQueue::NewPart() { return std::make_unique<Part>(*this); }

void BatchQueue::AddPart(std::unique_ptr<ScanPart> part) {
  for (Batch& batch : static_cast<Part&>(*part).batches()) {
    if (batch.empty()) continue;
    {
      std::unique_lock lock(mutex_);
      WaitForRoom(lock);
      if (IsCancelled()) return;
      streams_found_.fetch_add(batch.stream_count(), std::memory_order_relaxed);
      unreadable_count_.fetch_add(batch.unreadable.size(), std::memory_order_relaxed);
      if (!current_.empty()) QueueCurrent();
      Queue(std::move(batch));
    }
    on_ready_();
  }
}

void BatchQueue::Advance(std::uint64_t carriers, double fraction_done) {
  carriers_seen_.fetch_add(carriers, std::memory_order_relaxed);
  if (fraction_done >= 0) fraction_done_.store(fraction_done, std::memory_order_relaxed);
  // Called for every file, so the lock is taken only where somebody waits.
  if (is_consumer_waiting_.load(std::memory_order_relaxed)) HandOverOld();
  pace_.TakeFiles(carriers);
}

void BatchQueue::HandOverOld() {
  {
    const std::lock_guard lock(mutex_);
    if (current_.empty() || Clock::now() - current_since_ < kMaxAge) return;
    QueueCurrent();
  }
  on_ready_();
}

void BatchQueue::Finish(Status status) {
  {
    std::unique_lock lock(mutex_);
    if (!current_.empty()) QueueCurrent();
    is_finished_ = true;
    final_status_ = std::move(status);
  }
  on_ready_();
}

void BatchQueue::Cancel() {
  pace_.Cancel();
  {
    std::unique_lock lock(mutex_);
    if (is_finished_ && queue_.empty()) return;
    is_cancelled_.store(true, std::memory_order_relaxed);
    queue_.clear();
    current_ = {};
  }
  has_room_.notify_all();
  on_ready_();
}

BatchQueue::Taken BatchQueue::Take() {
  std::unique_lock lock(mutex_);
  if (IsCancelled()) return Cancelled();
  if (!queue_.empty()) {
    Batch batch = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    has_room_.notify_all();
    return batch;
  }
  if (!is_finished_) {
    is_consumer_waiting_.store(true, std::memory_order_relaxed);
    return Pending{};
  }
  if (final_status_) return *final_status_;
  return End{};
}

ScanProgress BatchQueue::Progress() const {
  return {.carriers_seen = carriers_seen_.load(std::memory_order_relaxed),
          .streams_found = streams_found_.load(std::memory_order_relaxed),
          .unreadable_count = unreadable_count_.load(std::memory_order_relaxed),
          .fraction_done = fraction_done_.load(std::memory_order_relaxed)};
}

void BatchQueue::WaitForRoom(std::unique_lock<std::mutex>& lock) {
  has_room_.wait(lock, [this] { return queue_.size() < kMaxQueued || IsCancelled(); });
}

void BatchQueue::AddFinding(const std::function<void(Batch&)>& add) {
  bool is_ready = false;
  {
    std::unique_lock lock(mutex_);
    WaitForRoom(lock);
    if (IsCancelled()) return;
    if (current_.empty()) current_since_ = Clock::now();
    add(current_);
    is_ready = IsFull(current_, options_);
    if (is_ready) QueueCurrent();
  }
  if (is_ready) on_ready_();
}

void BatchQueue::QueueCurrent() { Queue(std::exchange(current_, spares_.Take())); }

void BatchQueue::Queue(Batch batch) {
  queue_.push_back(std::move(batch));
  is_consumer_waiting_.store(false, std::memory_order_relaxed);
}

}  // namespace sidestream
