// How a live volume is waited for: a record that was torn when it was read is whole a moment later.

#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

#include "streams/stream_provider.h"

namespace sidestream {

// How often, and after which pauses, a record that was torn when it was read is read again. Writing
// one takes a live volume's driver well under a millisecond; being kept from running takes longer.
inline constexpr std::chrono::milliseconds kSecondLookPauses[] = {
    std::chrono::milliseconds(5), std::chrono::milliseconds(10), std::chrono::milliseconds(20),
    std::chrono::milliseconds(40), std::chrono::milliseconds(80)};

// False, and at once, if the scan is cancelled meanwhile. Without `sink` nobody can.
inline bool WaitForSecondLook(std::chrono::milliseconds pause, const ScanSink* sink) {
  constexpr std::chrono::milliseconds kStep(5);
  for (; pause.count() > 0; pause -= kStep) {
    if (sink != nullptr && sink->IsCancelled()) return false;
    std::this_thread::sleep_for(std::min(pause, kStep));
  }
  return sink == nullptr || !sink->IsCancelled();
}

}  // namespace sidestream
