// machineState(): NativeMachineState

#include "base/machine_state.h"

#include "binding/exports.h"
#include "binding/to_js.h"

namespace sidestream::binding {

Napi::Value ReadMachineState(const Napi::CallbackInfo& info) {
  return Napi::Value(info.Env(), ToJs(info.Env(), sidestream::ReadMachineState()));
}

}  // namespace sidestream::binding
