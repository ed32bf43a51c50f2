// The NativeWatch object of native/watch.ts. Lives and ends as a ScanObject does.

#pragma once

#include <napi.h>

#include <deque>
#include <memory>
#include <string>

#include "binding/js_waker.h"
#include "binding/to_js.h"
#include "streams/change_watch.h"

namespace sidestream::binding {

class WatchObject final : public Napi::ObjectWrap<WatchObject> {
 public:
  static Napi::Function Define(Napi::Env env);

  // Constructed by Begin() only, then started.
  explicit WatchObject(const Napi::CallbackInfo& info);
  ~WatchObject() override;

  static Napi::Value Begin(Napi::Env env, const Napi::Function& constructor, std::u16string path,
                           std::size_t most_places);

 private:
  Napi::Value Next(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  void Settle(Napi::Env env);
  void Hold(Napi::Env env, bool is_wanted);
  void Stop();
  static void OnEnvironmentEnd(void* self);

  const napi_env env_;
  std::unique_ptr<JsWaker> waker_;
  std::unique_ptr<ChangeCollector> collector_;
  std::unique_ptr<ChangeWatch> watch_;
  std::deque<JsPromise> waiting_;  // next() calls, oldest first
  bool is_closed_ = false;
  bool is_held_ = false;
};

}  // namespace sidestream::binding
