#include "platform/linux/unit_path.h"

#include "base/utf16.h"

namespace sidestream {

Result<std::string> BytesOfPath(std::u16string_view path) {
  auto bytes = BytesFromUnits(path);
  if (!bytes || bytes->empty() || bytes->find('\0') != std::string::npos) {
    return StreamError{"ADS_INVALID_NAME", 0, "open",
                       "no file can have this path: \"" + TextFromUnits(path) + "\""};
  }
  return std::move(*bytes);
}

}  // namespace sidestream
