// A time as RFC 3339 in UTC, the nanoseconds kept without trailing zeros: what
// nanosecondsToTimestamp() of server/shared/clock.ts makes of it.

#pragma once

#include <cstdint>

#include "base/byte_buffer.h"

namespace sidestream::listing {

// With quotes around it. `ns`: since 1970-01-01 UTC; all that 64 bits hold lies in years 1677 to
// 2262.
void AppendTimestamp(std::int64_t ns, ByteBuffer& out);

}  // namespace sidestream::listing
