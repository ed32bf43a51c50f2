// The addon's exports, one per file, and what they share within one environment.

#pragma once

#include <napi.h>

namespace sidestream::binding {

// One per environment (main thread, each worker), owned by Node.
struct AddonData {
  Napi::FunctionReference scan_constructor;
  Napi::FunctionReference carrier_constructor;
  Napi::FunctionReference watch_constructor;
};

// Signatures and documentation: native/addon.ts, NativeAddon; native/watch.ts; native/quiet.ts.
Napi::Value Probe(const Napi::CallbackInfo& info);
Napi::Value StartScan(const Napi::CallbackInfo& info);
Napi::Value ReadChanges(const Napi::CallbackInfo& info);
Napi::Value WatchChanges(const Napi::CallbackInfo& info);
Napi::Value ReadMachineState(const Napi::CallbackInfo& info);
Napi::Value OpenCarrier(const Napi::CallbackInfo& info);
Napi::Value CarryOut(const Napi::CallbackInfo& info);

}  // namespace sidestream::binding
