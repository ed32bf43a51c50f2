#include "listing/ndjson_lines.h"

#include <algorithm>
#include <charconv>
#include <cstring>
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

// A line's fixed words, numbers and time, generously.
constexpr std::size_t kFixedRoom = 1024;

// What is written is not looked at: the compiler makes a few moves of it.
template <std::size_t kBytes>
char* Put(const char (&words)[kBytes], char* to) {
  std::memcpy(to, words, kBytes - 1);
  return to + kBytes - 1;
}

char* Put(std::string_view text, char* to) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* PutNumber(std::uint64_t number, char* to) {
  constexpr std::size_t kMostDigits = 20;
  return std::to_chars(to, to + kMostDigits, number).ptr;
}

char* PutTextOrNull(std::string_view text, char* to) {
  return text.empty() ? Put("null", to) : PutJsonString(text, to);
}

char* PutZone(const ZoneIdentifier& zone, char* to) {
  to = Put("{\"id\":", to);
  to = PutNumber(static_cast<std::uint64_t>(zone.id), to);
  to = Put(",\"hostUrl\":", to);
  to = PutTextOrNull(zone.host_url, to);
  to = Put(",\"referrerUrl\":", to);
  to = PutTextOrNull(zone.referrer_url, to);
  to = Put(",\"hostIpAddress\":", to);
  to = PutTextOrNull(zone.host_ip_address, to);
  to = Put(",\"lastWriterPackageFamilyName\":", to);
  to = PutTextOrNull(zone.last_writer_package_family_name, to);
  to = Put(",\"appZoneId\":", to);
  to = zone.app_zone_id ? PutNumber(static_cast<std::uint64_t>(*zone.app_zone_id), to)
                        : Put("null", to);
  return Put(",\"appDefinedZoneId\":null}", to);
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

std::size_t RoomFor(const FoundStream& stream, const Judgement& judgement) {
  std::size_t room = kFixedRoom + judgement.verdict.size() + judgement.rule.size() +
                     2 * JsonStringRoom(stream.path.size()) + JsonStringRoom(stream.name.size());
  for (const std::u16string_view link : stream.links) room += JsonStringRoom(link.size()) + 1;
  // No text of a zone is longer than the content that it is a part of.
  if (judgement.zone) room += JsonStringRoom(stream.content->size());
  return room;
}

}  // namespace

bool NdjsonLines::Append(const FoundStream& stream, ByteBuffer& lines) const {
  const auto judgement = Judge(stream, names_);
  if (!judgement) return false;

  char* to = lines.Room(RoomFor(stream, *judgement));
  to = Put("{\"path\":", to);
  const char* const path = to;
  to = PutJsonString(stream.path, to);
  const std::string_view shown_path(path, static_cast<std::size_t>(to - path));
  to = Put(",\"stream\":", to);
  to = PutJsonString(stream.name, to);
  to = Put(",\"size\":", to);
  to = PutNumber(stream.size, to);
  to = stream.is_directory ? Put(",\"kind\":\"directory\"", to) : Put(",\"kind\":\"file\"", to);
  to = Put(",\"allocated\":", to);
  to = PutNumber(stream.allocated, to);
  to = Put(",\"modified\":", to);
  to = PutTimestamp(stream.modified_ns, to);
  to = stream.is_resident ? Put(",\"resident\":true", to) : Put(",\"resident\":false", to);
  to = Put(",\"zone\":", to);
  to = judgement->zone ? PutZone(*judgement->zone, to) : Put("null", to);
  to = Put(",\"verdict\":\"", to);
  to = Put(judgement->verdict, to);
  to = Put("\",\"rule\":\"", to);
  to = Put(judgement->rule, to);
  to = Put("\",\"links\":[", to);
  if (stream.links.size() <= 1) {
    to = Put(shown_path, to);
  } else {
    for (const std::u16string_view& link : stream.links) {
      if (&link != stream.links.data()) to = Put(",", to);
      to = PutJsonString(link, to);
    }
  }
  lines.EndAt(Put("]}\n", to));
  return true;
}

}  // namespace sidestream::listing
