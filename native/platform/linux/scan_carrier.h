// Reports every stream of one carrier to a scan's sink.

#pragma once

#include <string>
#include <vector>

#include "platform/linux/file_system.h"
#include "platform/linux/posix_identity.h"
#include "platform/linux/stream_scheme.h"
#include "streams/stream_provider.h"

namespace sidestream {

// `paths`: all known paths of the carrier, as reported; the first is the record's own. A stream
// that cannot be measured or read is reported as unreadable by name; one that went away meanwhile
// is not.
void ScanCarrier(const FileSystem& file_system, const CarrierRef& carrier, const FileFacts& facts,
                 const std::vector<std::u16string>& paths, const ScanOptions& options,
                 ScanSink& sink);

}  // namespace sidestream
