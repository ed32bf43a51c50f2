#include "platform/linux/scan_carrier.h"

#include "base/utf16.h"
#include "platform/linux/errno_error.h"
#include "platform/linux/stored_digest.h"

namespace sidestream {
namespace {

// Fills size, digest and content of `found`, whose views then point into `content`.
Status ReadInto(FoundStream& found, StoredDigest& content, const StreamScheme& scheme,
                const CarrierRef& carrier, const StoredStream& stream, const ScanOptions& options,
                const ScanSink& sink) {
  StreamMeasure measure;
  if (options.content_bytes > 0 && !options.hash) {
    auto both = scheme.MeasureAndRead(carrier, stream, options.content_bytes);
    if (!both.ok()) return both.error();
    measure = both.value().measure;
    content.front = std::move(both.value().front);
  } else {
    const auto measured = scheme.Measure(carrier, stream);
    if (!measured.ok()) return measured.error();
    measure = measured.value();
  }
  found.size = measure.size;
  found.allocated = measure.allocated;
  found.is_resident = measure.is_resident;
  if (options.hash) {
    auto read = DigestStored(scheme, carrier, stream, options.content_bytes,
                             [&sink] { return sink.IsCancelled(); });
    if (!read.ok()) return read.error();
    content = std::move(read.value());
    // Size and digest must describe the same bytes, also if the stream grew since it was measured.
    found.size = content.size;
    found.sha256 = content.sha256;
  }
  if (options.content_bytes > 0) found.content = content.front;
  return std::nullopt;
}

}  // namespace

void ScanCarrier(const FileSystem& file_system, const CarrierRef& carrier, const FileFacts& facts,
                 const std::vector<std::u16string>& paths, const ScanOptions& options,
                 ScanSink& sink) {
  const StreamScheme& scheme = *file_system.scheme;
  const auto listing = scheme.List(carrier);
  if (!listing.ok()) {
    if (!MeansVanished(listing.error().system_code)) {
      sink.AddUnreadable({paths.front(), std::nullopt, listing.error()});
    }
    return;
  }
  const auto& [streams, incomplete] = listing.value();
  if (incomplete) sink.AddUnreadable({paths.front(), std::nullopt, *incomplete});
  const std::string identity = IdentityOf(scheme, carrier, facts, file_system.identity_suffix);
  const std::vector<std::u16string_view> links(paths.begin(), paths.end());
  for (const StoredStream& stream : streams) {
    if (sink.IsCancelled()) return;
    const std::u16string name = UnitsFromBytes(stream.name);
    FoundStream found;
    found.path = paths.front();
    found.links = links;
    found.name = name;
    found.identity = identity;
    found.modified_ns = facts.modified_ns;
    found.is_directory = carrier.is_directory;
    StoredDigest content;
    const Status error = ReadInto(found, content, scheme, carrier, stream, options, sink);
    if (!error) {
      sink.Add(found);
    } else if (error->code != "ADS_NOT_FOUND") {
      sink.AddUnreadable({paths.front(), name, *error});
    }
  }
}

}  // namespace sidestream
