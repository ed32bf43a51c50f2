// A ScanSink that gathers findings into batches and keeps a few of them for the caller.
//
// Provider threads fill it and wait in Add() and AddPart() while kMaxQueued batches are unread:
// that bounds memory and is the back-pressure. One consumer thread takes batches without ever
// waiting; it is told by a callback when there is something to take.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

#include "streams/batch.h"
#include "streams/line_writer.h"
#include "streams/pace.h"
#include "streams/spare_batches.h"

namespace sidestream {

struct ScanProgress {
  std::uint64_t carriers_seen = 0;
  std::uint64_t streams_found = 0;
  std::uint64_t unreadable_count = 0;
  double fraction_done = -1;  // below 0: unknown
};

// What is gathered, and how much at a time.
struct BatchOptions {
  bool with_sha256 = false;
  std::uint32_t streams = 1000;  // at most, in one batch
  // Makes lines of what it can, on the providers' threads. Null: all streams come as rows.
  std::shared_ptr<const LineWriter> line_writer{};
  PaceLimits limits{};
};

class BatchQueue final : public ScanSink {
 public:
  struct Pending {};  // nothing yet; the callback will be called
  struct End {};      // all batches were taken and the scan completed
  using Taken = std::variant<Pending, Batch, End, StreamError>;

  // `on_ready` is called on provider threads, without the lock held, whenever Take() may have
  // become worth calling. It must not block.
  BatchQueue(BatchOptions options, std::function<void()> on_ready);

  // ---- ScanSink
  void Add(const FoundStream& stream) override;
  void AddUnreadable(Unreadable unreadable) override;
  // Each name once, and only where lines are made.
  void Announce(std::span<const std::u16string_view> names) override;
  void Advance(std::uint64_t carriers, double fraction_done) override;
  void Spend(std::uint64_t bytes) const override { pace_.TakeBytes(bytes); }
  bool IsCancelled() const override { return is_cancelled_.load(std::memory_order_relaxed); }
  std::unique_ptr<ScanPart> NewPart() override;
  void AddPart(std::unique_ptr<ScanPart> part) override;

  // ---- the scan's owner
  // What came last, once the provider has returned. Nothing may be added after it.
  void Finish(Status status);
  Pace& pace() { return pace_; }
  // Wakes every Add() that waits. Batches not yet taken are dropped.
  void Cancel();

  // ---- the consumer
  Taken Take();
  SpareBatches& spares() { return spares_; }
  ScanProgress Progress() const;

 private:
  using Clock = std::chrono::steady_clock;

  class Part;

  void HandOverOld();
  void AddFinding(const std::function<void(Batch&)>& add);
  void WaitForRoom(std::unique_lock<std::mutex>& lock);
  void QueueCurrent();
  void Queue(Batch batch);

  const BatchOptions options_;
  const std::function<void()> on_ready_;
  mutable Pace pace_;
  SpareBatches spares_;

  std::atomic<bool> is_cancelled_ = false;
  std::atomic<std::uint64_t> carriers_seen_ = 0;
  std::atomic<std::uint64_t> streams_found_ = 0;
  std::atomic<std::uint64_t> unreadable_count_ = 0;
  std::atomic<double> fraction_done_ = -1;
  // Findings wait in current_ and the consumer found nothing: Advance() should hand them over.
  std::atomic<bool> is_consumer_waiting_ = false;

  mutable std::mutex mutex_;
  std::condition_variable has_room_;
  Batch current_;
  Clock::time_point current_since_;
  std::deque<Batch> queue_;
  std::unordered_set<std::u16string> announced_;
  bool is_finished_ = false;
  Status final_status_;
};

}  // namespace sidestream
