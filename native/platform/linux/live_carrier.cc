#include "platform/linux/live_carrier.h"

#include <algorithm>
#include <cerrno>

#include "base/sha256.h"
#include "base/utf16.h"
#include "platform/linux/carrier_times.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/file_lease.h"
#include "platform/linux/scan_carrier.h"
#include "streams/stream_digest.h"

namespace sidestream {
namespace {

// Names that may be removed or created: what Windows would take as a stream's name, and bytes that
// the file system can hold. With `:` a name could reach another type or, on ntfs-3g, another
// stream.
Result<std::string> CheckedName(std::u16string_view name, const char* operation) {
  const auto refuse = [&](const char* why) {
    return StreamError{"ADS_INVALID_NAME", 0, operation,
                       "stream name \"" + TextFromUnits(name) + "\" " + why};
  };
  if (name.empty()) return refuse("is empty, which would mean the file itself");
  constexpr std::u16string_view kForbidden(u"\0/\\:", 4);
  if (name.find_first_of(kForbidden) != std::u16string_view::npos) {
    return refuse("holds NUL, '/', '\\' or ':'");
  }
  auto bytes = BytesFromUnits(name);
  if (!bytes) return refuse("cannot be written as bytes on this file system");
  return std::move(*bytes);
}

bool HasKey(const std::vector<StoredStream>& streams, const std::string& key) {
  return std::any_of(streams.begin(), streams.end(),
                     [&key](const StoredStream& stream) { return stream.key == key; });
}

}  // namespace

LiveCarrier::LiveCarrier(const FileSystem& file_system, UniqueFd fd, const XattrPlace& place,
                         SharedFd parent, std::string base_name, const FileFacts& facts)
    : scheme_(file_system.scheme),
      removal_keeps_times_(file_system.removal_keeps_times),
      fd_(std::move(fd)),
      parent_(std::move(parent)),
      base_name_(std::move(base_name)),
      facts_(facts),
      ref_{place,      fd_.get(),           parent_ == nullptr ? -1 : parent_->get(),
           base_name_, facts.IsDirectory(), facts.inode},
      identity_(IdentityOf(*scheme_, ref_, facts, file_system.identity_suffix)) {}

// A partial listing is none: what is not seen could be what is meant.
Result<std::vector<StoredStream>> LiveCarrier::ListAll() const {
  auto listing = scheme_->List(ref_);
  if (!listing.ok()) return listing.error();
  if (listing.value().incomplete) return *listing.value().incomplete;
  return std::move(listing.value().streams);
}

Result<std::vector<StreamEntry>> LiveCarrier::List() {
  const auto streams = ListAll();
  if (!streams.ok()) return streams.error();
  std::vector<StreamEntry> entries;
  for (const StoredStream& stream : streams.value()) {
    const auto measure = scheme_->Measure(ref_, stream);
    if (!measure.ok() && Went(stream, measure.error())) continue;
    if (!measure.ok()) return measure.error();
    entries.push_back({UnitsFromBytes(stream.name), measure.value().size, measure.value().allocated,
                       measure.value().is_resident});
  }
  return entries;
}

// Between listing and acting, somebody else may have removed it.
bool LiveCarrier::Went(const StoredStream& stream, const StreamError& error) const {
  return WentMeanwhile(*scheme_, ref_, stream, error);
}

Result<RemoveOutcome> LiveCarrier::GoneOr(const StoredStream& stream,
                                          const StreamError& error) const {
  if (Went(stream, error)) return RemoveOutcome::kGone;
  if (error.code != "ADS_NOT_FOUND") return error;
  return StreamError{"ADS_IDENTITY_CHANGED", error.system_code, error.operation,
                     "the carrier lists the stream, which is not found by the carrier's name: "
                     "something else stands there now"};
}

Result<StoredStream> LiveCarrier::Find(const std::string& name, const char* operation) const {
  const auto streams = ListAll();
  if (!streams.ok()) return streams.error();
  for (const StoredStream& stream : streams.value()) {
    if (stream.name == name) return stream;
  }
  return FromErrno(ENODATA, operation, "stream " + name);
}

Result<std::vector<std::byte>> LiveCarrier::Read(std::u16string_view name, std::uint64_t offset,
                                                 std::uint64_t length) {
  const auto bytes = BytesFromUnits(name);
  if (!bytes) return FromErrno(ENODATA, "read", "stream " + TextFromUnits(name));
  const auto stream = Find(*bytes, "read");
  if (!stream.ok()) return stream.error();
  return scheme_->Read(ref_, stream.value(), offset, length);
}

Result<LiveCarrier::Match> LiveCarrier::FindExpected(
    std::u16string_view name, const char* operation, std::uint64_t expected_size,
    std::span<const std::byte> expected_sha256) const {
  const auto checked = CheckedName(name, operation);
  if (!checked.ok()) return checked.error();
  auto before = ListAll();
  if (!before.ok()) return before.error();
  Match match{std::move(before.value()), std::nullopt, RemoveOutcome::kChanged};
  for (const StoredStream& stream : match.before) {
    if (stream.name != checked.value()) continue;
    if (match.stream) {
      return StreamError{"ADS_INVALID_NAME", 0, operation,
                         "a stream of this name is kept twice (" + match.stream->key + ", " +
                             stream.key + "); it is not clear which one is meant"};
    }
    match.stream = stream;
  }
  if (!match.stream) {
    match.otherwise = RemoveOutcome::kGone;
    return match;
  }
  const auto is_expected = IsExpected(*match.stream, expected_size, expected_sha256);
  if (!is_expected.ok()) {
    const auto gone = GoneOr(*match.stream, is_expected.error());
    if (!gone.ok()) return gone.error();
    match.otherwise = gone.value();
  }
  if (!is_expected.ok() || !is_expected.value()) match.stream.reset();
  return match;
}

Result<bool> LiveCarrier::IsExpected(const StoredStream& stream, std::uint64_t expected_size,
                                     std::span<const std::byte> expected_sha256) const {
  // What one xattr can hold is had in one call.
  constexpr std::uint64_t kSmall = 64 << 10;
  if (expected_size <= kSmall) {
    const auto both = scheme_->MeasureAndRead(ref_, stream, expected_size);
    if (!both.ok()) return both.error();
    const auto& [measure, front] = both.value();
    if (measure.size != expected_size || front.size() != expected_size) return false;
    Sha256 digest;
    digest.Update(front);
    return std::ranges::equal(digest.Finish(), expected_sha256);
  }
  // The size first: a stream that grew is not read to its end to learn that it changed.
  const auto measure = scheme_->Measure(ref_, stream);
  if (!measure.ok()) return measure.error();
  if (measure.value().size != expected_size) return false;
  const auto read = [&](std::uint64_t offset, std::uint64_t length) {
    return scheme_->Read(ref_, stream, offset, length);
  };
  const auto digest = DigestInSteps(read, 0, [] { return false; });
  if (!digest.ok()) return digest.error();
  const auto& [size, sha256, front] = digest.value();
  return size == expected_size && std::ranges::equal(sha256, expected_sha256);
}

Result<RemoveOutcome> LiveCarrier::Remove(std::u16string_view name, std::uint64_t expected_size,
                                          std::span<const std::byte> expected_sha256) {
  const auto match = FindExpected(name, "remove", expected_size, expected_sha256);
  if (!match.ok()) return match.error();
  const auto& [before, stream, otherwise] = match.value();
  if (!stream) return otherwise;
  return RemoveVerified(before, *stream);
}

Result<StreamLook> LiveCarrier::Look(std::u16string_view name, std::uint64_t most_bytes) {
  const auto streams = ListAll();
  if (!streams.ok()) return streams.error();
  StreamLook look;
  const auto bytes = BytesFromUnits(name);
  const StoredStream* found = nullptr;
  for (const StoredStream& stream : streams.value()) {
    if (bytes && stream.name == *bytes) found = &stream;
  }
  if (found != nullptr) {
    auto both = scheme_->MeasureAndRead(ref_, *found, most_bytes);
    if (both.ok()) {
      look.size = both.value().measure.size;
      if (*look.size == both.value().front.size()) look.content = std::move(both.value().front);
      return look;
    }
    if (!Went(*found, both.error())) return both.error();
  }
  for (const StoredStream& stream : streams.value()) {
    if (&stream != found) look.names.push_back(UnitsFromBytes(stream.name));
  }
  return look;
}

// Removes, lists again and requires that exactly this one name is gone.
Result<RemoveOutcome> LiveCarrier::RemoveVerified(const std::vector<StoredStream>& before,
                                                  const StoredStream& stream) {
  // Opened, so that no lease is in the way. What need not be put back is not asked for: to put back
  // the times could undo those of somebody who writes to the file right now.
  const bool is_kept = removal_keeps_times_ && ref_.place.opened_fd() >= 0;
  std::optional<Basics> before_removal;
  if (!is_kept) {
    auto basics = KeepBasics();
    if (!basics.ok()) return basics.error();
    before_removal = std::move(basics.value());
  }
  if (const auto error = scheme_->Remove(ref_, stream)) return GoneOr(stream, *error);
  const auto after = ListAll();
  if (!after.ok()) return after.error();
  const bool is_still_there = HasKey(after.value(), stream.key);
  const bool others_stay = std::all_of(before.begin(), before.end(), [&](const StoredStream& old) {
    return old.key == stream.key || HasKey(after.value(), old.key);
  });
  if (is_still_there || !others_stay) {
    return StreamError{"ADS_IO", 0, "remove",
                       is_still_there ? "the stream is still listed after its removal"
                                      : "another stream of this file went away meanwhile"};
  }
  if (!before_removal) return RemoveOutcome::kDone;
  if (const auto error = RestoreBasics(*before_removal, "remove")) return *error;
  return RemoveOutcome::kDone;
}

Result<RemoveOutcome> LiveCarrier::Replace(std::u16string_view name, std::uint64_t expected_size,
                                           std::span<const std::byte> expected_sha256,
                                           std::span<const std::byte> bytes) {
  const auto match = FindExpected(name, "replace", expected_size, expected_sha256);
  if (!match.ok()) return match.error();
  const auto& [before, stream, otherwise] = match.value();
  if (!stream) return otherwise;
  const auto basics = KeepBasics();
  if (!basics.ok()) return basics.error();
  const Status replaced = scheme_->Replace(ref_, *stream, bytes);
  const Status verified = replaced ? std::nullopt : VerifyContent(*stream, bytes);
  const Status restored = RestoreBasics(basics.value(), "replace");
  if (replaced) return GoneOr(*stream, *replaced);
  if (verified) return *verified;
  if (restored) return *restored;
  return RemoveOutcome::kDone;
}

Status LiveCarrier::VerifyContent(const StoredStream& stream,
                                  std::span<const std::byte> bytes) const {
  const auto after = ListAll();
  if (!after.ok()) return after.error();
  // One more than was written, so that a stream that is longer shows itself.
  const auto content = scheme_->Read(ref_, stream, 0, bytes.size() + 1);
  if (!content.ok()) return content.error();
  if (HasKey(after.value(), stream.key) && std::ranges::equal(content.value(), bytes)) {
    return std::nullopt;
  }
  return StreamError{"ADS_IO", 0, "replace",
                     "the stream reads back differently than it was written"};
}

// Before every change: what holds the file to itself comes first. Who has opened the file has met
// no lease, and as long as it is open none is given.
Result<LiveCarrier::Basics> LiveCarrier::KeepBasics() const {
  const bool is_opened = ref_.place.opened_fd() >= 0;
  if (auto leased = is_opened ? std::nullopt : RefuseLeased(fd_.get())) return *leased;
  const auto times = FactsOf(fd_.get());
  if (!times.ok()) return times.error();
  auto attributes = scheme_->Attributes(ref_);
  if (!attributes.ok()) return attributes.error();
  return Basics{times.value(), std::move(attributes.value())};
}

// xattr calls move only the change time on most file systems, but ntfs-3g and network file systems
// are free to move the others, and ntfs-3g sets the archive attribute.
Status LiveCarrier::RestoreBasics(const Basics& before, const char* operation) const {
  if (before.attributes) {
    if (auto error = scheme_->RestoreAttributes(ref_, *before.attributes)) return error;
  }
  return RestoreTimes(fd_.get(), before.times, operation);
}

Status LiveCarrier::Create(std::u16string_view name, std::span<const std::byte> bytes) {
  const auto checked = CheckedName(name, "create");
  if (!checked.ok()) return checked.error();
  const auto basics = KeepBasics();
  if (!basics.ok()) return basics.error();
  const Status created = scheme_->Create(ref_, checked.value(), bytes);
  const Status restored = RestoreBasics(basics.value(), "create");
  return created ? created : restored;
}

}  // namespace sidestream
