// Reads the one form of Zone.Identifier that nearly all marks have:
//
//     [ZoneTransfer]\r\n
//     ZoneId=3\r\n
//     HostUrl=https://example.com/setup.exe\r\n
//
// Printable ASCII, keys spelled as Windows and browsers spell them, each line ended by CR LF (the
// last one may lack it), zone 0 to 4. Anything else is not read here but by
// server/streams/zone-identifier.ts, which knows all the oddities and says the same of this form.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace sidestream::listing {

// In the order of Origin in server/protocol/stream.ts. Text that is absent or empty is null there.
struct ZoneIdentifier {
  int id = 0;
  std::string_view host_url;
  std::string_view referrer_url;
  std::string_view host_ip_address;
  std::string_view last_writer_package_family_name;
  std::optional<int> app_zone_id;
};

// Nothing where the content has another form. The views point into `content`.
std::optional<ZoneIdentifier> ReadPlainZoneIdentifier(std::span<const std::byte> content);

}  // namespace sidestream::listing
