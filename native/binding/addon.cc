// The addon's entry point. Each environment gets its own AddonData; the rest of the addon keeps no
// state between calls, so that it can be loaded in any number of workers.

#include <memory>

#include "binding/carrier_object.h"
#include "binding/exports.h"
#include "binding/scan_object.h"
#include "binding/watch_object.h"

namespace sidestream::binding {
namespace {

template <Napi::Value (*Call)(const Napi::CallbackInfo&)>
void Export(Napi::Object& exports, const char* name) {
  exports.Set(name, Napi::Function::New<Call>(exports.Env(), name));
}

// native/service.ts
void ExportSystem(Napi::Object& exports) {
  Export<HostServiceCall>(exports, "hostService");
  Export<ReportServiceStateCall>(exports, "reportServiceState");
  Export<InstallServiceCall>(exports, "installService");
  Export<ConfigureServiceCall>(exports, "configureService");
  Export<RemoveServiceCall>(exports, "removeService");
  Export<StartServiceCall>(exports, "startService");
  Export<StopServiceCall>(exports, "stopService");
  Export<InspectServiceCall>(exports, "inspectService");
  Export<WriteSystemEventCall>(exports, "writeSystemEvent");
  Export<AddEventSourceCall>(exports, "addEventSource");
  Export<RemoveEventSourceCall>(exports, "removeEventSource");
  Export<ReadRegistryValuesCall>(exports, "readRegistryValues");
  Export<ProtectFolderCall>(exports, "protectFolder");
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto data = std::make_unique<AddonData>();
  data->scan_constructor = Napi::Persistent(ScanObject::Define(env));
  data->carrier_constructor = Napi::Persistent(CarrierObject::Define(env));
  data->watch_constructor = Napi::Persistent(WatchObject::Define(env));
  env.SetInstanceData(data.release());
  exports.Set("probe", Napi::Function::New<Probe>(env, "probe"));
  exports.Set("startScan", Napi::Function::New<StartScan>(env, "startScan"));
  exports.Set("readChanges", Napi::Function::New<ReadChanges>(env, "readChanges"));
  exports.Set("watchChanges", Napi::Function::New<WatchChanges>(env, "watchChanges"));
  exports.Set("machineState", Napi::Function::New<ReadMachineState>(env, "machineState"));
  Export<ShareFreeMemoryCall>(exports, "shareFreeMemory");
  Export<ReturnFreeMemoryCall>(exports, "returnFreeMemory");
  exports.Set("openCarrier", Napi::Function::New<OpenCarrier>(env, "openCarrier"));
  exports.Set("carryOut", Napi::Function::New<CarryOut>(env, "carryOut"));
  ExportSystem(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(sidestream, Init)

}  // namespace sidestream::binding
