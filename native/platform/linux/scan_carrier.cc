#include "platform/linux/scan_carrier.h"

#include <algorithm>
#include <utility>

#include "base/sha256.h"
#include "base/utf16.h"
#include "platform/linux/errno_error.h"
#include "streams/stream_digest.h"

namespace sidestream {
namespace {

// Digest and front describe the same bytes, also if the stream grew since it was measured.
Status AddDigest(ReadStream& read, const StreamScheme& scheme, const CarrierRef& carrier,
                 const StoredStream& stream, const ScanOptions& options, const ScanSink& sink) {
  const auto step = [&](std::uint64_t offset, std::uint64_t length) {
    auto read = scheme.Read(carrier, stream, offset, length);
    if (read.ok()) sink.Spend(read.value().size());
    return read;
  };
  auto digest = DigestInSteps(step, options.content_bytes, [&sink] { return sink.IsCancelled(); });
  if (!digest.ok()) return digest.error();
  read.measure.size = digest.value().size;
  read.sha256 = digest.value().sha256;
  if (options.content_bytes > 0) read.front = std::move(digest.value().front);
  return std::nullopt;
}

}  // namespace

Result<ReadStream> ReadForScan(const StreamScheme& scheme, const CarrierRef& carrier,
                               const StoredStream& stream, const ScanOptions& options,
                               const ScanSink& sink) {
  ReadStream read;
  read.name = UnitsFromBytes(stream.name);
  const std::uint64_t wanted =
      std::max<std::uint64_t>(options.content_bytes, options.hash ? kDigestStep : 0);
  if (wanted == 0) {
    const auto measure = scheme.Measure(carrier, stream);
    if (!measure.ok()) return measure.error();
    read.measure = measure.value();
    return read;
  }
  auto both = scheme.MeasureAndRead(carrier, stream, wanted);
  if (!both.ok()) return both.error();
  auto& [measure, front] = both.value();
  sink.Spend(front.size());
  read.measure = measure;
  const bool is_whole = front.size() < wanted;
  if (options.hash && !is_whole) {
    if (auto error = AddDigest(read, scheme, carrier, stream, options, sink)) return *error;
    return read;
  }
  if (options.hash) {
    Sha256 digest;
    digest.Update(front);
    read.sha256 = digest.Finish();
    read.measure.size = front.size();
  }
  if (options.content_bytes > 0) {
    if (front.size() > options.content_bytes) front.resize(options.content_bytes);
    read.front = std::move(front);
  }
  return read;
}

FoundStream FoundOf(const ReadStream& stream, const CarrierRow& row) {
  FoundStream found;
  found.path = row.paths.front();
  found.links = row.paths;
  found.name = stream.name;
  found.identity = row.identity;
  found.size = stream.measure.size;
  found.allocated = stream.measure.allocated;
  found.modified_ns = row.modified_ns;
  found.is_directory = row.is_directory;
  found.is_resident = stream.measure.is_resident;
  found.has_more_links = row.has_more_links;
  if (stream.sha256) found.sha256 = *stream.sha256;
  if (stream.front) found.content = *stream.front;
  return found;
}

bool WentMeanwhile(const StreamScheme& scheme, const CarrierRef& carrier,
                   const StoredStream& stream, const StreamError& error) {
  if (error.code != "ADS_NOT_FOUND") return false;
  const auto listing = scheme.List(carrier);
  if (!listing.ok()) return MeansVanished(listing.error().system_code);
  const auto& [streams, incomplete] = listing.value();
  return !incomplete && std::ranges::find(streams, stream.key, &StoredStream::key) == streams.end();
}

void ScanCarrier(const FileSystem& file_system, const CarrierRef& carrier, const FileFacts& facts,
                 std::span<const std::u16string_view> paths, const ScanOptions& options,
                 ScanSink& sink) {
  const StreamScheme& scheme = *file_system.scheme;
  const auto add_unreadable = [&](std::optional<std::u16string> stream, const StreamError& error) {
    sink.AddUnreadable({std::u16string(paths.front()), std::move(stream), error});
  };
  const auto listing = scheme.List(carrier);
  if (!listing.ok()) {
    if (!MeansVanished(listing.error().system_code)) add_unreadable(std::nullopt, listing.error());
    return;
  }
  const auto& [streams, incomplete] = listing.value();
  if (incomplete) add_unreadable(std::nullopt, *incomplete);
  if (streams.empty()) return;
  const std::string identity = IdentityOf(scheme, carrier, facts, file_system.identity_suffix);
  // A folder's link count is not one of names.
  const bool has_more_links = !carrier.is_directory && facts.link_count > paths.size();
  const CarrierRow row{paths, identity, facts.modified_ns, carrier.is_directory, has_more_links};
  for (const StoredStream& stream : streams) {
    if (sink.IsCancelled()) return;
    const auto read = ReadForScan(scheme, carrier, stream, options, sink);
    if (read.ok()) {
      sink.Add(FoundOf(read.value(), row));
    } else if (!WentMeanwhile(scheme, carrier, stream, read.error())) {
      add_unreadable(UnitsFromBytes(stream.name), read.error());
    }
  }
}

}  // namespace sidestream
