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
Napi::Value ShareFreeMemoryCall(const Napi::CallbackInfo& info);
Napi::Value ReturnFreeMemoryCall(const Napi::CallbackInfo& info);
Napi::Value OpenCarrier(const Napi::CallbackInfo& info);
Napi::Value CarryOut(const Napi::CallbackInfo& info);

// Signatures and documentation: native/service.ts.
Napi::Value HostServiceCall(const Napi::CallbackInfo& info);
Napi::Value ReportServiceStateCall(const Napi::CallbackInfo& info);
Napi::Value InstallServiceCall(const Napi::CallbackInfo& info);
Napi::Value ConfigureServiceCall(const Napi::CallbackInfo& info);
Napi::Value RemoveServiceCall(const Napi::CallbackInfo& info);
Napi::Value StartServiceCall(const Napi::CallbackInfo& info);
Napi::Value StopServiceCall(const Napi::CallbackInfo& info);
Napi::Value InspectServiceCall(const Napi::CallbackInfo& info);
Napi::Value WriteSystemEventCall(const Napi::CallbackInfo& info);
Napi::Value AddEventSourceCall(const Napi::CallbackInfo& info);
Napi::Value RemoveEventSourceCall(const Napi::CallbackInfo& info);
Napi::Value ReadRegistryValuesCall(const Napi::CallbackInfo& info);
Napi::Value ProtectFolderCall(const Napi::CallbackInfo& info);

}  // namespace sidestream::binding
