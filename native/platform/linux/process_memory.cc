#include "base/process_memory.h"

// Any header of the C library says whether it is glibc, which alone has these.
#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace sidestream {

void ShareFreeMemory() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
  // Set, it does not grow with what was freed: large buffers go back at once.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
#endif
}

void ReturnFreeMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace sidestream
