#include "streams/change_watch.h"

#include <utility>

namespace sidestream {

void ChangeCollector::Stand() {
  Update([] {});
}

void ChangeCollector::Add(std::u16string path, ChangedPlace place) {
  Update([&] {
    if (!changes_.lost.empty()) return;
    ChangedPlace& known = changes_.places[std::move(path)];
    known.is_folder = known.is_folder || place.is_folder;
    known.is_whole_tree = known.is_whole_tree || place.is_whole_tree;
    if (changes_.places.size() <= most_places_) return;
    changes_.places.clear();
    changes_.lost = "too-many-changes";
  });
}

void ChangeCollector::Lose(std::string reason) {
  Update([&] {
    changes_.places.clear();
    if (changes_.lost.empty()) changes_.lost = std::move(reason);
  });
}

void ChangeCollector::End(StreamError error) {
  Update([&] {
    if (!end_) end_ = std::move(error);
  });
}

ChangeCollector::Taken ChangeCollector::Take() {
  const std::lock_guard lock(mutex_);
  if (end_) return *end_;
  if (!std::exchange(is_ready_, false)) return Pending{};
  return std::exchange(changes_, {});
}

void ChangeCollector::Update(const std::function<void()>& change) {
  {
    const std::lock_guard lock(mutex_);
    change();
    is_ready_ = true;
  }
  on_ready_();
}

}  // namespace sidestream
