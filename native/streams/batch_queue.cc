#include "streams/batch_queue.h"

#include <algorithm>
#include <utility>

namespace sidestream {
namespace {

// Enough for the scan to go on while the caller handles one batch.
constexpr std::size_t kMaxQueued = 3;
// A batch is handed over at this many bytes whatever its row count.
constexpr std::size_t kBatchBytes = 4 << 20;
// How old rows may grow while the caller waits for some: results should appear as they are found.
constexpr auto kMaxAge = std::chrono::milliseconds(50);

StreamError Cancelled() { return {"ADS_CANCELLED", 0, "scan", "the scan was cancelled"}; }

void Append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void AddRow(Batch& batch, const FoundStream& stream, bool with_sha256) {
  batch.paths.AddRow(stream.path);
  for (std::size_t i = 0; i < stream.links.size(); ++i) {
    if (i > 0) batch.links.text.push_back(u'\0');
    batch.links.text.append(stream.links[i]);
  }
  // The contract promises the path itself among the links.
  if (stream.links.empty()) batch.links.text.append(stream.path);
  batch.links.EndRow();
  batch.names.AddRow(stream.name);
  batch.identities.AddRow(std::u16string(stream.identity.begin(), stream.identity.end()));
  batch.sizes.push_back(stream.size);
  batch.allocated.push_back(stream.allocated);
  batch.modified_ns.push_back(stream.modified_ns);

  unsigned flags = 0;
  if (stream.is_directory) flags |= kFlagDirectory;
  if (stream.is_resident) flags |= kFlagResident;
  if (stream.is_deleted) flags |= kFlagDeleted;
  if (with_sha256) {
    if (stream.sha256) {
      flags |= kFlagSha256;
      Append(batch.sha256, *stream.sha256);
    }
    batch.sha256.resize(batch.sizes.size() * 32);
  }
  if (stream.content) {
    flags |= kFlagContent;
    Append(batch.content, *stream.content);
  }
  batch.content_ends.push_back(static_cast<std::uint32_t>(batch.content.size()));
  batch.flags.push_back(static_cast<std::uint8_t>(flags));
}

}  // namespace

BatchQueue::BatchQueue(bool with_sha256, std::uint32_t batch_streams,
                       std::function<void()> on_ready)
    : with_sha256_(with_sha256), batch_streams_(batch_streams), on_ready_(std::move(on_ready)) {}

void BatchQueue::Add(const FoundStream& stream) {
  bool is_ready = false;
  {
    std::unique_lock lock(mutex_);
    WaitForRoom(lock);
    if (IsCancelled()) return;
    if (current_.empty()) current_since_ = Clock::now();
    AddRow(current_, stream, with_sha256_);
    streams_found_.fetch_add(1, std::memory_order_relaxed);
    is_ready = QueueCurrentIfFull();
  }
  if (is_ready) on_ready_();
}

void BatchQueue::AddUnreadable(Unreadable unreadable) {
  bool is_ready = false;
  {
    std::unique_lock lock(mutex_);
    WaitForRoom(lock);
    if (IsCancelled()) return;
    if (current_.empty()) current_since_ = Clock::now();
    current_.unreadable.push_back(std::move(unreadable));
    unreadable_count_.fetch_add(1, std::memory_order_relaxed);
    is_ready = QueueCurrentIfFull();
  }
  if (is_ready) on_ready_();
}

void BatchQueue::Advance(std::uint64_t carriers, double fraction_done) {
  carriers_seen_.fetch_add(carriers, std::memory_order_relaxed);
  if (fraction_done >= 0) fraction_done_.store(fraction_done, std::memory_order_relaxed);
  // Called for every file, so the lock is taken only where somebody waits.
  if (!is_consumer_waiting_.load(std::memory_order_relaxed)) return;
  bool is_ready = false;
  {
    std::unique_lock lock(mutex_);
    if (!current_.empty() && Clock::now() - current_since_ >= kMaxAge) {
      QueueCurrent();
      is_ready = true;
    }
  }
  if (is_ready) on_ready_();
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

bool BatchQueue::QueueCurrentIfFull() {
  const std::size_t rows = std::max(current_.count(), current_.unreadable.size());
  if (rows < batch_streams_ && current_.BytesHeld() < kBatchBytes) return false;
  QueueCurrent();
  return true;
}

void BatchQueue::QueueCurrent() {
  queue_.push_back(std::exchange(current_, {}));
  is_consumer_waiting_.store(false, std::memory_order_relaxed);
}

}  // namespace sidestream
