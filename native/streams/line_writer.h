// Turns findings into finished lines of a listing, where it can.

#pragma once

#include "base/byte_buffer.h"
#include "streams/stream_provider.h"

namespace sidestream {

// Called by any number of threads at once.
class LineWriter {
 public:
  virtual ~LineWriter() = default;
  // Appends the stream's line with its line end and returns true; or leaves `lines` as it is and
  // returns false, and the stream reaches the caller as a row.
  virtual bool Append(const FoundStream& stream, ByteBuffer& lines) const = 0;
};

}  // namespace sidestream
