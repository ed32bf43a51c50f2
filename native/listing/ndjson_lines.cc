#include "listing/ndjson_lines.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "listing/json_text.h"
#include "listing/plain_words.h"
#include "listing/timestamp.h"
#include "listing/zone_identifier.h"

namespace sidestream::listing {
namespace {

constexpr std::u16string_view kZoneIdentifier = u"Zone.Identifier";
// MAX_ZONE_IDENTIFIER_BYTES: no rule looks further into any content.
constexpr std::size_t kJudgedBytes = 32 * 1024;
// `\\?\C:\`. Longer paths are not those of a volume's root.
constexpr std::size_t kLongestRootPath = 7;
// In lower case, all with the same first letter: below these, an unknown stream is a matter of its
// own.
constexpr std::u16string_view kSystemFolders[] = {u"system32", u"syswow64"};

bool BeginsIgnoringCase(std::u16string_view text, std::u16string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char16_t a, char16_t b) {
           return a == (b >= u'A' && b <= u'Z' ? b + 32 : b);
         });
}

bool NamesSystemFolder(std::u16string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != u's' && path[i] != u'S') continue;
    for (const std::u16string_view folder : kSystemFolders) {
      if (BeginsIgnoringCase(path.substr(i), folder)) return true;
    }
  }
  return false;
}

// False also for some paths that are ordinary.
bool IsOrdinaryPlace(std::u16string_view path) {
  if (path == u"." || path.ends_with(u"\\.") || path == u"/") return false;
  if (path.size() <= kLongestRootPath && path.find(u':') != std::u16string_view::npos) return false;
  return !NamesSystemFolder(path);
}

void AppendNumber(std::uint64_t number, ByteBuffer& out) {
  constexpr std::size_t kMostDigits = 20;
  char* const to = out.Room(kMostDigits);
  out.EndAt(std::to_chars(to, to + kMostDigits, number).ptr);
}

void AppendTextOrNull(std::string_view text, ByteBuffer& out) {
  if (text.empty()) return out.Append("null");
  AppendJsonString(text, out);
}

void AppendZone(const ZoneIdentifier& zone, ByteBuffer& out) {
  out.Append("{\"id\":");
  AppendNumber(static_cast<std::uint64_t>(zone.id), out);
  out.Append(",\"hostUrl\":");
  AppendTextOrNull(zone.host_url, out);
  out.Append(",\"referrerUrl\":");
  AppendTextOrNull(zone.referrer_url, out);
  out.Append(",\"hostIpAddress\":");
  AppendTextOrNull(zone.host_ip_address, out);
  out.Append(",\"lastWriterPackageFamilyName\":");
  AppendTextOrNull(zone.last_writer_package_family_name, out);
  out.Append(",\"appZoneId\":");
  if (zone.app_zone_id) {
    AppendNumber(static_cast<std::uint64_t>(*zone.app_zone_id), out);
  } else {
    out.Append("null");
  }
  out.Append(",\"appDefinedZoneId\":null}");
}

struct Judgement {
  std::optional<ZoneIdentifier> zone;
  std::string_view verdict;
  std::string_view rule;
};

std::optional<Judgement> Judge(const FoundStream& stream, const KnownNames& names) {
  const bool is_whole = stream.content && stream.content->size() == stream.size;
  if (!is_whole || stream.size > kJudgedBytes) return std::nullopt;
  if (stream.name == kZoneIdentifier) {
    auto zone = ReadPlainZoneIdentifier(*stream.content);
    if (!zone) return std::nullopt;
    return Judgement{std::move(zone), "mark", "zone-identifier"};
  }
  const NameVerdict* const known = names.Find(stream.name);
  if (known == nullptr || stream.size >= known->below_bytes) return std::nullopt;
  if (!IsOrdinaryPlace(stream.path) || !IsPlainWords(*stream.content)) return std::nullopt;
  return Judgement{std::nullopt, known->verdict, known->rule};
}

}  // namespace

bool NdjsonLines::Append(const FoundStream& stream, ByteBuffer& lines) const {
  const auto judgement = Judge(stream, names_);
  if (!judgement) return false;

  lines.Append("{\"path\":");
  const std::size_t path_start = lines.size();
  AppendJsonString(stream.path, lines);
  const std::size_t path_bytes = lines.size() - path_start;
  lines.Append(",\"stream\":");
  AppendJsonString(stream.name, lines);
  lines.Append(",\"size\":");
  AppendNumber(stream.size, lines);
  lines.Append(stream.is_directory ? ",\"kind\":\"directory\"" : ",\"kind\":\"file\"");
  lines.Append(",\"allocated\":");
  AppendNumber(stream.allocated, lines);
  lines.Append(",\"modified\":");
  AppendTimestamp(stream.modified_ns, lines);
  lines.Append(stream.is_resident ? ",\"resident\":true" : ",\"resident\":false");
  lines.Append(",\"zone\":");
  if (judgement->zone) {
    AppendZone(*judgement->zone, lines);
  } else {
    lines.Append("null");
  }
  lines.Append(",\"verdict\":\"");
  lines.Append(judgement->verdict);
  lines.Append("\",\"rule\":\"");
  lines.Append(judgement->rule);
  lines.Append("\",\"links\":[");
  if (stream.links.size() <= 1) {
    // The path once more: taken from where it was just written.
    char* const to = lines.Room(path_bytes);
    std::memcpy(to, lines.data() + path_start, path_bytes);
    lines.EndAt(to + path_bytes);
  } else {
    for (std::size_t i = 0; i < stream.links.size(); ++i) {
      if (i > 0) lines.Append(",");
      AppendJsonString(stream.links[i], lines);
    }
  }
  lines.Append("]}\n");
  return true;
}

}  // namespace sidestream::listing
