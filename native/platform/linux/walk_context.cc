#include "platform/linux/walk_context.h"

#include "base/utf16.h"
#include "platform/linux/errno_error.h"

namespace sidestream {

WalkContext::WalkContext(const WalkTarget& target, const MountTable& mounts,
                         const ScanOptions& options, ScanSink& sink, std::size_t walkers)
    : target_(target), mounts_(mounts), options_(options), sink_(sink), exchange_(walkers) {
  for (const std::u16string& folder : options.exclude) {
    auto bytes = BytesFromUnits(folder);
    if (!bytes) continue;
    while (bytes->size() > 1 && bytes->back() == '/') bytes->pop_back();
    excluded_.insert(std::move(*bytes));
  }
}

std::u16string WalkContext::Shown(const std::string& relative) const {
  if (relative.empty()) return target_.shown.empty() ? u"/" : target_.shown;
  return target_.shown + u"/" + UnitsFromBytes(relative);
}

std::string WalkContext::Absolute(const std::string& relative) const {
  if (relative.empty()) return target_.absolute_path;
  return (target_.absolute_path == "/" ? "" : target_.absolute_path) + "/" + relative;
}

// By text and not by what it resolves to: a link planted at an excluded path must not hide the
// folder that it points to.
bool WalkContext::IsExcluded(const std::string& relative) const {
  if (excluded_.empty()) return false;
  if (excluded_.contains(Absolute(relative))) return true;
  const auto shown = BytesFromUnits(Shown(relative));
  return shown && excluded_.contains(*shown);
}

void WalkContext::AddUnreadable(const std::string& relative, const StreamError& error) const {
  sink_.AddUnreadable({Shown(relative), std::nullopt, error});
}

void WalkContext::AddUnlessVanished(const std::string& relative, const StreamError& error) const {
  if (!MeansVanished(error.system_code)) AddUnreadable(relative, error);
}

void WalkContext::Fail(StreamError error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(error);
  has_failed_.store(true, std::memory_order_relaxed);
}

// Device numbers name a mounted file system for as long as it is mounted. One that hangs must not
// hold up the others' walkers, so it is inspected without the lock; the first result stays.
const FileSystem& WalkContext::FileSystemOf(int fd, const FileFacts& facts) {
  if (facts.device == target_.device) return target_.file_system;
  {
    const std::lock_guard lock(mutex_);
    const auto known = file_systems_.find(facts.device);
    if (known != file_systems_.end()) return known->second;
  }
  FileSystem inspected = InspectFileSystem(fd, facts, mounts_, target_.samba);
  const std::lock_guard lock(mutex_);
  return file_systems_.emplace(facts.device, std::move(inspected)).first->second;
}

}  // namespace sidestream
