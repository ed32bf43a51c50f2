// The system's own way of sharing and returning is not changed.

#include "base/process_memory.h"

namespace sidestream {

void ShareFreeMemory() {}

void ReturnFreeMemory() {}

}  // namespace sidestream
