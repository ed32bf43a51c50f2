#include "listing/zone_identifier.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace sidestream::listing {
namespace {

constexpr std::string_view kSection = "[ZoneTransfer]\r\n";
constexpr int kLastZone = 4;
// Longer values are cut, which is left to the full reader (LIMITS in zone-identifier.ts).
constexpr std::size_t kMaxUrl = 8192;
constexpr std::size_t kMaxAddress = 256;
constexpr std::size_t kMaxPackage = 1024;

enum Key { kZoneId, kHostUrl, kReferrerUrl, kHostIpAddress, kPackage, kAppZoneId, kKeyCount };

struct KeyForm {
  std::string_view name;
  std::size_t max_value;
};

constexpr KeyForm kKeys[kKeyCount] = {
    {"ZoneId", kMaxUrl},
    {"HostUrl", kMaxUrl},
    {"ReferrerUrl", kMaxUrl},
    {"HostIpAddress", kMaxAddress},
    {"LastWriterPackageFamilyName", kMaxPackage},
    {"AppZoneId", kMaxUrl},
};

// Eight bytes at a time: such text is read by the hundred thousand.
bool IsPrintable(std::string_view text) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  constexpr std::uint64_t kTopBits = 0x80 * kEach;
  std::uint64_t odd = 0;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, text.data() + i, 8);
    // A top bit is set where a byte has it, is 0x7F, or is below 0x20; a borrow from a byte below
    // 0x20 may set it for the next byte as well, which changes nothing.
    odd |= bytes | (bytes + kEach) | (bytes - 0x20 * kEach);
  }
  for (; i < text.size(); ++i) {
    if (text[i] < 0x20 || text[i] > 0x7E) return false;
  }
  return (odd & kTopBits) == 0;
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

// A number as it is written: one digit. Signs, more digits, or text behind it are the full
// reader's.
std::optional<int> OneDigit(std::string_view value) {
  if (value.size() != 1 || value[0] < '0' || value[0] > '9') return std::nullopt;
  return value[0] - '0';
}

}  // namespace

std::optional<ZoneIdentifier> ReadPlainZoneIdentifier(std::span<const std::byte> content) {
  std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  if (!text.starts_with(kSection)) return std::nullopt;
  text.remove_prefix(kSection.size());

  std::array<std::optional<std::string_view>, kKeyCount> values;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\r'), text.size());
    const std::string_view line = text.substr(0, end);
    if (!IsPrintable(line)) return std::nullopt;
    text.remove_prefix(end);
    if (!text.empty()) {
      if (!text.starts_with("\r\n")) return std::nullopt;
      text.remove_prefix(2);
    }
    const std::size_t split = line.find('=');
    if (split == std::string_view::npos) return std::nullopt;
    const std::string_view name = line.substr(0, split);
    const KeyForm* const key = std::find_if(std::begin(kKeys), std::end(kKeys),
                                            [name](const KeyForm& k) { return k.name == name; });
    if (key == std::end(kKeys)) return std::nullopt;
    const std::string_view value = Trim(line.substr(split + 1));
    if (value.size() > key->max_value) return std::nullopt;
    // The first of several counts, as for Windows.
    auto& slot = values[static_cast<std::size_t>(key - kKeys)];
    if (!slot) slot = value;
  }

  if (!values[kZoneId]) return std::nullopt;
  const auto id = OneDigit(*values[kZoneId]);
  if (!id || *id > kLastZone) return std::nullopt;
  ZoneIdentifier zone;
  zone.id = *id;
  if (values[kAppZoneId]) {
    zone.app_zone_id = OneDigit(*values[kAppZoneId]);
    if (!zone.app_zone_id) return std::nullopt;
  }
  zone.host_url = values[kHostUrl].value_or("");
  zone.referrer_url = values[kReferrerUrl].value_or("");
  zone.host_ip_address = values[kHostIpAddress].value_or("");
  zone.last_writer_package_family_name = values[kPackage].value_or("");
  return zone;
}

}  // namespace sidestream::listing
