// What one walker finds, on its way to the sink: gathered without a lock, since walkers that fill
// one batch together spend more on each other than on what they write. Handed over when a batch is
// full or the caller has waited long enough.

#pragma once

#include <memory>
#include <utility>

#include "streams/stream_provider.h"

namespace sidestream {

class OwnFindings {
 public:
  explicit OwnFindings(ScanSink& sink) : sink_(sink), part_(sink.NewPart()) {}

  void Add(const FoundStream& stream) {
    part_->Add(stream);
    is_empty_ = false;
  }
  // To be called every few milliseconds of work.
  void HandOverIfDue() {
    if (!is_empty_ && part_->IsDue()) HandOver();
  }
  // Before the walker waits or ends. May wait itself, as ScanSink::AddPart() does. Nobody is told
  // any more of a scan that was cancelled.
  void HandOver() {
    if (sink_.IsCancelled() || std::exchange(is_empty_, true)) return;
    sink_.AddPart(std::move(part_));
    part_ = sink_.NewPart();
  }

 private:
  ScanSink& sink_;
  std::unique_ptr<ScanPart> part_;
  bool is_empty_ = true;
};

}  // namespace sidestream
