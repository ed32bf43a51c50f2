// The seam to notices of changes below a live folder, from the moment that a watch stands.
//
// A notice says where to look, never what is there, and may say too much. Where one could have been
// missed the watch says so (WatchedChanges::lost), and only a full scan will do.

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

#include "base/result.h"

namespace sidestream {

struct ChangedPlace {
  bool is_folder = false;
  // It came, went or moved with all that is below it.
  bool is_whole_tree = false;
};

struct WatchedChanges {
  std::string lost;                               // a NativeLostReason of native/watch.ts; or empty
  std::map<std::u16string, ChangedPlace> places;  // by path, below the target as given
};

// Where a watch puts what it hears. Keeps each place once, and no more than `most_places`.
class ChangeCollector {
 public:
  struct Pending {};
  using Taken = std::variant<Pending, WatchedChanges, StreamError>;

  // `on_ready` may be called on any thread, without the lock held; it must not block.
  ChangeCollector(std::size_t most_places, std::function<void()> on_ready)
      : most_places_(most_places), on_ready_(std::move(on_ready)) {}

  // ---- the watch
  // From now on nothing is missed. The first that is taken says so, by being empty.
  void Stand();
  void Add(std::u16string path, ChangedPlace place);
  void Lose(std::string reason);
  // The watch cannot go on.
  void End(StreamError error);

  // ---- the consumer; never waits
  Taken Take();

 private:
  void Update(const std::function<void()>& change);

  const std::size_t most_places_;
  const std::function<void()> on_ready_;
  std::mutex mutex_;
  WatchedChanges changes_;
  bool is_ready_ = false;
  Status end_;
};

// Hears of changes on a thread of its own until it is destroyed.
class ChangeWatch {
 public:
  virtual ~ChangeWatch() = default;
};

// Returns at once; failing to stand is an End() of the collector, which must outlive the watch.
// `path` as a scan's target. ADS_UNSUPPORTED where the system tells nothing, ADS_ACCESS_DENIED
// where it does not tell us.
std::unique_ptr<ChangeWatch> StartChangeWatch(std::u16string path, ChangeCollector& collector);

}  // namespace sidestream
