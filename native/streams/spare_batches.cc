#include "streams/spare_batches.h"

#include <utility>

namespace sidestream {
namespace {

// As many of each as are filled at a time; and none of them larger.
constexpr std::size_t kMaxSpare = 8;
constexpr std::size_t kMaxBatchBytes = 512 << 10;
constexpr std::size_t kMaxLineBytes = 2 << 20;
// What the lines of a usual part need: growing there would touch twice as much memory.
constexpr std::size_t kUsualLineBytes = 512 << 10;

template <typename T>
T TakeLast(std::mutex& mutex, std::vector<T>& from) {
  const std::lock_guard lock(mutex);
  if (from.empty()) return {};
  T last = std::move(from.back());
  from.pop_back();
  return last;
}

template <typename T>
void Keep(std::mutex& mutex, std::vector<T>& in, T spare) {
  const std::lock_guard lock(mutex);
  if (in.size() < kMaxSpare) in.push_back(std::move(spare));
}

}  // namespace

Batch SpareBatches::Take() { return TakeLast(mutex_, batches_); }

ByteBuffer SpareBatches::TakeLines() {
  ByteBuffer lines = TakeLast(mutex_, lines_);
  lines.Room(kUsualLineBytes);
  return lines;
}

void SpareBatches::GiveBack(Batch batch) {
  if (batch.BytesHeld() > kMaxBatchBytes) return;
  batch.Clear();
  Keep(mutex_, batches_, std::move(batch));
}

void SpareBatches::GiveBack(ByteBuffer lines) {
  if (lines.capacity() == 0 || lines.capacity() > kMaxLineBytes) return;
  lines.Clear();
  Keep(mutex_, lines_, std::move(lines));
}

}  // namespace sidestream
