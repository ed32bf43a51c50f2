// What a machine is busy with, as far as its system says.

#pragma once

#include <optional>

namespace sidestream {

struct MachineState {
  std::optional<bool> is_on_battery;
  std::optional<bool> saves_battery;   // the user, or the system, asks all to save power
  std::optional<double> idle_seconds;  // since the user's last input
};

MachineState ReadMachineState();

}  // namespace sidestream
