// The raw provider: finds the NTFS volumes of an image, partition or disk and reads their streams
// straight from $MFT, with one sequential read and without mounting anything.
//
// A disk with several NTFS partitions is one target: paths then begin with `Partition<n>\`, and
// identities end with `@<n>`, because file references repeat from volume to volume.

#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "streams/stream_provider.h"
#include "volume/block_reader.h"

namespace sidestream {

// Opens a volume, device or disk image for reading. ADS_NOT_A_SOURCE where there is no NTFS (the
// message names what was found), ADS_UNSUPPORTED where what is there may hold streams but cannot be
// read by this build, ADS_CORRUPT where it is NTFS but its $MFT cannot be found.
Result<std::unique_ptr<StreamProvider>> OpenNtfsImage(const std::string& native_path);

// The same from bytes that are already open. `name` is what messages call them.
Result<std::unique_ptr<StreamProvider>> OpenNtfsBlocks(std::shared_ptr<const BlockReader> image,
                                                       const std::string& name);

}  // namespace sidestream
