// Visits every file and folder below a target and reports their streams.
//
// No folder stays open while the walk is elsewhere, and none for much longer than kLease: a folder
// cannot be renamed while anything below it is open (facts 3.4). A folder that waits is found again
// by its path, component by component, and must still have the id that its parent listed.

#pragma once

#include <string>

#include "platform/windows/volume_facts.h"
#include "streams/stream_provider.h"

namespace sidestream {

struct WalkTarget {
  HANDLE handle;             // of the target folder
  std::u16string shown;      // how paths begin; empty for a volume, whose root is shown as `.`
  std::u16string exclusion;  // how excluded folders name the target: `C:\Users`, `C:`
  const VolumeFacts& volume;
};

Status Walk(const WalkTarget& target, const ScanOptions& options, ScanSink& sink);

}  // namespace sidestream
