// Reads the streams of one carrier and reports them to a scan's sink.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/linux/file_system.h"
#include "platform/linux/posix_identity.h"
#include "platform/linux/stream_scheme.h"
#include "streams/stream_provider.h"

namespace sidestream {

// A stream with all that a scan wants of it.
struct ReadStream {
  std::u16string name;
  StreamMeasure measure;
  std::optional<std::array<std::byte, 32>> sha256;
  std::optional<std::vector<std::byte>> front;
};

Result<ReadStream> ReadForScan(const StreamScheme& scheme, const CarrierRef& carrier,
                               const StoredStream& stream, const ScanOptions& options,
                               const ScanSink& sink);

// What the rows of all streams of a carrier have in common.
struct CarrierRow {
  std::span<const std::u16string_view> paths;  // all that are known; the first is the row's own
  std::string_view identity;
  std::int64_t modified_ns;
  bool is_directory;
  bool has_more_links;
};

// Borrows both.
FoundStream FoundOf(const ReadStream& stream, const CarrierRow& row);

// "Not found" alone is not believed: a stream that is still listed is there and was not looked at.
bool WentMeanwhile(const StreamScheme& scheme, const CarrierRef& carrier,
                   const StoredStream& stream, const StreamError& error);

// Lists, reads and reports. A stream that cannot be measured or read is reported as unreadable by
// name; one that went away meanwhile is not.
void ScanCarrier(const FileSystem& file_system, const CarrierRef& carrier, const FileFacts& facts,
                 std::span<const std::u16string_view> paths, const ScanOptions& options,
                 ScanSink& sink);

}  // namespace sidestream
