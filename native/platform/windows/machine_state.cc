#include "base/machine_state.h"

#include <windows.h>

namespace sidestream {

// GetLastInputInfo knows the session of its caller alone: a service's has no input, and the answer
// is then left out.
namespace {

// The fourth byte, which older headers call Reserved1.
BYTE SystemStatusFlag(const SYSTEM_POWER_STATUS& power) {
  return reinterpret_cast<const BYTE*>(&power)[3];
}

}  // namespace

MachineState ReadMachineState() {
  MachineState state;
  SYSTEM_POWER_STATUS power = {};
  constexpr BYTE kUnknown = 255;
  if (GetSystemPowerStatus(&power) != 0) {
    if (power.ACLineStatus != kUnknown) state.is_on_battery = power.ACLineStatus == 0;
    // Once `Reserved1`: 1 while battery saver is on.
    state.saves_battery = SystemStatusFlag(power) == 1;
  }
  LASTINPUTINFO input = {};
  input.cbSize = sizeof input;
  if (GetLastInputInfo(&input) != 0 && input.dwTime != 0) {
    state.idle_seconds = static_cast<double>(GetTickCount() - input.dwTime) / 1000;
  }
  return state;
}

}  // namespace sidestream
