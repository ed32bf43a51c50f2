#include "ntfs/standard_information.h"

#include "base/little_endian.h"

namespace sidestream::ntfs {
namespace {

constexpr std::size_t kLastWriteOffset = 8;
constexpr std::size_t kTimesSize = 32;

// 100 ns units from 1601-01-01 to 1970-01-01.
constexpr std::int64_t kUnixEpoch = 116'444'736'000'000'000;

}  // namespace

std::int64_t UnixNsFromFileTime(std::uint64_t file_time) {
  if (file_time > static_cast<std::uint64_t>(INT64_MAX)) return INT64_MAX;
  const std::int64_t units = static_cast<std::int64_t>(file_time) - kUnixEpoch;
  if (units > INT64_MAX / 100) return INT64_MAX;
  if (units < INT64_MIN / 100) return INT64_MIN;
  return units * 100;
}

Parsed<std::int64_t> ParseLastWriteNs(std::span<const std::byte> value,
                                      std::uint64_t volume_offset) {
  if (value.size() < kTimesSize) {
    return ParseError{"length of $STANDARD_INFORMATION", "at least", kTimesSize, value.size(),
                      volume_offset};
  }
  return UnixNsFromFileTime(LoadLe<std::uint64_t>(value.data() + kLastWriteOffset));
}

}  // namespace sidestream::ntfs
