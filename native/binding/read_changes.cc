// readChanges(target: string, checkpoint: string | null): Promise<NativeChanges>

#include "volume/read_changes.h"

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/promise_worker.h"
#include "streams/change_journal.h"

namespace sidestream::binding {

Napi::Value ReadChanges(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto path = StringArgument(info, 0, "readChanges: target");
  if (!path) return env.Undefined();
  const auto checkpoint = IdentityArgument(info, 1, "readChanges: checkpoint");
  if (!checkpoint) return env.Undefined();
  const JsPromise promise(env);
  PromiseWorker<JournalChanges>::Start(
      env, promise,
      [path = *path, checkpoint = checkpoint->value_or("")]() -> Result<JournalChanges> {
        const auto journal = OpenChangeJournal(path);
        if (!journal.ok()) return journal.error();
        return sidestream::ReadChanges(*journal.value(), checkpoint);
      },
      [](napi_env js, JournalChanges& changes) { return ToJs(js, changes); }, nullptr);
  return Napi::Value(env, promise.value());
}

}  // namespace sidestream::binding
