// A path of UTF-16 code units as the bytes that system calls take.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sidestream {

// ADS_INVALID_NAME for what no file can have as its path.
Result<std::string> BytesOfPath(std::u16string_view path);

}  // namespace sidestream
