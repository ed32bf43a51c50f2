#include "streams/scan_session.h"

#include <exception>
#include <utility>

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

void ScanSession::Run() {
  Status status;
  // Providers do not throw; the allocator does. Out of memory ends this scan and not the process.
  try {
    const auto provider = OpenTarget(path_, options_.hints);
    status = provider.ok() ? provider.value()->Scan(options_, queue_) : Status(provider.error());
  } catch (const std::exception& exception) {
    status = StreamError{"ADS_IO", 0, "scan", exception.what()};
  }
  queue_.Finish(std::move(status));
}

}  // namespace sidestream
