// One file or directory of a raw volume. Listing goes by the file's own attribute list, so no pass
// over $MFT is needed. Nothing can be changed: the volume is read beneath whatever may have it
// mounted.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "streams/stream_provider.h"
#include "volume/ntfs_volume.h"

namespace sidestream {

struct FileReference {
  std::uint64_t value = 0;
};

// Opens the carrier with this record number. With `expected` the sequence must agree too:
// ADS_IDENTITY_CHANGED where the record belongs to another file now, ADS_NOT_FOUND where it is
// free.
Result<std::unique_ptr<Carrier>> OpenMftCarrier(std::shared_ptr<const NtfsVolume> volume,
                                                std::uint64_t record,
                                                std::optional<FileReference> expected,
                                                std::string identity_suffix);

}  // namespace sidestream
