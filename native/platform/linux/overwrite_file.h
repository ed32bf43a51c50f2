// Other content for an open file, from the front, and its length last.

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"

namespace sidestream {

// A crash leaves a front of `bytes` before the rest of what was there. `what` is for people.
Status OverwriteFile(int fd, std::span<const std::byte> bytes, const std::string& what);

}  // namespace sidestream
