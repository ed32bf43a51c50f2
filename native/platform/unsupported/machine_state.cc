// Linux says it in files, which the agent reads.

#include "base/machine_state.h"

namespace sidestream {

MachineState ReadMachineState() { return {}; }

}  // namespace sidestream
