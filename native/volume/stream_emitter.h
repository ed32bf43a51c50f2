// Hands what a pass collected to the sink: carriers in order of record number, with all their
// paths, and contents where they were asked for. Works on as many threads as help, and gives back
// the contents kept in `table` as it goes.

#pragma once

#include <string>
#include <string_view>

#include "streams/stream_provider.h"
#include "volume/ntfs_volume.h"
#include "volume/path_builder.h"
#include "volume/record_table.h"

namespace sidestream {

struct EmitOptions {
  std::u16string path_prefix;
  std::string identity_suffix;  // see MftProvider
  double progress_from = 0;     // how much of the scan is done before
  double progress_share = 1;    // and how much of it this is
};

void EmitStreams(const NtfsVolume& volume, const ScanOptions& scan_options,
                 const EmitOptions& options, RecordTable& table, PathBuilder& paths,
                 ScanSink& sink);

}  // namespace sidestream
