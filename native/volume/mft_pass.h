// One sequential pass over $MFT: reads it piece by piece, in large reads, on as many threads as
// help, and collects every record into a table. The pieces are handed out in order, so the disk
// sees a sequential read; each worker reads and decodes its own piece, so that the bytes are still
// in its core's cache when they are looked at.

#pragma once

#include <string_view>

#include "streams/stream_provider.h"
#include "volume/ntfs_volume.h"
#include "volume/record_collector.h"
#include "volume/record_table.h"

namespace sidestream {

// How many shards a table for RunMftPass() needs: one for each worker, and one for records that are
// kept after the pass. In the background there is one worker.
std::size_t CountPassShards(const NtfsVolume& volume, bool background);

// How a pass reports: `share` is the part of the whole scan that it makes up.
struct PassProgress {
  double from = 0;
  double share = 1;
};

// Fills `table`. What cannot be read or decoded goes to `sink`; returns early if that is cancelled.
void RunMftPass(const NtfsVolume& volume, const CollectOptions& options,
                std::u16string_view path_prefix, const PassProgress& progress, ScanSink& sink,
                RecordTable& table);

// Joins each extension record to its base by the base reference (number and sequence), so that no
// attribute list needs reading. Streams whose file cannot be told go to `sink` as unreadable.
void LinkExtensions(const NtfsVolume& volume, std::u16string_view path_prefix, ScanSink& sink,
                    RecordTable& table);

}  // namespace sidestream
