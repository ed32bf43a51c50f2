#include "streams/background.h"

#include <windows.h>

namespace sidestream {

// The thread's own mode: that of the process would cap its working set at 32 MiB, which is less
// than Node has at its start.
void EnterBackground() { SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_BEGIN); }

}  // namespace sidestream
