// probe(path: string): Promise<NativeTarget>

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/promise_worker.h"
#include "streams/stream_provider.h"

namespace sidestream::binding {

Napi::Value Probe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto path = StringArgument(info, 0, "probe: path");
  if (!path) return env.Undefined();
  const JsPromise promise(env);
  PromiseWorker<TargetInfo>::Start(
      env, promise,
      [path = *path]() -> Result<TargetInfo> {
        const auto provider = OpenTarget(path);
        if (!provider.ok()) return provider.error();
        return provider.value()->target();
      },
      [](napi_env js, TargetInfo& target) { return ToJs(js, target); }, nullptr);
  return Napi::Value(env, promise.value());
}

}  // namespace sidestream::binding
