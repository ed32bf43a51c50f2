// Puts a carrier's times back where our own work moved them.

#pragma once

#include "base/result.h"
#include "platform/linux/posix_identity.h"

namespace sidestream {

// Access and write time as they were in `before`, if either differs now. `fd` may be O_PATH.
Status RestoreTimes(int fd, const FileFacts& before, const char* operation);

// The access time only, after reading; whoever writes meanwhile keeps their write time. Not being
// allowed to (another user's file) is no failure of the read.
void RestoreAccessTime(int fd, const FileFacts& before);

}  // namespace sidestream
