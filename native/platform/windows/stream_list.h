// The named streams of an open file or folder.

#pragma once

#include <string_view>

#include "base/result.h"
#include "ntfs/stream_information.h"
#include "platform/windows/nt_api.h"

namespace sidestream {

// Needs no access right: the handle must only be open (FILE_STREAM_INFORMATION, ntifs.h).
// Everything but a complete, consistent answer is an error.
Result<ntfs::StreamInformation> ListStreams(HANDLE handle);

// Another listed stream that an open by `name` can reach as well, as names are looked up without
// regard to case: ntfs-3g and Samba keep two such streams apart. Null if there is none.
const ntfs::ListedStream* TwinOf(const ntfs::StreamInformation& streams, std::u16string_view name);
StreamError TwinError(const ntfs::ListedStream& twin, std::u16string_view name,
                      const char* operation);

}  // namespace sidestream
