// Brings findings that several threads made back into one order. The work is numbered in pieces;
// whoever finishes one goes on with the next, and what it found waits here for its turn.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "streams/stream_provider.h"

namespace sidestream {

class PartOrder {
 public:
  // `on_added(piece)` is called for each piece, in order, by one thread at a time.
  PartOrder(ScanSink& sink, std::function<void(std::uint64_t)> on_added)
      : sink_(sink), on_added_(std::move(on_added)) {}

  // Adds what a piece has found so far, once all earlier pieces have been added.
  void AddSome(std::uint64_t piece, std::unique_ptr<ScanPart> part);

  // The last of a piece. Waits only where too many finished pieces wait already.
  void Finish(std::uint64_t piece, std::unique_ptr<ScanPart> part);

  // No further piece will be finished: nobody needs to wait for one.
  void Abandon();

 private:
  // Bounds what waits beside what the sink holds.
  static constexpr std::size_t kMostWaiting = 4;

  ScanSink& sink_;
  const std::function<void(std::uint64_t)> on_added_;
  std::mutex mutex_;
  std::condition_variable turned_;
  std::uint64_t turn_ = 0;
  std::map<std::uint64_t, std::unique_ptr<ScanPart>> waiting_;
  bool is_abandoned_ = false;
};

}  // namespace sidestream
