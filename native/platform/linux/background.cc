#include "streams/background.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sidestream {
namespace {

// ioprio_set(2) has no wrapper and no header in libc: IOPRIO_WHO_PROCESS, and IOPRIO_CLASS_IDLE in
// the top three bits.
constexpr int kWhoProcess = 1;
constexpr int kIdleClass = 3 << 13;
constexpr int kLowestNice = 19;

}  // namespace

// Not SCHED_IDLE: on a machine that is always busy a scan would stand still for ever.
void EnterBackground() {
  syscall(SYS_ioprio_set, kWhoProcess, 0, kIdleClass);
  const struct sched_param parameters = {};
  sched_setscheduler(0, SCHED_BATCH, &parameters);
  // Of this thread alone: Linux keeps a nice value for each.
  setpriority(PRIO_PROCESS, 0, kLowestNice);
}

}  // namespace sidestream
