#include "streams/scan_session.h"

#include <exception>
#include <utility>

#include "streams/background.h"

namespace sidestream {

ScanSession::ScanSession(std::u16string path, ScanOptions options, BatchOptions batches,
                         std::function<void()> on_ready)
    : path_(std::move(path)),
      options_(std::move(options)),
      queue_(std::move(batches), std::move(on_ready)),
      thread_([this] { Run(); }) {}

ScanSession::~ScanSession() {
  queue_.Cancel();
  thread_.join();
}

// A Windows volume with exclusions is walked, and a walk sees only what is there.
bool ScanSession::CanSeeDeleted(const StreamProvider& provider) const {
  return provider.target().provider == "mft" && options_.exclude.empty();
}

void ScanSession::Run() {
  if (options_.background) EnterBackground();
  Status status;
  // Providers do not throw; the allocator does. Out of memory ends this scan and not the process.
  try {
    const auto provider = OpenTarget(path_, options_.hints);
    if (!provider.ok()) {
      status = provider.error();
    } else if (options_.include_deleted && !CanSeeDeleted(*provider.value())) {
      status = StreamError{"ADS_UNSUPPORTED", 0, "scan",
                           "deleted files can be seen only where a whole volume or image is read "
                           "raw; this is a " +
                               provider.value()->target().kind + " on " +
                               provider.value()->target().file_system};
    } else {
      status = provider.value()->Scan(options_, queue_);
    }
  } catch (const std::exception& exception) {
    status = StreamError{"ADS_IO", 0, "scan", exception.what()};
  }
  queue_.Finish(std::move(status));
}

}  // namespace sidestream
