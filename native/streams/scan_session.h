// One running scan: a thread of its own, and the queue that it fills. Knows nothing of JavaScript.

#pragma once

#include <functional>
#include <string>
#include <thread>

#include "streams/batch_queue.h"
#include "streams/stream_provider.h"

namespace sidestream {

class ScanSession {
 public:
  // Starts at once: opens the target and scans it, both on the session's thread. `on_ready` as in
  // BatchQueue; it is not called any more once the destructor has returned.
  ScanSession(std::u16string path, ScanOptions options, BatchOptions batches,
              std::function<void()> on_ready);
  // Cancels and joins.
  ~ScanSession();
  ScanSession(const ScanSession&) = delete;
  ScanSession& operator=(const ScanSession&) = delete;

  BatchQueue& queue() { return queue_; }

 private:
  void Run();
  bool CanSeeDeleted(const StreamProvider& provider) const;

  const std::u16string path_;
  const ScanOptions options_;
  BatchQueue queue_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sidestream
