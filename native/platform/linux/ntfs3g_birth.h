// Birth time of a file on an ntfs-3g mount. FUSE passes none through statx(), and NTFS uses the
// numbers of deleted files again, so that without it a replaced file would look like the same one.

#pragma once

#include <cstdint>
#include <optional>

#include "platform/linux/xattr_io.h"

namespace sidestream {

inline std::optional<std::int64_t> Ntfs3gBirthNs(const XattrPlace& place) {
  const auto value = GetXattr(place, "system.ntfs_crtime");
  if (!value.ok() || value.value().size() < sizeof(std::int64_t)) return std::nullopt;
  std::uint64_t ticks = 0;
  for (std::size_t i = 0; i < sizeof ticks; ++i) {
    ticks |= std::to_integer<std::uint64_t>(value.value()[i]) << (8 * i);
  }
  // 100 ns units since 1601-01-01; years 1970 to 2262 fit nanoseconds in 63 bits.
  constexpr std::uint64_t kUnixEpoch = 116444736000000000;
  if (ticks < kUnixEpoch) return 0;
  return static_cast<std::int64_t>((ticks - kUnixEpoch) * 100);
}

}  // namespace sidestream
