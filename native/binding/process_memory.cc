// shareFreeMemory(): void; returnFreeMemory(): void

#include "base/process_memory.h"

#include "binding/exports.h"

namespace sidestream::binding {

Napi::Value ShareFreeMemoryCall(const Napi::CallbackInfo& info) {
  ShareFreeMemory();
  return info.Env().Undefined();
}

Napi::Value ReturnFreeMemoryCall(const Napi::CallbackInfo& info) {
  ReturnFreeMemory();
  return info.Env().Undefined();
}

}  // namespace sidestream::binding
