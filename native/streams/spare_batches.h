// Memory of batches that were handed over, to be filled again: fresh memory costs the system more
// than all that is written to it. For any thread.

#pragma once

#include <mutex>
#include <vector>

#include "base/byte_buffer.h"
#include "streams/batch.h"

namespace sidestream {

class SpareBatches {
 public:
  // An empty batch, with no room for lines.
  Batch Take();
  // An empty buffer with room for the lines of a usual batch.
  ByteBuffer TakeLines();

  // What is unusually large is let go.
  void GiveBack(Batch batch);
  void GiveBack(ByteBuffer lines);

 private:
  std::mutex mutex_;
  std::vector<Batch> batches_;
  std::vector<ByteBuffer> lines_;
};

}  // namespace sidestream
