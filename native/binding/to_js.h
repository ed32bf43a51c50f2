// Plain structs to JavaScript values, and promises. JS thread only.
//
// Names, paths and identities go through napi_create_string_utf16, never through UTF-8: a name may
// hold surrogates without partner. (`Napi::Object::Set(key, Napi::String)` would convert by way of
// UTF-8, seen with node-addon-api 8.9.2: the template takes a String for something convertible to
// std::string.)
//
// This uses Node's C interface and not node-addon-api's classes, because all of it may run while a
// worker is being terminated: then any call can fail between two others. Here a failed call yields
// null and every call accepts null, so nothing is settled and nothing harmed; the classes abort the
// process.

#pragma once

#include <node_api.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/machine_state.h"
#include "base/result.h"
#include "binding/line_buffer.h"
#include "streams/batch_queue.h"
#include "streams/change_watch.h"
#include "streams/stream_provider.h"
#include "volume/read_changes.h"

namespace sidestream::binding {

// A promise and the right to settle it once. Copies share that right.
class JsPromise {
 public:
  explicit JsPromise(napi_env env);

  napi_value value() const { return promise_; }  // valid in the scope in which it was made
  void Resolve(napi_value value) const;
  void Reject(const StreamError& error) const;

 private:
  napi_env env_;
  napi_deferred deferred_ = nullptr;
  napi_value promise_ = nullptr;
};

napi_value NullToJs(napi_env env);
napi_value UndefinedToJs(napi_env env);
// ASCII, or text for people.
napi_value TextToJs(napi_env env, std::string_view text);
napi_value BytesToJs(napi_env env, std::span<const std::byte> bytes);

// A NativeError.
napi_value ToJs(napi_env env, const StreamError& error);
napi_value ToJs(napi_env env, const TargetInfo& target);
// `line_buffer` lends out the batch's lines; null where none were asked for.
napi_value ToJs(napi_env env, Batch& batch, LineBuffer* line_buffer);
napi_value ToJs(napi_env env, const ScanProgress& progress);
napi_value ToJs(napi_env env, const std::vector<StreamEntry>& entries);
napi_value ToJs(napi_env env, RemoveOutcome outcome);
napi_value ToJs(napi_env env, const JournalChanges& changes);
napi_value ToJs(napi_env env, const WatchedChanges& changes);
napi_value ToJs(napi_env env, const MachineState& state);

}  // namespace sidestream::binding
