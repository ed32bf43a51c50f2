#include "base/run_on_threads.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace sidestream {
namespace {

// More threads gain nothing: copying out of the page cache fills the memory bus.
constexpr std::size_t kMostThreads = 4;

}  // namespace

std::size_t CountUsefulThreads(std::size_t pieces) {
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  return std::clamp<std::size_t>(pieces, 1, std::min(kMostThreads, cores));
}

void RunOnThreads(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::mutex mutex;
  std::exception_ptr failure;
  // An exception that left a thread would end the process.
  const auto try_work = [&](std::size_t i) {
    try {
      work(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  try {
    for (std::size_t i = 1; i < count; ++i) threads.emplace_back(try_work, i);
  } catch (const std::system_error&) {
  }
  try_work(0);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace sidestream
