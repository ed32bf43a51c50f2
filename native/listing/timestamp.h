// A time as RFC 3339 in UTC, the nanoseconds kept without trailing zeros: what
// nanosecondsToTimestamp() of server/shared/clock.ts makes of it.

#pragma once

#include <cstddef>
#include <cstdint>

namespace sidestream::listing {

inline constexpr std::size_t kTimestampRoom = sizeof("\"1970-01-01T00:00:00.123456789Z\"");

// With quotes around it; returns where it ends. `ns`: since 1970-01-01 UTC; all that 64 bits hold
// lies in years 1677 to 2262.
char* PutTimestamp(std::int64_t ns, char* to);

}  // namespace sidestream::listing
