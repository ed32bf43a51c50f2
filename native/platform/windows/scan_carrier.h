// Reports every stream of one open carrier to a scan's sink.

#pragma once

#include <string>
#include <vector>

#include "platform/windows/file_facts.h"
#include "platform/windows/stream_list.h"
#include "streams/stream_provider.h"

namespace sidestream {

// `paths`: all known paths of the carrier, as reported; the first is the record's own. Content of a
// cloud file is never read: where a scan asks for it, the stream is reported without it, and its
// content as unreadable.
void ScanCarrier(HANDLE handle, const FileFacts& facts, const std::string& identity,
                 const ntfs::StreamInformation& streams, const std::vector<std::u16string>& paths,
                 const ScanOptions& options, ScanSink& sink);

}  // namespace sidestream
