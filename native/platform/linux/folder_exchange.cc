#include "platform/linux/folder_exchange.h"

#include <utility>

namespace sidestream {

void FolderExchange::Give(GivenFolder folder) {
  {
    const std::lock_guard lock(mutex_);
    given_.push_back(std::move(folder));
    Update();
  }
  has_news_.notify_one();
}

std::optional<GivenFolder> FolderExchange::Take() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  Update();
  has_news_.wait(lock, [this] { return !given_.empty() || is_done_; });
  --waiting_;
  std::optional<GivenFolder> folder;
  if (!given_.empty()) {
    folder = std::move(given_.front());
    given_.pop_front();
  }
  Update();
  return folder;
}

void FolderExchange::Leave() {
  const std::lock_guard lock(mutex_);
  --walkers_;
  Update();
}

// With the lock held, after every change.
void FolderExchange::Update() {
  wanted_.store(waiting_ > given_.size() ? waiting_ - given_.size() : 0, std::memory_order_relaxed);
  if (is_done_ || !given_.empty() || waiting_ < walkers_) return;
  is_done_ = true;
  has_news_.notify_all();
}

}  // namespace sidestream
