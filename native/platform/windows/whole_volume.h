// A volume that is scanned raw and changed live: $MFT in one sequential read, and carriers opened
// through the file system, since nothing may be written beside it.

#pragma once

#include <memory>
#include <string>

#include "streams/stream_provider.h"

namespace sidestream {

// `device`: what is opened to read the volume raw, at the first call that wants it. Where that
// fails (no administrator, another file system, a filter driver) `live` does everything. Both name
// the same files by the same paths and identities.
std::unique_ptr<StreamProvider> JoinRawAndLive(std::string device,
                                               std::unique_ptr<StreamProvider> live);

}  // namespace sidestream
