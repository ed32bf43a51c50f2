// carryOut(target: string, operations: OperationColumns,
//          hints?: NativeHints): Promise<ResultColumns>; see native/carry-out.ts

#include "streams/carry_out.h"

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/operation_columns.h"
#include "binding/promise_worker.h"
#include "streams/stream_provider.h"

namespace sidestream::binding {

Napi::Value CarryOut(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto target = StringArgument(info, 0, "carryOut: target");
  if (!target) return env.Undefined();
  auto operations = OperationsArgument(info, 1, "carryOut: operations");
  if (!operations) return env.Undefined();
  const auto hints = HintsArgument(info, 2, "carryOut: hints");
  if (!hints) return env.Undefined();

  const JsPromise promise(env);
  PromiseWorker<ResultColumns>::Start(
      env, promise,
      [target = *target, operations = std::move(*operations),
       hints = *hints]() -> Result<ResultColumns> {
        const auto provider = OpenTarget(target, hints);
        if (!provider.ok()) return provider.error();
        return ResultColumns(sidestream::CarryOut(*provider.value(), operations));
      },
      [](napi_env js, ResultColumns& results) { return ToJs(js, results); }, nullptr);
  return Napi::Value(env, promise.value());
}

}  // namespace sidestream::binding
