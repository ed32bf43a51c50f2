#include "platform/linux/live_carrier.h"

#include <algorithm>
#include <cerrno>

#include "base/utf16.h"
#include "platform/linux/carrier_times.h"
#include "platform/linux/errno_error.h"
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

// Between listing and removing, somebody else may have removed it.
Result<RemoveOutcome> GoneOr(const StreamError& error) {
  if (error.code == "ADS_NOT_FOUND") return RemoveOutcome::kGone;
  return error;
}

bool HasKey(const std::vector<StoredStream>& streams, const std::string& key) {
  return std::any_of(streams.begin(), streams.end(),
                     [&key](const StoredStream& stream) { return stream.key == key; });
}

}  // namespace

LiveCarrier::LiveCarrier(const FileSystem& file_system, UniqueFd fd, UniqueFd parent_fd,
                         std::string base_name, const FileFacts& facts)
    : scheme_(file_system.scheme),
      fd_(std::move(fd)),
      parent_fd_(std::move(parent_fd)),
      facts_(facts),
      ref_{XattrPlace::Behind(fd_.get()), fd_.get(),           parent_fd_.get(),
           std::move(base_name),          facts.IsDirectory(), facts.inode},
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
    if (!measure.ok() && measure.error().code == "ADS_NOT_FOUND") continue;  // went meanwhile
    if (!measure.ok()) return measure.error();
    entries.push_back({UnitsFromBytes(stream.name), measure.value().size, measure.value().allocated,
                       measure.value().is_resident});
  }
  return entries;
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

Result<RemoveOutcome> LiveCarrier::Remove(std::u16string_view name, std::uint64_t expected_size,
                                          std::span<const std::byte> expected_sha256) {
  const auto checked = CheckedName(name, "remove");
  if (!checked.ok()) return checked.error();
  const auto before = ListAll();
  if (!before.ok()) return before.error();
  std::vector<StoredStream> matching;
  for (const StoredStream& stream : before.value()) {
    if (stream.name == checked.value()) matching.push_back(stream);
  }
  if (matching.empty()) return RemoveOutcome::kGone;
  if (matching.size() > 1) {
    return StreamError{"ADS_INVALID_NAME", 0, "remove",
                       "a stream of this name is kept twice (" + matching[0].key + ", " +
                           matching[1].key + "); it is not clear which one is meant"};
  }
  // The size first: a stream that grew is not read to its end to learn that it changed.
  const auto measure = scheme_->Measure(ref_, matching[0]);
  if (!measure.ok()) return GoneOr(measure.error());
  if (measure.value().size != expected_size) return RemoveOutcome::kChanged;
  const auto read = [&](std::uint64_t offset, std::uint64_t length) {
    return scheme_->Read(ref_, matching[0], offset, length);
  };
  const auto digest = DigestInSteps(read, 0, [] { return false; });
  if (!digest.ok()) return GoneOr(digest.error());
  const auto& [size, sha256, front] = digest.value();
  if (size != expected_size || !std::ranges::equal(sha256, expected_sha256)) {
    return RemoveOutcome::kChanged;
  }
  return RemoveVerified(before.value(), matching[0]);
}

// Removes, lists again and requires that exactly this one name is gone.
Result<RemoveOutcome> LiveCarrier::RemoveVerified(const std::vector<StoredStream>& before,
                                                  const StoredStream& stream) {
  const auto times = FactsOf(fd_.get());
  if (!times.ok()) return times.error();
  if (const auto error = scheme_->Remove(ref_, stream)) return GoneOr(*error);
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
  // xattr calls move only the change time on most file systems, but ntfs-3g and network file
  // systems are free to move the others.
  if (const auto error = RestoreTimes(fd_.get(), times.value(), "remove")) return *error;
  return RemoveOutcome::kDone;
}

Status LiveCarrier::Create(std::u16string_view name, std::span<const std::byte> bytes) {
  const auto checked = CheckedName(name, "create");
  if (!checked.ok()) return checked.error();
  const auto times = FactsOf(fd_.get());
  if (!times.ok()) return times.error();
  if (const auto error = scheme_->Create(ref_, checked.value(), bytes)) return error;
  return RestoreTimes(fd_.get(), times.value(), "create");
}

}  // namespace sidestream
