#include "streams/pace.h"

#include <algorithm>

namespace sidestream {
namespace {

// Shorter waits cost more than they hold back.
constexpr auto kShortestWait = std::chrono::milliseconds(2);

}  // namespace

void Pace::Take(Clock::time_point& due, double per_second, std::uint64_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !is_paused_ || is_cancelled_; });
  if (per_second <= 0 || count == 0) return;
  const std::chrono::duration<double> share(static_cast<double>(count) / per_second);
  due = std::max(due, Clock::now()) + std::chrono::duration_cast<Clock::duration>(share);
  const Clock::time_point until = due;
  if (until - Clock::now() < kShortestWait) return;
  changed_.wait_until(lock, until, [this] { return is_cancelled_; });
}

void Pace::Pause() {
  const std::lock_guard lock(mutex_);
  is_paused_ = true;
}

void Pace::Resume() {
  {
    const std::lock_guard lock(mutex_);
    is_paused_ = false;
  }
  changed_.notify_all();
}

void Pace::Cancel() {
  {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = true;
  }
  changed_.notify_all();
}

}  // namespace sidestream
