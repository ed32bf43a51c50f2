// startScan(path: string, options: NativeScanOptions): NativeScan

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/scan_object.h"

namespace sidestream::binding {

Napi::Value StartScan(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto path = StringArgument(info, 0, "startScan: path");
  if (!path) return env.Undefined();
  auto arguments = ScanOptionsArgument(info, 1, "startScan: options");
  if (!arguments) return env.Undefined();
  return ScanObject::Begin(env, env.GetInstanceData<AddonData>()->scan_constructor.Value(), *path,
                           std::move(*arguments));
}

}  // namespace sidestream::binding
