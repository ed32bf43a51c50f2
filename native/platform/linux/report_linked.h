// The end of a walk: carriers with several hard links, each with all paths that were met.

#pragma once

#include "platform/linux/walk_context.h"

namespace sidestream {

// Once no walker runs any more.
void ReportLinked(WalkContext& context);

}  // namespace sidestream
