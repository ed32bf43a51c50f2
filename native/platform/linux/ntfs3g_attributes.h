// A file's attributes (read-only, hidden, archive, …) on an ntfs-3g mount, which sets the archive
// attribute with every change of a stream.

#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "platform/linux/xattr_io.h"

namespace sidestream {

inline constexpr const char* kNtfs3gAttributesName = "system.ntfs_attrib";

inline Result<std::optional<std::vector<std::byte>>> Ntfs3gAttributes(int carrier_fd) {
  auto value = GetXattr(XattrPlace::Behind(carrier_fd), kNtfs3gAttributesName);
  if (!value.ok()) return value.error();
  return std::optional(std::move(value.value()));
}

inline Status RestoreNtfs3gAttributes(int carrier_fd, std::span<const std::byte> before) {
  const auto now = Ntfs3gAttributes(carrier_fd);
  if (!now.ok()) return now.error();
  if (std::ranges::equal(*now.value(), before)) return std::nullopt;
  return ReplaceXattr(XattrPlace::Behind(carrier_fd), kNtfs3gAttributesName, before);
}

}  // namespace sidestream
