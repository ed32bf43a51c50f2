// A volume that is scanned raw and changed live: $MFT in one sequential read, and carriers opened
// through the file system, since nothing may be written beside it.

#pragma once

#include <memory>

#include "streams/stream_provider.h"

namespace sidestream {

// Both providers name the same files by the same paths and identities.
std::unique_ptr<StreamProvider> JoinRawAndLive(std::unique_ptr<StreamProvider> raw,
                                               std::unique_ptr<StreamProvider> live);

}  // namespace sidestream
