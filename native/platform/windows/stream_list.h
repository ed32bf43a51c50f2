// The named streams of an open file or folder.

#pragma once

#include "base/result.h"
#include "ntfs/stream_information.h"
#include "platform/windows/nt_api.h"

namespace sidestream {

// Needs no access right: the handle must only be open (facts 1.1). Everything but a complete,
// consistent answer is an error.
Result<ntfs::StreamInformation> ListStreams(HANDLE handle);

}  // namespace sidestream
