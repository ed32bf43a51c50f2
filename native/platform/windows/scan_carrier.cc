#include "platform/windows/scan_carrier.h"

#include <algorithm>

#include "platform/windows/nt_error.h"
#include "platform/windows/stream_handle.h"

namespace sidestream {
namespace {

// Fills digest and content of `found`, whose views then point into `content`.
Status ReadInto(FoundStream& found, StreamDigest& content, HANDLE carrier,
                const ScanOptions& options, const ScanSink& sink) {
  const auto stream = OpenStreamToRead(carrier, found.name);
  if (!stream.ok()) return stream.error();
  const HANDLE handle = stream.value().get();
  if (options.hash) {
    auto read = DigestStream(handle, options.content_bytes, [&sink] {
      sink.Spend(kDigestStep);  // asked before each step
      return sink.IsCancelled();
    });
    if (!read.ok()) return read.error();
    content = std::move(read.value());
    // Size and digest must describe the same bytes, also if the stream grew since it was listed.
    found.size = content.size;
    found.sha256 = content.sha256;
  } else {
    auto read = ReadStream(handle, 0, options.content_bytes);
    if (!read.ok()) return read.error();
    content.front = std::move(read.value());
  }
  if (options.content_bytes > 0) found.content = content.front;
  return std::nullopt;
}

// "Not found" alone is not believed: a stream that is still listed is there and was not looked at.
bool WentMeanwhile(HANDLE carrier, std::u16string_view name, const StreamError& error) {
  if (!nt::MeansVanished(static_cast<NTSTATUS>(error.system_code))) return false;
  const auto streams = ListStreams(carrier);
  return streams.ok() &&
         std::ranges::find(streams.value().named, name, &ntfs::ListedStream::name) ==
             streams.value().named.end();
}

}  // namespace

void ScanCarrier(HANDLE handle, const FileFacts& facts, const std::string& identity,
                 const ntfs::StreamInformation& streams, const std::vector<std::u16string>& paths,
                 const ScanOptions& options, ScanSink& sink) {
  const std::vector<std::u16string_view> links(paths.begin(), paths.end());
  const bool wants_content = options.hash || options.content_bytes > 0;
  for (const ntfs::ListedStream& stream : streams.named) {
    if (sink.IsCancelled()) return;
    FoundStream found;
    found.path = paths.front();
    found.links = links;
    found.name = stream.name;
    found.identity = identity;
    found.size = stream.size;
    found.allocated = stream.allocated;
    found.modified_ns = UnixNs(facts.basic.last_write);
    found.is_directory = facts.is_directory;
    StreamDigest content;
    if (wants_content && IsCloudOnly(facts.basic.attributes)) {
      sink.Add(found);
      sink.AddUnreadable({paths.front(), stream.name, CloudOnlyError("read")});
      continue;
    }
    const auto* const twin = wants_content ? TwinOf(streams, stream.name) : nullptr;
    if (twin != nullptr) {
      sink.Add(found);
      sink.AddUnreadable({paths.front(), stream.name, TwinError(*twin, stream.name, "read")});
      continue;
    }
    const Status error =
        wants_content ? ReadInto(found, content, handle, options, sink) : std::nullopt;
    if (!error) {
      sink.Add(found);
    } else if (!WentMeanwhile(handle, stream.name, *error)) {
      sink.AddUnreadable({paths.front(), stream.name, *error});
    }
  }
}

}  // namespace sidestream
