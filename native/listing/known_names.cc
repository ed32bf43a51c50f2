#include "listing/known_names.h"

#include <mutex>
#include <utility>

namespace sidestream::listing {
namespace {

constexpr std::size_t kMaxNames = 4096;

}  // namespace

void KnownNames::Learn(std::u16string_view name, NameVerdict verdict) {
  const std::unique_lock lock(mutex_);
  if (verdicts_.size() >= kMaxNames) return;
  // What was told first stays: somebody may hold it.
  verdicts_.try_emplace(std::u16string(name), std::move(verdict));
}

const NameVerdict* KnownNames::Find(std::u16string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = verdicts_.find(name);
  return found == verdicts_.end() ? nullptr : &found->second;
}

}  // namespace sidestream::listing
