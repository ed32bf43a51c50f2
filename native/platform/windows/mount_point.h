// Tells a junction from a volume that is mounted in a folder: both have the same reparse tag.

#pragma once

#include "platform/windows/nt_api.h"

namespace sidestream {

bool IsMountedVolume(HANDLE handle);

}  // namespace sidestream
