// How fast a scan may go: files and bytes a second, and whether it may go at all.
//
// Whoever did some work says so and waits until it was due. Nothing is saved up for later, so that
// a pause is not followed by a rush.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace sidestream {

struct PaceLimits {
  double files_per_second = 0;  // 0: any number
  double bytes_per_second = 0;
};

// Safe to call from several threads at once: together they keep to the limits.
class Pace {
 public:
  explicit Pace(PaceLimits limits) : limits_(limits) {}

  void TakeFiles(std::uint64_t files) { Take(files_due_, limits_.files_per_second, files); }
  void TakeBytes(std::uint64_t bytes) { Take(bytes_due_, limits_.bytes_per_second, bytes); }

  void Pause();
  void Resume();
  // For good: nobody waits any more.
  void Cancel();

 private:
  using Clock = std::chrono::steady_clock;

  void Take(Clock::time_point& due, double per_second, std::uint64_t count);

  const PaceLimits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Clock::time_point files_due_;
  Clock::time_point bytes_due_;
  bool is_paused_ = false;
  bool is_cancelled_ = false;
};

}  // namespace sidestream
