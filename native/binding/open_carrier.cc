// openCarrier(target: string, path: string, identity: string | null,
//             hints?: NativeHints): Promise<NativeCarrier>

#include "binding/arguments.h"
#include "binding/carrier_object.h"
#include "binding/exports.h"
#include "binding/promise_worker.h"
#include "streams/stream_provider.h"

namespace sidestream::binding {

Napi::Value OpenCarrier(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto target = StringArgument(info, 0, "openCarrier: target");
  if (!target) return env.Undefined();
  const auto path = StringArgument(info, 1, "openCarrier: path");
  if (!path) return env.Undefined();
  const auto identity = IdentityArgument(info, 2, "openCarrier: identity");
  if (!identity) return env.Undefined();
  const auto hints = HintsArgument(info, 3, "openCarrier: hints");
  if (!hints) return env.Undefined();

  using OpenedCarrier = std::unique_ptr<Carrier>;
  const JsPromise promise(env);
  PromiseWorker<OpenedCarrier>::Start(
      env, promise,
      [target = *target, path = *path, identity = *identity,
       hints = *hints]() -> Result<OpenedCarrier> {
        const auto provider = OpenTarget(target, hints);
        if (!provider.ok()) return provider.error();
        return provider.value()->OpenCarrier(path, identity);
      },
      [](napi_env js, OpenedCarrier& carrier) -> napi_value {
        const auto* data = Napi::Env(js).GetInstanceData<AddonData>();
        return CarrierObject::Wrap(data->carrier_constructor.Value(), std::move(carrier));
      },
      nullptr);
  return Napi::Value(env, promise.value());
}

}  // namespace sidestream::binding
