#include "base/process_memory.h"

#include <malloc.h>

namespace sidestream {

// All threads share one heap of the C library here.
void ShareFreeMemory() {}

void ReturnFreeMemory() { _heapmin(); }

}  // namespace sidestream
