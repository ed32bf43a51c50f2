// Work that may wait for everybody else's.

#pragma once

namespace sidestream {

// From now on the calling thread gives way to others, for the processor and for the disk. A hint:
// where the system refuses it, nothing changes. Threads that it starts on Linux do the same.
void EnterBackground();

}  // namespace sidestream
