// Content under the name of a mark. What is read of it must be what stands there.

#include "listing/zone_identifier.h"

#include <string_view>

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::CopyOf(data, size);
  const auto zone = sidestream::listing::ReadPlainZoneIdentifier(bytes);
  if (!zone) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with("[ZoneTransfer]\r\n") || zone->id < 0 || zone->id > 4) __builtin_trap();
  for (const std::string_view value : {zone->host_url, zone->referrer_url, zone->host_ip_address,
                                       zone->last_writer_package_family_name}) {
    if (value.empty()) continue;
    if (value.data() < text.data() || value.data() + value.size() > text.data() + text.size()) {
      __builtin_trap();
    }
    for (const char c : value) {
      if (c < 0x20 || c > 0x7E) __builtin_trap();
    }
  }
  return 0;
}
