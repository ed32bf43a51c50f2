// A scan of named carriers alone, for looking again at what is known to have changed.

#pragma once

#include "platform/linux/walk.h"

namespace sidestream {

// Reports the streams of ScanOptions::carriers, of those that are at or below the target, and of
// nothing below them. Paths of one file are one record, as in a walk. A path that leads nowhere, or
// into an excluded folder, gives nothing.
Status LookAtCarriers(const WalkTarget& target, const MountTable& mounts,
                      const ScanOptions& options, ScanSink& sink);

}  // namespace sidestream
