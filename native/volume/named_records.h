// Collects the records of a few named files in place of a whole pass: for looking again at what is
// known to have changed.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "streams/stream_provider.h"
#include "volume/ntfs_volume.h"
#include "volume/record_collector.h"
#include "volume/record_table.h"

namespace sidestream {

// Fills `table` with the records of the files that these references name, all their extension
// records, and the folders above them, as RunMftPass() would. A file that is no more, or whose
// record is another's by now, leaves nothing. A folder above that carries streams is among what the
// table then holds. What cannot be read or decoded goes to `sink`.
void CollectNamedRecords(const NtfsVolume& volume, std::span<const std::uint64_t> references,
                         const CollectOptions& options, std::u16string_view path_prefix,
                         ScanSink& sink, RecordTable& table);

}  // namespace sidestream
