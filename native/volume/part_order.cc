#include "volume/part_order.h"

#include <utility>

namespace sidestream {

// The lock is held while the sink takes a part and may make us wait for its reader: who comes then
// has to wait for that reader as well.

void PartOrder::AddSome(std::uint64_t piece, std::unique_ptr<ScanPart> part) {
  std::unique_lock lock(mutex_);
  turned_.wait(lock, [&] { return turn_ == piece || is_abandoned_; });
  if (!is_abandoned_) sink_.AddPart(std::move(part));
}

void PartOrder::Finish(std::uint64_t piece, std::unique_ptr<ScanPart> part) {
  std::unique_lock lock(mutex_);
  turned_.wait(lock,
               [&] { return turn_ == piece || waiting_.size() < kMostWaiting || is_abandoned_; });
  if (is_abandoned_) return;
  waiting_.emplace(piece, std::move(part));
  while (!waiting_.empty() && waiting_.begin()->first == turn_) {
    sink_.AddPart(std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
    on_added_(turn_++);
  }
  turned_.notify_all();
}

void PartOrder::Abandon() {
  const std::lock_guard lock(mutex_);
  is_abandoned_ = true;
  turned_.notify_all();
}

}  // namespace sidestream
