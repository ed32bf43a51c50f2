// probe(path: string, hints?: NativeHints): Promise<NativeTarget>

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/promise_worker.h"
#include "streams/stream_provider.h"

namespace sidestream::binding {

Napi::Value Probe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto path = StringArgument(info, 0, "probe: path");
  if (!path) return env.Undefined();
  const auto hints = HintsArgument(info, 1, "probe: hints");
  if (!hints) return env.Undefined();
  const JsPromise promise(env);
  PromiseWorker<TargetInfo>::Start(
      env, promise,
      [path = *path, hints = *hints]() -> Result<TargetInfo> {
        const auto provider = OpenTarget(path, hints);
        if (!provider.ok()) return provider.error();
        return provider.value()->target();
      },
      [](napi_env js, TargetInfo& target) { return ToJs(js, target); }, nullptr);
  return Napi::Value(env, promise.value());
}

}  // namespace sidestream::binding
